"""Firms: their size, sector, region, and place in the chain from raw material to end customer.

The tables are stylised: the order of magnitude of the number of French firms by section of the NAF, of input-output
tables (who buys from whom) and of the regions, not official figures.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

#: Sections of the NAF: agriculture, manufacturing, energy, construction, trade, transport, hotels and restaurants,
#: information, finance, property, professional services, support services.
SECTIONS = "ACDFGHIJKLMN"
#: Of a hundred firms.
_FIRMS = np.array([5, 9, 1, 14, 26, 6, 9, 6, 3, 5, 11, 5], dtype=float)
#: From 0, sells to everybody, to 1, sells to consumers only.
_STAGE = np.array([0.15, 0.35, 0.05, 0.75, 0.65, 0.40, 0.95, 0.40, 0.30, 0.20, 0.45, 0.55])
_STAGE_SPREAD = 0.15
#: What a section (row) buys from each section (column), about hundredths.
PURCHASES = np.array(
    [
        [20, 25, 6, 4, 25, 4, 1, 1, 4, 2, 5, 3],
        [8, 45, 6, 2, 14, 7, 1, 3, 2, 2, 6, 4],
        [1, 30, 30, 8, 4, 3, 1, 4, 4, 2, 9, 4],
        [1, 32, 2, 22, 22, 4, 1, 1, 2, 2, 7, 4],
        [4, 40, 3, 2, 24, 9, 1, 3, 3, 5, 4, 2],
        [1, 22, 6, 3, 18, 22, 2, 3, 4, 5, 5, 9],
        [8, 34, 4, 4, 26, 3, 3, 2, 3, 8, 3, 2],
        [1, 14, 3, 2, 10, 2, 2, 30, 4, 6, 18, 8],
        [0, 6, 2, 3, 4, 2, 2, 20, 28, 10, 17, 6],
        [0, 6, 6, 36, 4, 1, 1, 3, 14, 10, 13, 6],
        [0, 10, 3, 3, 8, 4, 3, 16, 6, 9, 30, 8],
        [1, 16, 4, 3, 14, 8, 3, 9, 5, 8, 15, 14],
    ],
    dtype=float,
)
#: What a section (row) sells to each section (column).
SALES = (PURCHASES * _FIRMS[:, None]).T
#: Of a hundred firms; the thirteen regions of metropolitan France, largest first.
REGIONS = np.array([19, 12, 9, 9, 9, 9, 8, 6, 5, 4, 4, 4, 2], dtype=float)
#: No firm is larger than this share of all, so that a small network is not one firm and its neighbours.
_LARGEST_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Firms:
    """Columns, one place a firm."""

    #: Relative volume of business, 1 for the smallest.
    size: Floats
    #: Index into `SECTIONS`.
    section: Integers
    #: Index into `REGIONS`.
    region: Integers
    #: Place in the chain, around 0 to 1; goods flow upwards, debts downwards.
    stage: Floats


def draw_firms(rng: np.random.Generator, firms: int) -> Firms:
    """Draw firms with sizes of Pareto's law, exponent 8/7.

    Firms' sizes follow Zipf's law, exponent about 1 (Axtell 2001, doi:10.1126/science.1062081). The sizes are the
    quantiles themselves, in random order: seeds differ in who trades with whom, not in whether there is a hub.
    """
    rank = (np.arange(firms) + 0.5) / firms
    # rank ** (-7/8), from square roots because a power's last bit depends on the machine
    half = np.sqrt(rank)
    quarter = np.sqrt(half)
    size = 1 / (half * quarter * np.sqrt(quarter))
    size = rng.permutation(np.minimum(size, _LARGEST_SHARE * size.sum()))
    section = pick(rng, _FIRMS, firms)
    stage = _STAGE[section] + _STAGE_SPREAD * rng.standard_normal(firms)
    return Firms(size, section, pick(rng, REGIONS, firms), stage)


def pick(rng: np.random.Generator, weights: Floats, count: int) -> Integers:
    """Draw `count` indices, each with a probability in proportion to its weight."""
    return np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(count), side="right")
