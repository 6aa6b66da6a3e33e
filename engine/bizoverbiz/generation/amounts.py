"""How much: lognormal amounts that grow with both firms' sizes, balanced until they net as real networks do.

Two figures of a network decide how much netting can do, and both are steered here. Net internal debt, the part of
the total that no netting can ever clear, is brought to `NET_INTERNAL_DEBT` by bringing each firm's receivables and
payables nearer to (or farther from) each other. Loops exist only through obligations that run against the chain of
supply, hence what can be cleared follows from their share of the total.
"""

from decimal import Context, Decimal

import numpy as np
from numpy.typing import NDArray

from bizoverbiz.generation.economy import Floats, Integers

#: Sum over firms of max(0, receivables - payables), as a share of the total.
NET_INTERNAL_DEBT = 0.5
#: Cents; the average of all obligations.
_MEAN = 800_000
#: Standard deviation of ln(amount) for given firms; with their sizes and the balancing about 2 in all.
_SPREAD = 1.75
#: Normal deviates are taken on this grid, up to this many deviations.
_STEPS, _FARTHEST = 256, 6
_MOST_ROUNDS = 24
_MOST_CORRECTION = 4.0


def draw_amounts(rng: np.random.Generator, size: Floats, debtor: Integers, creditor: Integers) -> Floats:
    """Draw lognormal amounts in proportion to the fourth root of each firm's size, not yet balanced.

    The exponential function's last bit depends on the machine; decimal's is exact, and a grid needs few of them.
    """
    exact = Context(prec=28)
    last = _STEPS * _FARTHEST
    table = np.array([float(exact.exp(Decimal(k * _SPREAD / _STEPS))) for k in range(-last, last + 1)])
    deviate = np.clip(np.rint(rng.standard_normal(len(debtor)) * _STEPS), -last, last).astype(np.int64)
    root = np.sqrt(np.sqrt(size))
    return table[deviate + last] * root[debtor] * root[creditor]


def balance(
    amounts: Floats, debtor: Integers, creditor: Integers, firms: int, *, upwards: NDArray[np.bool_], share: float
) -> Integers:
    """Rescale amounts to the target of net internal debt, with `share` of the total running `upwards`; in cents.

    Each round multiplies what a firm owes, and divides what it is owed, by the fourth root of receivables to
    payables, within limits: the factors keep the amounts' distribution, and pairs keep their own ratio. The last
    round is taken in part, so that the target is met and not passed. A network whose firms only buy or only sell
    cannot be balanced and stays as near as it can.
    """
    now = _steer(amounts, upwards, share)
    receivable, payable = _sums(now, debtor, creditor, firms)
    apart = _net_debt(receivable, payable)
    towards = apart > NET_INTERNAL_DEBT
    for _ in range(_MOST_ROUNDS):
        both = (receivable > 0) & (payable > 0)
        factor = np.ones(firms)
        root = np.sqrt(np.sqrt(receivable[both] / payable[both]))
        factor[both] = np.clip(root if towards else 1 / root, 1 / _MOST_CORRECTION, _MOST_CORRECTION)
        following = _steer(now * factor[debtor] / factor[creditor], upwards, share)
        sums = _sums(following, debtor, creditor, firms)
        reached = _net_debt(*sums)
        if (reached > NET_INTERNAL_DEBT) != towards:
            part = _part((receivable, payable), sums, towards=towards)
            now = now + (following - now) * part
            break
        now, (receivable, payable) = following, sums
        if abs(reached - apart) < 1e-4:
            break
        apart = reached
    now *= _MEAN * len(now) / now.sum()
    return np.maximum(1, np.rint(now)).astype(np.int64)


def _steer(amounts: Floats, upwards: NDArray[np.bool_], share: float) -> Floats:
    """Scale what runs upwards to its share of the total, and the total to 1."""
    up, down = float(amounts[upwards].sum()), float(amounts[~upwards].sum())
    if not up or not down:
        return amounts / (up + down)
    return amounts * np.where(upwards, share / up, (1 - share) / down)


def _sums(amounts: Floats, debtor: Integers, creditor: Integers, firms: int) -> tuple[Floats, Floats]:
    receivable: Floats = np.bincount(creditor, amounts, firms).astype(np.float64, copy=False)
    payable: Floats = np.bincount(debtor, amounts, firms).astype(np.float64, copy=False)
    return receivable, payable


def _net_debt(receivable: Floats, payable: Floats) -> float:
    return float(np.maximum(receivable - payable, 0).sum() / receivable.sum())


def _part(before: tuple[Floats, Floats], after: tuple[Floats, Floats], *, towards: bool) -> float:
    """Bisect how much of the last step meets the target; sums of a mixture are the mixture of the sums."""
    low, high = 0.0, 1.0
    for _ in range(20):
        part = (low + high) / 2
        debt = _net_debt(*(b + (a - b) * part for b, a in zip(before, after, strict=True)))
        low, high = (part, high) if (debt > NET_INTERNAL_DEBT) == towards else (low, part)
    return high
