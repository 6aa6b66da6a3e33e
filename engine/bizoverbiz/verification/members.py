"""Every member's figures, added up anew from the obligations."""

import numpy as np

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.reading import MEMBERS, SETOFFS
from bizoverbiz.verification.rows import Int64s, Network, first


def check_members(network: Network) -> int:
    """Check every member's balance, and members.csv against setoffs.csv; give the net internal debt.

    Per member the receivables set off must equal the payables set off: then no net position moves, and every booking
    balances by itself. The net internal debt is the sum of max(0, receivable - payable).

    Raises:
        VerificationError: names the first member of whom something does not hold.
    """
    names, line = network.members["member"], network.members_line
    received, paid = network.by_creditor("set_off"), network.by_debtor("set_off")
    at = first(received != paid)
    if at is not None:
        raise VerificationError(
            SETOFFS,
            f"member {names[at]!r} in {network.currency}: receivables set off add up to {received[at]}, "
            f"payables set off to {paid[at]}",
        )
    occurs = np.zeros(len(names), np.bool_)
    occurs[network.debtor] = occurs[network.creditor] = True
    at = first(~occurs)
    if at is not None:
        raise VerificationError(
            MEMBERS, f"member {names[at]!r} has no obligation in {network.currency}", line=line + at
        )
    receivable, payable = network.by_creditor("amount"), network.by_debtor("amount")
    net = receivable - payable
    for column, right in (
        ("receivable", receivable),
        ("payable", payable),
        ("set_off", received),
        ("net_before", net),
        ("net_after", (receivable - received) - (payable - paid)),
    ):
        _compare(network, column, right)
    return int(net[net > 0].sum())


def _compare(network: Network, column: str, right: Int64s) -> None:
    stated = network.members[column].to_numpy()
    at = first(stated != right)
    if at is not None:
        raise VerificationError(
            MEMBERS,
            f"member {network.members['member'][at]!r}: {column} {stated[at]} is not {right[at]}, "
            f"what its obligations in {network.currency} add up to",
            line=network.members_line + at,
        )
