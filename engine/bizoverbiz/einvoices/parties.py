"""Who sells and who buys: the network's identifier from what an invoice says of a party."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.fr import siret

from bizoverbiz.einvoices.errors import EInvoiceError, quoted
from bizoverbiz.einvoices.model import Party
from bizoverbiz.einvoices.terms import Terms
from bizoverbiz.matching import IdentifierError, canonical_identifier

#: ISO 6523 schemes: the SIREN, and the SIRET, which begins with it.
_SIREN, _SIRET = "0002", "0009"


def read_party(terms: Terms, role: str, identifier: str, registration: str, vat: str) -> Party:
    """Find a party's identifier: the legal registration first, then an identifier of the same schemes, then the VAT.

    The registration comes first because a French firm in a VAT group (Code général des impôts, article 256 C) puts
    the group's VAT number on its invoices, not its own.
    """
    reasons: list[tuple[str, str]] = []
    candidates = [(term, *found) for term in (registration, identifier) for found in terms.texts(term)]
    candidates += [(vat, text, "VAT") for text, _ in terms.texts(vat)]
    for term, text, scheme in candidates:
        try:
            found = _canonical(text, scheme)
        except (IdentifierError, ValidationError) as error:
            reasons.append((term, f"the {role}'s identifier {quoted(text)} (scheme {scheme}) is wrong: {error}"))
            continue
        if found:
            return Party(role, found, term)
    if reasons:
        return Party(role, None, *reasons[0])
    way_out = (
        f"the {role} has neither a SIREN or SIRET ({registration}, schemes {_SIREN} and {_SIRET}) nor a VAT number "
        f"({vat}): declare it as a line"
    )
    return Party(role, None, registration, way_out)


def check_payee(terms: Terms, seller: Party) -> None:
    """Refuse an invoice that is to be paid to another firm than the seller: the claim was sold or pledged."""
    if not terms.elements("BG-10"):
        return
    for term in ("BT-61", "BT-60"):
        for text, scheme in terms.texts(term):
            try:
                if _canonical(text, scheme) == seller.identifier:
                    return
            except (IdentifierError, ValidationError):
                continue
    raise EInvoiceError(
        "BG-10",
        "it is to be paid to another payee than the seller: a claim that was sold or pledged is not set off; "
        "if it is the seller's own, declare it as a line",
    )


def _canonical(text: str, scheme: str | None) -> str | None:
    """None: an identifier of a scheme that names no firm here. Raises `IdentifierError`, `ValidationError`."""
    compact = "".join(text.split())
    if scheme == _SIRET:
        return canonical_identifier(siret.validate(compact)[:9])
    if scheme == _SIREN:
        if not compact.isdigit():
            raise IdentifierError("a SIREN has nine digits")
        return canonical_identifier(compact)
    return canonical_identifier(text) if scheme == "VAT" else None
