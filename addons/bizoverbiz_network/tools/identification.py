"""Who a firm is in the network: its SIREN, else its VAT number."""

from contextlib import suppress

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva

#: ISO 3166 codes of the territories whose firms INSEE numbers (Décret 82-130: metropolitan France, the overseas
#: departments, Saint-Barthélemy, Saint-Martin, Saint-Pierre-et-Miquelon).
SIREN_COUNTRIES = frozenset({"FR", "BL", "GF", "GP", "MF", "MQ", "PM", "RE", "YT"})

#: Where the prefix of a VAT number is not the country's ISO 3166 code.
VAT_PREFIXES = {"GR": "EL", "MC": "FR"}


def member_identifier(registry: str | None, vat: str | None, country: str | None) -> str | None:
    """Identify a legal entity: nine digits are a SIREN, anything else is a VAT number with its country prefix.

    :param registry: company registry number; a SIREN or SIRET counts if ``country`` is French or unknown
    :param vat: VAT number, with or without its country prefix
    :param country: ISO 3166 code
    :return: the compact identifier, or None if neither number is valid
    """
    country = (country or "").upper()
    if registry and (not country or country in SIREN_COUNTRIES) and (number := _siren(registry)):
        return number
    if not vat:
        return None
    return _siren_of_vat(vat, country) or _vat(vat, country)


def _siren(registry: str) -> str | None:
    if siret.is_valid(registry):
        return siret.to_siren(siret.compact(registry))
    return siren.compact(registry) if siren.is_valid(registry) else None


def _siren_of_vat(vat: str, country: str) -> str | None:
    """A French VAT number ends with the SIREN; one of Monaco looks French and does not."""
    compact = vat.replace(" ", "").upper()
    if not (compact.startswith("FR") or country in SIREN_COUNTRIES) or not tva.is_valid(compact):
        return None
    number = tva.compact(compact)[2:]
    return number if siren.is_valid(number) else None


def _vat(vat: str, country: str) -> str | None:
    """European numbers name their country themselves; others take it from the address."""
    with suppress(ValidationError):
        return eu_vat.validate(vat)
    module = get_cc_module(country.lower(), "vat") if country else None
    if module is None or not module.is_valid(vat):
        return None
    number = module.compact(vat)
    if country == "CH":
        return number[:12]  # what follows is "VAT" in one of the country's languages
    prefix = VAT_PREFIXES.get(country, country)
    return number if number.startswith(prefix) else prefix + number
