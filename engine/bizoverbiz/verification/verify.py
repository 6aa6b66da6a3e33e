"""The whole check of a result directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bizoverbiz.verification.figures import check_figures, check_whole
from bizoverbiz.verification.members import check_members
from bizoverbiz.verification.proof import Proof, check_proof
from bizoverbiz.verification.reading import Result, read_result
from bizoverbiz.verification.rows import check_rows, networks
from bizoverbiz.verification.rules import check_rules


@dataclass(frozen=True, slots=True)
class VerifiedCurrency:
    """What was found to hold in one currency, minor units."""

    obligations: int
    firms: int
    total: int
    set_off: int
    #: No set-off of these obligations, caps and floors can be greater.
    bound: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class Verified:
    """A result directory that holds."""

    result: Result
    currency: Mapping[str, VerifiedCurrency]
    #: Whether the file of obligations was compared as well.
    with_input: bool


def verify_directory(directory: Path, obligations: Path | None = None) -> Verified:
    """Recheck a result directory from its files alone, or against the file of obligations it was made from.

    Everything in setoffs.csv, members.csv, certificate.json and summary.json is checked but the times the run took;
    report.html may be left out, its words are not read. Without the file of obligations nothing shows that the
    amounts are those that were declared, and that what the horizon left out is due beyond it. Caps of single members
    and fairness floors are taken as they stand in the certificate.

    Args:
        directory: as `bizoverbiz net --out` made it.
        obligations: the file that was netted.

    Raises:
        VerificationError: the first thing that does not hold.
        BizoverbizError: the file of obligations cannot be read.
    """
    result = read_result(directory)
    check_rows(result.setoffs)
    currency = {}
    for network in networks(result):
        certificate = result.certificate[network.currency]
        net_internal_debt = check_members(network)
        check_rules(network, result.summary, certificate)
        proof = check_proof(network, certificate)
        figures = result.summary.currency[network.currency]
        check_figures(network, figures, certificate, net_internal_debt)
        currency[network.currency] = VerifiedCurrency(
            obligations=network.setoffs.height,
            firms=network.members.height,
            total=figures.total,
            set_off=certificate.total,
            bound=certificate.bound,
            proof=proof,
        )
    check_whole(result, {code: verified.proof for code, verified in currency.items()})
    if obligations is not None:
        from bizoverbiz.verification.source import check_source

        check_source(result, obligations)
    return Verified(result, currency, with_input=obligations is not None)
