"""A network from its seed: firms, trades, amounts, dates."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bizoverbiz.generation.amounts import balance, draw_amounts
from bizoverbiz.generation.dates import draw_dates
from bizoverbiz.generation.economy import Firms, Integers, draw_firms
from bizoverbiz.generation.errors import GenerationError
from bizoverbiz.generation.statistics import Clearing, maximum_set_off
from bizoverbiz.generation.trade import draw_trades

#: A fixed day, so that the same seed gives the same file for ever.
DEFAULT_ON = date(2026, 11, 22)
#: Invoices are written with years of four digits.
FIRST_ON, LAST_ON = date(1900, 1, 1), date(9900, 12, 31)
#: Columns are held in memory, about 200 bytes a row.
MOST_FIRMS, MOST_OBLIGATIONS = 10_000_000, 100_000_000
#: What can be cleared, as a share of the total: the published rounds of Republika Srpska and Romania lie between
#: 8 and 21 per cent.
CLEARABLE = 0.145
_CLEARABLE_NEAR = (0.11, 0.18)
#: Up to this many obligations chance decides much, and what can be cleared is measured and corrected.
_MEASURED = 5_000
_MOST_CORRECTIONS = 8


@dataclass(frozen=True, slots=True)
class Network:
    """Columns, one place an obligation, oldest issue date first; firms are indices into `firms`."""

    firms: Firms
    debtor: Integers
    creditor: Integers
    #: Cents.
    amount: Integers
    issue: NDArray[np.datetime64]
    due: NDArray[np.datetime64]

    def frame(self) -> pl.DataFrame:
        """Give the obligations as they are written: id, debtor, creditor, amount, currency, issue and due date."""
        names = _numbered("F", len(self.firms.size), 7)
        return pl.DataFrame(
            {
                "id": _numbered("INV-", len(self.amount), 8),
                "debtor": names.gather(self.debtor),
                "creditor": names.gather(self.creditor),
                "amount": self.amount,
                "currency": pl.repeat("EUR", len(self.amount), eager=True),
                "issue_date": self.issue,
                "due_date": self.due,
            }
        )


def draw_network(
    firms: int, obligations: int, seed: int, *, on: date = DEFAULT_ON, clearing: Clearing = maximum_set_off
) -> Network:
    """Draw a network; the same arguments give the same network on every machine.

    Args:
        firms: how many there are; with at least as many obligations each has one.
        obligations: how many there are, exactly.
        seed: any integer >= 0.
        on: the day at which the obligations are open; issue dates lie before it.
        clearing: computes what can be set off in a small network; any exact function gives the same network.

    Raises:
        GenerationError: fewer than two firms, no obligation, a negative seed, a day out of range, or more than fits.
    """
    _check(firms, obligations, seed, on)
    streams = [np.random.Generator(np.random.PCG64(part)) for part in np.random.SeedSequence(seed).spawn(4)]
    drawn = draw_firms(streams[0], firms)
    share = _share_upwards(firms, obligations)
    debtor, creditor = draw_trades(streams[1], drawn, obligations, against=2.5 * share)
    amount = _amounts(streams[2], drawn, debtor, creditor, share, clearing)
    issue, due = draw_dates(streams[3], debtor, creditor, firms, on=on)
    order = np.argsort(issue, kind="stable")
    return Network(drawn, debtor[order], creditor[order], amount[order], issue[order], due[order])


def _check(firms: int, obligations: int, seed: int, on: date) -> None:
    if not 2 <= firms <= MOST_FIRMS:
        raise GenerationError(f"{firms} firms cannot be drawn: ask for 2 to {MOST_FIRMS:,}")
    if not 1 <= obligations <= MOST_OBLIGATIONS:
        raise GenerationError(f"{obligations} obligations cannot be drawn: ask for 1 to {MOST_OBLIGATIONS:,}")
    if seed < 0:
        raise GenerationError(f"{seed} is no seed: give an integer of 0 or more")
    if not FIRST_ON <= on <= LAST_ON:
        raise GenerationError(f"{on} is no day for invoices: give one from {FIRST_ON} to {LAST_ON}")


def _share_upwards(firms: int, obligations: int) -> float:
    """Estimate how much has to run against the chain for `CLEARABLE`, as a share of the total.

    Loops close more easily in a larger and in a denser network; fitted to networks of 1,000 to a million firms with 3
    to 25 obligations a firm. Rounded, because a cube root's last bit depends on the machine.
    """
    small = 1 + 1.7 * math.sqrt(1000 / firms)
    sparse = math.cbrt(5 * firms / obligations)
    return round(min(0.2, 0.042 * small * sparse), 4)


def _amounts(
    rng: np.random.Generator, firms: Firms, debtor: Integers, creditor: Integers, share: float, clearing: Clearing
) -> Integers:
    """Draw and balance amounts; in a small network correct the share that runs upwards by what can be cleared."""
    count = len(firms.size)
    upwards = firms.stage[debtor] <= firms.stage[creditor]
    drawn = draw_amounts(rng, firms.size, debtor, creditor)
    best = balance(drawn, debtor, creditor, count, upwards=upwards, share=share)
    if len(drawn) > _MEASURED:
        return best
    nearest, amounts = 1.0, best
    for _ in range(_MOST_CORRECTIONS):
        cleared = clearing(debtor, creditor, amounts) / int(amounts.sum())
        if abs(cleared - CLEARABLE) < nearest:
            nearest, best = abs(cleared - CLEARABLE), amounts
        if _CLEARABLE_NEAR[0] <= cleared <= _CLEARABLE_NEAR[1] or not cleared:
            break
        share = min(0.4, share * min(2.0, max(0.5, CLEARABLE / cleared)))
        amounts = balance(drawn, debtor, creditor, count, upwards=upwards, share=share)
    return best


def _numbered(prefix: str, count: int, digits: int) -> pl.Series:
    numbers = pl.int_range(1, count + 1, eager=True)
    return prefix + numbers.cast(pl.String).str.zfill(max(digits, len(str(count))))
