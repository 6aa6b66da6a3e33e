"""The certificate of one currency, checked in exact integers.

Summed over all obligations, p[debtor] - p[creditor] cancels out for every set-off that keeps each member's balance,
and a member's multiplier adds mu times what it sets off, which its cap or floor bounds. So for any integers p, mu

    sum f_e  <=  B  =  sum_e ceiling_e * max(0, 1 + p[debtor] - mu[debtor] - p[creditor])
                       + sum_m cap_m * max(0, mu_m) - sum_m floor_m * max(0, -mu_m),

whoever chose them: that is linear programming duality (Ahuja, Magnanti, Orlin, Network Flows, 1993, section 9.4).
Where the total is B, no set-off of these obligations can be greater.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import polars as pl

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.reading import CERTIFICATE, Certificate
from bizoverbiz.verification.rows import Int64s, Network, find, first


class Proof(StrEnum):
    """What shows that no greater total was possible."""

    #: The bound is the total: proven here, nobody need be trusted.
    CERTIFICATE = "certificate"
    #: A mixed-integer solver says so; the certificate's bound is greater.
    SOLVER = "solver"
    #: Nothing: more may have been possible, up to the bound.
    NONE = "none"


def check_proof(network: Network, certificate: Certificate) -> Proof:
    """Check caps and floors, the total, the bound, and the solver's bound where a solver was used.

    Raises:
        VerificationError: says what does not hold.
    """
    total = int(network.column("set_off").sum())
    if certificate.total != total:
        raise _wrong(network, f"total is {certificate.total}, the set-offs add up to {total}")
    _check_limits(network, "cap", certificate.caps)
    _check_limits(network, "floor", certificate.floors)
    _check_prices(network, certificate)
    exact = bound(network, certificate)
    if certificate.bound != exact:
        raise _wrong(network, f"bound is {certificate.bound}, the potentials and multipliers give {exact}")
    solver = certificate.solver
    if solver is not None:
        if not total <= solver.bound <= exact:
            raise _wrong(network, f"solver.bound {solver.bound} is not between the total {total} and the bound {exact}")
        if (solver.gap == 0) != (solver.bound == total):
            raise _wrong(network, f"solver.gap {solver.gap} does not go with bound {solver.bound} and total {total}")
    if total == exact:
        return Proof.CERTIFICATE
    return Proof.SOLVER if solver is not None and solver.bound == total else Proof.NONE


def bound(network: Network, certificate: Certificate) -> int:
    """Compute B: ceilings are added up per worth of an obligation, which cannot overflow, the rest is in Python."""
    potential = _by_member(network, "potentials", certificate.potentials)
    multiplier = _by_member(network, "multipliers", certificate.multipliers)
    worths = 1 + (potential - multiplier)[network.debtor] - potential[network.creditor]
    by_worth = (
        pl.DataFrame({"worth": worths, "ceiling": network.setoffs["ceiling"]})
        .filter(pl.col("worth") > 0)
        .group_by("worth")
        .agg(pl.col("ceiling").sum())
    )
    prices = certificate.multipliers.items()
    terms = [worth * ceiling for worth, ceiling in by_worth.iter_rows()]
    terms += [price * certificate.caps[member] for member, price in prices if price > 0]
    terms += [price * certificate.floors[member] for member, price in prices if price < 0]
    return sum(terms)


def _by_member(network: Network, what: str, prices: Mapping[str, int]) -> Int64s:
    names = pl.Series(what, list(prices), dtype=pl.String)
    at = find(names, network.members["member"])
    unknown = first(at < 0)
    if unknown is not None:
        raise _wrong(network, f"{what} names {names[unknown]!r}, who has no obligation in this currency")
    values = np.zeros(network.members.height, np.int64)
    values[at] = np.fromiter(prices.values(), np.int64, len(prices))
    return values


def _check_limits(network: Network, what: str, limits: Mapping[str, int]) -> None:
    """Check that what each member sets off keeps to its cap or floor."""
    names = pl.Series(what, list(limits), dtype=pl.String)
    at = find(names, network.members["member"])
    # a member without obligations in the currency is at the end: it sets nothing off
    done = np.append(network.by_creditor("set_off"), 0)[at]
    values = np.fromiter(limits.values(), np.int64, len(limits))
    broken = first(done > values if what == "cap" else done < values)
    if broken is not None:
        raise _wrong(network, f"{names[broken]!r} sets off {done[broken]}, its {what} is {values[broken]}")


def _check_prices(network: Network, certificate: Certificate) -> None:
    """Check that a multiplier stands only where there is a cap or floor to be priced."""
    for member, price in certificate.multipliers.items():
        if (price > 0 and member not in certificate.caps) or (price < 0 and member not in certificate.floors):
            missing = "cap" if price > 0 else "floor"
            raise _wrong(network, f"multiplier {price} of {member!r}, who has no {missing}")


def _wrong(network: Network, reason: str) -> VerificationError:
    return VerificationError(CERTIFICATE, f"currency.{network.currency}: {reason}")
