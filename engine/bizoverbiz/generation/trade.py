"""Who owes whom: pairs of firms drawn by size, sector and region."""

from dataclasses import dataclass

import numpy as np

from bizoverbiz.generation.economy import PURCHASES, REGIONS, SALES, Firms, Floats, Integers

#: How often a firm looks for a partner in its own region; the largest hundredth of firms trade nationwide.
_LOCAL, _LOCAL_HUB = 0.75, 0.3
#: The size above which about a hundredth of the firms are.
_HUB = 56.0
#: Redraws before a pair is taken as it comes; about 15 are needed for millions.
_MOST_REDRAWS = 40
#: Obligations a pair has on average, before the same pair happens to be drawn twice.
_PER_PAIR = 1.5


@dataclass(frozen=True, slots=True)
class Market:
    """The firms laid out by section and region, so that a partner is one draw from one stretch of weight."""

    firms: Firms
    #: Firm at each place.
    order: Integers
    #: Sizes added up before each place, and behind the last.
    weight: Floats
    #: `weight` where each cell, section x region, begins, and behind the last.
    border: Floats

    @classmethod
    def of(cls, firms: Firms) -> "Market":
        cell = firms.section * len(REGIONS) + firms.region
        order = np.argsort(cell, kind="stable")
        weight = np.concatenate([[0.0], np.cumsum(firms.size[order])])
        border = weight[np.searchsorted(cell[order], np.arange(len(PURCHASES) * len(REGIONS) + 1))]
        return cls(firms, order, weight, border)

    def at(self, weight: Floats) -> Integers:
        """Give the firm at each point of the added-up sizes; sorted first, because a search in order is local."""
        sequence = np.argsort(weight)
        place = np.searchsorted(self.weight, weight[sequence], side="right") - 1
        found = np.empty(len(weight), dtype=np.int64)
        found[sequence] = self.order[np.minimum(place, len(self.order) - 1)]
        return found

    def partners(self, rng: np.random.Generator, section: Integers, region: Integers, local: Floats) -> Integers:
        """Draw a firm of each section by size, in the region with probability `local`.

        Where nobody is there, the firm comes from the whole section, and failing that from the whole network.
        """
        regions = len(REGIONS)
        first = section * regions
        at_home = rng.random(len(section)) < local
        low = np.where(at_home, first + region, first)
        high = np.where(at_home, low + 1, first + regions)
        for wider_low, wider_high in ((first, first + regions), (0 * first, 0 * first + len(self.border) - 1)):
            empty = self.border[high] <= self.border[low]
            low, high = np.where(empty, wider_low, low), np.where(empty, wider_high, high)
        start, end = self.border[low], self.border[high]
        return self.at(start + rng.random(len(section)) * (end - start))


def draw_trades(
    rng: np.random.Generator, firms: Firms, obligations: int, *, against: float
) -> tuple[Integers, Integers]:
    """Draw debtor and creditor of each obligation.

    Every firm comes first once (as far as the obligations suffice), then firms by size; each looks for a supplier or
    a customer. Debts run from the end of the chain to its beginning: one that runs the other way is kept with
    probability `against` only, otherwise the partner is drawn again.
    """
    count = len(firms.size)
    market = Market.of(firms)
    pairs = max(min(count, obligations), int(obligations / _PER_PAIR))
    whole = market.weight[-1]
    anchor = np.concatenate([rng.permutation(count)[:pairs], market.at(rng.random(max(0, pairs - count)) * whole)])
    hub = firms.size > _HUB
    debtor, creditor = np.empty(pairs, dtype=np.int64), np.empty(pairs, dtype=np.int64)
    todo = np.arange(pairs)
    for _ in range(_MOST_REDRAWS):
        first = anchor[todo]
        buys = rng.random(len(todo)) < np.clip(firms.stage[first], 0.1, 0.9)
        section = _sections(rng, np.where(buys, firms.section[first], len(PURCHASES) + firms.section[first]))
        local = np.where(hub[first], _LOCAL_HUB, _LOCAL)
        second = market.partners(rng, section, firms.region[first], local)
        debtor[todo], creditor[todo] = np.where(buys, first, second), np.where(buys, second, first)
        upwards = firms.stage[debtor[todo]] <= firms.stage[creditor[todo]]
        refused = (first == second) | (upwards & (rng.random(len(todo)) >= against))
        todo = todo[refused]
    alone = debtor == creditor
    creditor[alone] = (debtor[alone] + rng.integers(1, count, size=int(alone.sum()))) % count
    # squared, so that a few pairs trade often; from the end, where the pairs of large firms are
    repeat = pairs - 1 - (pairs * rng.random(obligations - pairs) ** 2).astype(np.int64)
    pair = np.concatenate([np.arange(pairs), repeat])
    return debtor[pair], creditor[pair]


def _sections(rng: np.random.Generator, row: Integers) -> Integers:
    """Draw the partner's section: of a supplier in the first rows, of a customer in those behind."""
    table = np.concatenate([PURCHASES, SALES])
    steps = np.cumsum(table, axis=1) / table.sum(axis=1, keepdims=True) + np.arange(len(table))[:, None]
    found: Integers = np.searchsorted(steps.ravel(), row + rng.random(len(row)), side="right") % table.shape[1]
    return found
