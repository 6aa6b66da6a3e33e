"""Netting as it is called: of columns with rules, and of obligations as objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import compress
from typing import NamedTuple

import numpy as np

from bizoverbiz.netting import flow
from bizoverbiz.netting.certificate import Certificate, CertificateError, verify_columns
from bizoverbiz.netting.clearing import Bounds, Maximise, Solution, check_feasible, clear
from bizoverbiz.netting.columns import EPOCH, NO_DUE_DATE, Columns, Ints, Mask, Nodes, Small, exact_sum
from bizoverbiz.netting.errors import InfeasibleError, SolverError
from bizoverbiz.netting.fairness import alone, floors, largest_share
from bizoverbiz.netting.obligations import LARGEST, Obligation, check
from bizoverbiz.netting.rules import Rules, caps, ceilings

#: What can solve: the kernel, or the reference model. Both give the same set-offs.
BACKENDS = ("kernel", "highs")
_NO_RULES = Rules()


class ColumnsNetting(NamedTuple):
    """The result of netting columns; arrays in the order of the rows given, amounts in minor units."""

    #: The most that the rules allow, and the `Rule` that lowered it.
    ceiling: Ints
    reason: Small
    set_off: Ints
    certificate: Certificate
    #: What no set-off can exceed: proven by the certificate, and with integer rules as the solver says.
    bound: int
    solver_bound: int
    #: The share of the fairness floor that could be kept.
    fairness: Fraction

    @property
    def optimal(self) -> bool:
        """Tell whether the total is proven to be the greatest."""
        return self.certificate.total == self.solver_bound


class Netting(NamedTuple):
    """The result of a netting; every amount in minor units."""

    #: Amount by obligation id, for every obligation given, zeros too.
    set_offs: Mapping[str, int]
    #: Sum of the set-offs, the most that is possible.
    total: int
    #: The proof that it is.
    certificate: Certificate


def net_columns(
    columns: Columns,
    members: list[str],
    *,
    on: date,
    rules: Rules = _NO_RULES,
    proposal: Ints | None = None,
    previous: Nodes | None = None,
    backend: str = "kernel",
    on_step: Callable[[str], None] = lambda step: None,
) -> ColumnsNetting:
    """Net the obligations of one currency by the objectives of `net` and the rules asked for, and verify the result.

    Args:
        columns: the obligations, with their whole amounts as ceilings.
        members: the names of the members, in their order.
        on: the day at which ages are counted.
        rules: what else is asked for.
        proposal: minor units a row, as members approved from.
        previous: potentials of a similar netting, one a member: to start from; the result is the same.
        backend: one of `BACKENDS`; the result is the same.
        on_step: told "reduce", "solve", "impute" and "verify" when they begin, some of them several times.

    Raises:
        InvalidObligationError: the amounts are too large in sum.
        InvalidRuleError: a rule that means nothing, or is asked of too large a network.
        SolverError: no solution was found that could be proven.
        CertificateError: the result does not verify (a defect of this package; nothing is returned).
    """
    on_step("reduce")
    ceiling, reason = ceilings(columns, rules, on)
    limited = replace(columns, ceiling=ceiling)
    age = columns.ages(on)
    most = caps(limited, members, rules)

    share, least = _fairness(limited, rules.fairness, most)
    bounds = _bounds(most, least)
    solution = clear(
        limited,
        age,
        proposal=proposal,
        bounds=bounds,
        previous=previous,
        maximise=_solver(backend),
        on_step=on_step,
    )
    on_step("verify")
    multipliers = dict(zip(bounds.member.tolist(), solution.multiplier.tolist(), strict=True))
    certificate = _certificate(members, solution, multipliers, most, least)
    bound = _verify(members, limited, solution.set_off, certificate)
    if bound != certificate.total:
        raise CertificateError(f"not proven to be the maximum: {certificate.total} is set off, the bound is {bound}")
    if not rules.integers:
        return ColumnsNetting(ceiling, reason, solution.set_off, certificate, bound, bound, share)
    on_step("solve")
    set_off, solver_bound = _choose(limited, age, rules, proposal, most, least, solution, multipliers)
    on_step("verify")
    certificate = replace(certificate, total=int(set_off.sum()))
    _verify(members, limited, set_off, certificate)
    return ColumnsNetting(ceiling, reason, set_off, certificate, bound, solver_bound, share)


def net(
    obligations: Iterable[Obligation],
    *,
    on: date,
    proposal: Mapping[str, int] | None = None,
    rules: Rules = _NO_RULES,
    backend: str = "kernel",
) -> Netting:
    """Set off as much as possible, then stay near the proposal, then clear the oldest debts first.

    The objectives come one after the other, each on the optimal face of the one before: (1) the total; (2) with a
    proposal, the least sum over pairs and age buckets of |set-off - proposed|, counting of the proposal what the
    ceilings still allow; (3) the value in each age bucket, oldest first. Within a pair and bucket the amount goes to
    the oldest due date first, then by obligation id (articles 1342-10 and 1347-4 of the Code civil are the defaults
    behind it). What all this leaves open is decided by the names of members alone.

    Args:
        obligations: of one currency, in any order.
        on: the day at which ages are counted, the cut-off of the round.
        proposal: set-off by obligation id in the proposal that members approved from; None for a proposal itself.
        rules: what the network asks for beyond that.
        backend: one of `BACKENDS`; the result is the same.

    Raises:
        InvalidObligationError: an obligation that cannot be netted.
        InvalidRuleError: a rule that means nothing, or is asked of too large a network.
        SolverError: no solution was found that could be proven.
        CertificateError: the result does not verify (a defect of this package; nothing is returned).
    """
    ordered = sorted(check(obligations), key=lambda o: (o.debtor, o.creditor, o.due_date or date.max, o.id))
    members = sorted({name for o in ordered for name in (o.debtor, o.creditor)})
    number = {member: i for i, member in enumerate(members)}
    columns = Columns(
        members=len(members),
        debtor=np.array([number[o.debtor] for o in ordered], np.int32),
        creditor=np.array([number[o.creditor] for o in ordered], np.int32),
        ceiling=np.array([o.ceiling for o in ordered], np.int64),
        due=np.array([o.due_date.toordinal() - EPOCH if o.due_date else NO_DUE_DATE for o in ordered], np.int32),
    )
    proposed = None if proposal is None else np.array([proposal.get(o.id, 0) for o in ordered], np.int64)
    result = net_columns(columns, members, on=on, rules=rules, proposal=proposed, backend=backend)
    set_offs = {o.id: int(amount) for o, amount in zip(ordered, result.set_off, strict=True)}
    return Netting(dict(sorted(set_offs.items())), result.certificate.total, result.certificate)


def _solver(backend: str) -> Maximise:
    if backend == "kernel":
        return flow.maximise
    from bizoverbiz.netting import model  # PuLP takes longer to load than a small network to solve

    assert backend == "highs", f"a backend is one of {BACKENDS}"
    return model.maximise


def _bounds(most: dict[int, int], least: dict[int, int]) -> Bounds:
    bounded = sorted({*most, *least})
    return Bounds(
        np.array(bounded, np.int32),
        np.array([most.get(member, LARGEST) for member in bounded], np.int64),
        np.array([least.get(member, 0) for member in bounded], np.int64),
    )


def _fairness(columns: Columns, wanted: Fraction, most: dict[int, int]) -> tuple[Fraction, dict[int, int]]:
    """Give the largest share that can be kept, and each member's floor."""
    if not wanted:
        return wanted, {}
    possible = alone(columns, most)

    def by_member(amounts: Ints) -> dict[int, int]:
        return {int(member): int(amounts[member]) for member in np.flatnonzero(amounts)}

    def check(amounts: Ints) -> None:
        check_feasible(columns, _bounds(most, by_member(amounts)))

    share = largest_share(wanted, possible, check)
    return share, by_member(floors(share, possible))


def _choose(
    columns: Columns,
    age: Small,
    rules: Rules,
    proposal: Ints | None,
    most: dict[int, int],
    least: dict[int, int],
    free: Solution,
    multipliers: Mapping[int, int],
) -> tuple[Ints, int]:
    """Give the set-offs under rules with integer variables, and the solver's bound; `free` is without these rules."""
    from bizoverbiz.netting.integers import Face, choose

    if rules.restricts_amounts:
        face = Face(np.zeros_like(columns.ceiling), columns.ceiling, most, least)
    else:
        face = Face.optimal(columns, free.potential, multipliers, most, least)
    choice = choose(columns, rules, face, free.set_off)
    bounds = _bounds(most, least)
    found = []
    for touched in choice.touched:
        ceiling = np.where(touched, columns.ceiling, 0)
        lowest = _lowest(columns, touched, rules)
        with suppress(InfeasibleError):
            limited = replace(columns, ceiling=ceiling)
            found.append(clear(limited, age, least=lowest, proposal=proposal, bounds=bounds).set_off)
    if not found:
        raise SolverError("the obligations that HiGHS chose cannot be balanced to the last cent: allow more nodes")
    set_off = max(found, key=exact_sum)
    return set_off, max(choice.bound, exact_sum(set_off))


def _lowest(columns: Columns, touched: Mask, rules: Rules) -> Ints:
    """Give the least that is set off of each touched row: the rule's, and all where a later one of its pair follows."""
    ceiling = np.where(touched, columns.ceiling, 0)
    if rules.whole:
        return ceiling
    same = (columns.debtor[1:] == columns.debtor[:-1]) & (columns.creditor[1:] == columns.creditor[:-1])
    followed = np.append(same & touched[1:], False)
    return np.where(followed, ceiling, np.minimum(ceiling, rules.smallest_set_off))


def _certificate(
    members: list[str],
    solution: Solution,
    multipliers: Mapping[int, int],
    most: Mapping[int, int],
    least: Mapping[int, int],
) -> Certificate:
    proven = solution.potential != 0
    names = compress(members, proven.tolist())
    potentials = dict(zip(names, solution.potential[proven].tolist(), strict=True))
    return Certificate(
        potentials,
        int(solution.set_off.sum()),
        {members[i]: multiplier for i, multiplier in multipliers.items() if multiplier},
        {members[i]: cap for i, cap in most.items()},
        {members[i]: floor for i, floor in least.items()},
    )


def _verify(members: list[str], columns: Columns, set_off: Ints, certificate: Certificate) -> int:
    return verify_columns(
        members,
        debtor=columns.debtor,
        creditor=columns.creditor,
        ceiling=columns.ceiling,
        set_off=set_off,
        certificate=certificate,
    )
