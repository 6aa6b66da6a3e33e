"""What the books and the engine hold, read by SQL alone: nothing here asks the code under test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from demo.databases import Cluster
from demo.firms import BY_SIREN, FIRMS, Firm

ENGINE_DATABASE = "bizoverbiz"


class Key(NamedTuple):
    """One invoice between two firms: SIREN of the creditor and of the debtor, and the creditor's number."""

    creditor: str
    debtor: str
    number: str

    def __str__(self) -> str:
        return f"{self.number} ({BY_SIREN[self.creditor].name} → {BY_SIREN[self.debtor].name})"


@dataclass(frozen=True)
class Entry:
    """A posted entry other than an invoice that touches what partners owe or are owed; amounts in cents."""

    name: str
    ref: str
    #: Debit less credit on payable accounts (401), credit less debit on receivable ones (411).
    payable_debited: int
    receivable_credited: int
    #: Sum of the absolute amounts on any other account: a set-off has none.
    elsewhere: int


@dataclass(frozen=True)
class Ledger:
    """One firm's posted invoices with the other five: what is open on each, in cents; and its other entries."""

    firm: Firm
    receivables: Mapping[Key, int]
    payables: Mapping[Key, int]
    blocked: frozenset[Key]
    entries: tuple[Entry, ...] = field(repr=False)

    @property
    def net_position(self) -> int:
        return sum(self.receivables.values()) - sum(self.payables.values())


_INVOICES = """
    SELECT move.move_type, move.name, move.ref, move.payment_state, replace(partner.company_registry, ' ', ''),
           sum(line.amount_residual)
    FROM account_move move
    JOIN account_move_line line ON line.move_id = move.id
    JOIN account_account account ON account.id = line.account_id
    JOIN res_partner partner ON partner.id = move.commercial_partner_id
    WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'in_invoice')
      AND account.account_type IN ('asset_receivable', 'liability_payable')
    GROUP BY move.id, partner.id
"""

_ENTRIES = """
    SELECT move.name, coalesce(move.ref, ''),
           sum(line.debit - line.credit) FILTER (WHERE account.account_type = 'liability_payable'),
           sum(line.credit - line.debit) FILTER (WHERE account.account_type = 'asset_receivable'),
           sum(line.debit + line.credit) FILTER (
               WHERE account.account_type NOT IN ('liability_payable', 'asset_receivable'))
    FROM account_move move
    JOIN account_move_line line ON line.move_id = move.id
    JOIN account_account account ON account.id = line.account_id
    WHERE move.state = 'posted' AND move.move_type = 'entry'
    GROUP BY move.id
    HAVING bool_or(account.account_type IN ('asset_receivable', 'liability_payable'))
    ORDER BY move.id
"""


def cents(amount: Decimal | None) -> int:
    """Exact: the books hold two decimals."""
    scaled = (amount or Decimal(0)) * 100
    if scaled != int(scaled):
        raise ValueError(f"{amount} is no whole number of cents")
    return int(scaled)


def read_ledger(cluster: Cluster, firm: Firm) -> Ledger:
    receivables: dict[Key, int] = {}
    payables: dict[Key, int] = {}
    blocked = set()
    with cluster.cursor(firm.database) as cr:
        cr.execute(_INVOICES)
        for kind, name, ref, payment_state, siret, residual in cr.fetchall():
            other = (siret or "")[:9]
            if other not in BY_SIREN:
                continue
            sold = kind == "out_invoice"
            key = Key(firm.siren, other, name) if sold else Key(other, firm.siren, ref)
            (receivables if sold else payables)[key] = cents(residual if sold else -residual)
            if payment_state == "blocked":
                blocked.add(key)
        cr.execute(_ENTRIES)
        entries = tuple(Entry(name, ref, *map(cents, amounts)) for name, ref, *amounts in cr.fetchall())
    return Ledger(firm, receivables, payables, frozenset(blocked), entries)


def read_ledgers(cluster: Cluster) -> dict[str, Ledger]:
    """By SIREN."""
    return {firm.siren: read_ledger(cluster, firm) for firm in FIRMS}


def agreed(ledgers: Mapping[str, Ledger]) -> dict[Key, int]:
    """What both parties' books say is owed and neither disputes: the smaller open amount of the two sides."""
    result = {}
    for ledger in ledgers.values():
        for key, receivable in ledger.receivables.items():
            debtor = ledgers[key.debtor]
            if key in debtor.payables and key not in ledger.blocked | debtor.blocked:
                result[key] = min(receivable, debtor.payables[key])
    return result


class RoundLine(NamedTuple):
    """An obligation in a round, as the engine's tables have it; cents."""

    key: Key
    ceiling: int
    proposed: int
    final_ceiling: int | None
    set_off: int | None
    #: What either party approved; 0 for one that refused or kept silent.
    creditor_approved: int
    debtor_approved: int


class Notice(NamedTuple):
    firm: Firm
    number: int
    jws: str
    acknowledged: bool
    booked: list[dict[str, Any]]


_APPROVED = """
    coalesce((SELECT mine.approved FROM statement_line mine JOIN statement s ON s.id = mine.statement_id
              WHERE mine.line_id = line.id AND mine.side = '{side}' AND s.state IN ('approved', 'decided')), 0)
"""
_LINES = f"""
    SELECT line.creditor, line.debtor, line.number, line.ceiling, line.proposed, line.final_ceiling, line.set_off,
           {_APPROVED.format(side="receivable")}, {_APPROVED.format(side="payable")}
    FROM round_line line WHERE line.round = %s AND line.currency = 'EUR' ORDER BY 1, 2, 3
"""  # noqa: S608


def read_round(cluster: Cluster, number: int) -> list[RoundLine]:
    with cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute(_LINES, [number])
        return [RoundLine(Key(*row[:3]), *row[3:]) for row in cr.fetchall()]


def read_notices(cluster: Cluster, round_number: int) -> list[Notice]:
    with cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute(
            "SELECT member.identifier, notice.number, jws, acknowledged_at IS NOT NULL, booked"
            " FROM notice JOIN member ON member.id = member_id WHERE round = %s ORDER BY 1, 2",
            [round_number],
        )
        return [Notice(BY_SIREN[row[0]], *row[1:4], row[4] or []) for row in cr.fetchall()]
