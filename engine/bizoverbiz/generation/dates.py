"""When: issue dates before the day, and due dates by the payment terms French firms agree on."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from bizoverbiz.generation.economy import Floats, Integers, pick

#: Payment terms: days after issue, whether then to the month's end, and how many of a hundred firms sell on them
#: (article L441-10 of the Code de commerce allows 60 days, or 45 days to the end of the month).
_DAYS = np.array([30, 30, 45, 60])
_MONTH_END = np.array([False, True, True, False])
_SHARE = np.array([30.0, 20.0, 35.0, 15.0])
#: Half a month on average passes until its end.
_UNTIL_MONTH_END = 15
#: Days between due date and payment of the late ones, on average. An invoice is the likelier still open the later it
#: is paid, so this is twice the average over all invoices paid late.
_DELAY = 70.0


def draw_dates(
    rng: np.random.Generator, debtor: Integers, creditor: Integers, firms: int, *, on: date
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Draw issue and due date of obligations still open on the day.

    Terms are the creditor's, the habit of paying late is the debtor's: of its open invoices 40 to 100 per cent will
    be paid late (of all French invoices about half are). The day falls anywhere between issue and payment, so that
    about a third of all are overdue.
    """
    terms = pick(rng, _SHARE, firms)[creditor]
    late = rng.random(len(debtor)) < (0.4 + 0.6 * rng.random(firms))[debtor]
    delay: Floats = np.where(late, _DELAY * rng.standard_exponential(len(debtor)), 0.0)
    open_for = _DAYS[terms] + _UNTIL_MONTH_END * _MONTH_END[terms] + delay
    age = 1 + (open_for * rng.random(len(debtor))).astype(np.int64)
    issue = np.datetime64(on, "D") - age
    due = issue + _DAYS[terms]
    month_end = (due.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    return issue, np.where(_MONTH_END[terms], month_end, due)
