from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from odoo import api, models
from odoo.fields import Domain

#: By account type: what an invoice is, and whether a payment of the partner's kind settles it.
SIDES = {
    "asset_receivable": ("out_invoice", "customer", "inbound"),
    "liability_payable": ("in_invoice", "supplier", "outbound"),
}


#: What is read of all invoices at once, whatever their number.
FETCHED = (
    "amount_total",
    "bizoverbiz_dispute_note",
    "bizoverbiz_dispute_reason_id",
    "bizoverbiz_dispute_status",
    "bizoverbiz_disputed",
    "bizoverbiz_withheld",
    "bizoverbiz_withheld_amount",
    "commercial_partner_id",
    "company_id",
    "currency_id",
    "invoice_date",
    "invoice_date_due",
    "journal_id",
    "move_type",
    "name",
    "partner_id",
    "payment_state",
    "ref",
)


@dataclass(frozen=True)
class Portion:
    """What is open of an invoice on one account and due on one day."""

    account: object
    due_date: object
    #: In the invoice's currency, positive.
    residual: float


@dataclass
class OpenInvoice:
    """An invoice or bill as the books have it, and what stands against it without being reconciled yet.

    All portions are there before anything is asked: what is computed of them is kept.
    """

    move: object
    portions: list = field(default_factory=list)
    #: (credit note, entry or payment, amount) taken off, in this order.
    credits: list = field(default_factory=list)
    #: What the company's rules and switches hold back, see ``bizoverbiz.declaration.rule``.
    holds: list = field(default_factory=list)

    @cached_property
    def residual(self):
        """Open in the ledger, positive, in the invoice's currency."""
        return self.move.currency_id.round(sum(portion.residual for portion in self.portions))

    @cached_property
    def due_date(self):
        return min((portion.due_date for portion in self.portions if portion.due_date), default=None)

    @cached_property
    def open(self):
        """What the partner still owes, or is owed, once the credits are counted; ``take`` keeps it up to date."""
        return self.residual

    @property
    def is_private(self):
        """Whether nothing of it leaves the books."""
        return any(hold.encumbrance is None for hold in self.holds)

    @property
    def held(self):
        """What of ``open`` is not offered for set-off."""
        if any(hold.amount is None for hold in self.holds):
            return max(self.open, 0.0)
        total = self.move.currency_id.round(sum(hold.amount for hold in self.holds))
        return max(min(self.open, total), 0.0)

    def take(self, record, amount):
        """Take off as much of a credit as fits; returns what is left of it."""
        taken = self.move.currency_id.round(min(amount, self.open))
        if taken > 0:
            self.credits.append((record, taken))
            self.open = self.move.currency_id.round(self.open - taken)
        return amount - max(taken, 0)


class BizoverbizOpenInvoice(models.AbstractModel):
    """Open invoices less the credits that Odoo has not reconciled with them.

    A credit note takes off the invoice it was made for; whatever is left of it, credit notes without an invoice and
    unallocated payments take off the partner's oldest invoices in the same currency (Code civil, article 1342-10); a
    payment registered without an entry takes off the invoices it was registered on. Nothing is reconciled by this: it
    only keeps what is not owed any more out of what the network is told.
    """

    _name = "bizoverbiz.open.invoice"
    _description = "Open Invoices Less Credits"

    @api.model
    def _list(self, company, partners=None):
        """Open invoices and bills of the company and its branches, oldest due first.

        The instalments of an invoice are one obligation: they share the seller's number.

        :param partners: commercial partners to look at; None for all
        :rtype: list[OpenInvoice]
        """
        scope = Domain("company_id", "child_of", company.id)
        if partners is not None:
            scope &= Domain("partner_id.commercial_partner_id", "in", partners.ids)
        invoices = self._invoices(scope)
        by_move = {invoice.move: invoice for invoice in invoices}
        oldest = defaultdict(list)
        for invoice in invoices:
            oldest[
                self._key(invoice.move.commercial_partner_id, invoice.move.move_type, invoice.move.currency_id)
            ].append(invoice)
        pooled = [*self._take_linked(scope, by_move), *self._unlinked_payments(scope)]
        for key, record, amount in pooled:
            for invoice in oldest[key]:
                amount = invoice.take(record, amount)
        self.env["bizoverbiz.declaration.rule"]._apply(company, invoices)
        return invoices

    @api.model
    def _supported(self, moves):
        """What the books let be set off on each invoice today: what is open, neither disputed nor withheld.

        :rtype: dict[account.move, float]
        """
        supported = dict.fromkeys(moves, 0.0)
        for company, own in moves.grouped(lambda move: move.company_id.root_id).items():
            for invoice in self._list(company, own.commercial_partner_id):
                if invoice.move in supported:
                    free = invoice.open - invoice.held - invoice.move._bizoverbiz_disputed_part(invoice.open)
                    supported[invoice.move] = max(invoice.move.currency_id.round(free), 0.0)
        return supported

    @api.model
    def _key(self, partner, move_type, currency):
        return partner.id, move_type, currency.id

    @api.model
    def _open_lines(self, scope):
        return scope & Domain(
            [
                ("parent_state", "=", "posted"),
                ("account_type", "in", list(SIDES)),
                ("account_id.bizoverbiz_retention", "=", False),
                ("reconciled", "=", False),
            ]
        )

    @api.model
    def _invoices(self, scope):
        groups = self.env["account.move.line"]._read_group(
            self._open_lines(scope) & self._obligations(),
            ["move_id", "account_id", "date_maturity:day"],
            ["amount_residual_currency:sum"],
        )
        moves = self.env["account.move"].browse(dict.fromkeys(move.id for move, *_rest in groups))
        moves.fetch(self._fetched_fields())
        moves.commercial_partner_id.fetch(["bizoverbiz_identifier", "name"])
        invoices = {move: OpenInvoice(move) for move in moves}
        for move, account, due_date, residual in groups:
            invoices[move].portions.append(Portion(account, due_date or None, -move.direction_sign * residual))
        return sorted(invoices.values(), key=lambda invoice: (str(invoice.due_date or ""), invoice.move.id))

    @api.model
    def _obligations(self):
        """Journal items of documents that are declared each by itself; all others only reduce those."""
        return Domain("move_id.move_type", "in", ("out_invoice", "in_invoice"))

    @api.model
    def _fetched_fields(self):
        """Fields of invoices that are read in one query; Odoo would otherwise read them a thousand at a time."""
        return FETCHED

    @api.model
    def _take_linked(self, scope, by_move):
        """Take off what is known to concern one invoice; yields (key, credit, amount) of what is left, oldest first."""
        for payment in self._payments(scope & Domain("state", "in", ("in_process", "paid"))):
            left = payment.amount
            for move in payment.invoice_ids.sorted(lambda move: (str(move.invoice_date_due or ""), move.id)):
                if left and (invoice := by_move.get(move)):
                    offered = payment.currency_id._convert(left, move.currency_id, payment.company_id, payment.date)
                    left *= invoice.take(payment, offered) / offered if offered else 0
        credits = self.env["account.move.line"].search_fetch(
            self._open_lines(scope) & ~self._obligations() & Domain("partner_id", "!=", False),
            ["account_type", "amount_residual_currency", "currency_id", "move_id", "partner_id"],
            order="date, id",
        )
        credits.move_id.fetch(["name", "partner_id", "ref", "move_type", "reversed_entry_id", "state"])
        for line in credits:
            receivable = line.account_type == "asset_receivable"
            amount = -line.amount_residual_currency if receivable else line.amount_residual_currency
            if amount <= 0:
                continue
            if invoice := by_move.get(line.move_id.reversed_entry_id):
                amount = invoice.take(line.move_id, amount)
            if amount > 0:
                move_type = SIDES[line.account_type][0]
                yield (
                    self._key(line.partner_id.commercial_partner_id, move_type, line.currency_id),
                    line.move_id,
                    amount,
                )

    @api.model
    def _unlinked_payments(self, scope):
        for payment in self._payments(scope & Domain("state", "=", "in_process")).filtered(
            lambda one: not one.invoice_ids
        ):
            for move_type, partner_type, payment_type in SIDES.values():
                if (payment.partner_type, payment.payment_type) == (partner_type, payment_type):
                    key = self._key(payment.partner_id.commercial_partner_id, move_type, payment.currency_id)
                    yield key, payment, payment.amount

    @api.model
    def _payments(self, scope):
        """Payments registered without an entry: the ledger does not know them."""
        return self.env["account.payment"].search(
            scope & Domain("move_id", "=", False) & Domain("partner_id", "!=", False), order="date, id"
        )
