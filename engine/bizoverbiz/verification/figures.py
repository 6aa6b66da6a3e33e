"""The summary's figures, compared with what the other files add up to."""

from collections.abc import Mapping
from decimal import Decimal

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.proof import Proof
from bizoverbiz.verification.reading import SUMMARY, Certificate, Figures, Result
from bizoverbiz.verification.rows import Network

#: Percentages are written with two digits or more.
_PERCENT_STEP = Decimal("0.01")


def check_figures(network: Network, figures: Figures, certificate: Certificate, net_internal_debt: int) -> None:
    """Check what the summary says of one currency.

    Raises:
        VerificationError: names the first figure that differs.
    """
    total = int(network.column("amount").sum())
    upper = certificate.solver.bound if certificate.solver else certificate.bound
    for name, stated, right in (
        ("total", figures.total, total),
        ("set_off", figures.set_off, certificate.total),
        ("net_internal_debt", figures.net_internal_debt, net_internal_debt),
        ("upper_bound", figures.upper_bound, upper),
    ):
        if stated != right:
            raise VerificationError(SUMMARY, f"currency.{network.currency}.{name} is {stated}, the files give {right}")
    if abs(figures.percent * total - 100 * certificate.total) * 2 > _PERCENT_STEP * total or (
        not total and figures.percent
    ):
        raise VerificationError(
            SUMMARY,
            f"currency.{network.currency}.percent is {figures.percent}, not 100 * {certificate.total} / {total}",
        )


def check_whole(result: Result, proofs: Mapping[str, Proof]) -> None:
    """Check what the summary says of all currencies together.

    Raises:
        VerificationError: a count differs, or the optimum is claimed without a proof.
    """
    summary, rows = result.summary, result.setoffs.height
    for name, stated, right in (
        ("obligations", summary.obligations, rows),
        ("input.rows", summary.rows, rows),
        ("firms", summary.firms, result.members["member"].n_unique()),
    ):
        if stated != right:
            raise VerificationError(SUMMARY, f"{name} is {stated}, the files have {right}")
    unproven = sorted(currency for currency, proof in proofs.items() if proof is Proof.NONE)
    if summary.optimal and unproven:
        raise VerificationError(
            SUMMARY, f"optimal is claimed, but in {', '.join(unproven)} the total is below every bound that is given"
        )
