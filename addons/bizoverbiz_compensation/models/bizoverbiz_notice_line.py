from odoo import api, fields, models

from ..tools.minor_units import from_minor
from .bizoverbiz_notice_booking import BookingBlockedError, EntryItem


class BizoverbizNoticeLine(models.Model):
    _name = "bizoverbiz.notice.line"
    _description = "Set-off Notice Line"
    _order = "notice_id, side desc, due_date, number, id"
    _rec_name = "number"

    notice_id = fields.Many2one("bizoverbiz.notice", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True)
    currency_id = fields.Many2one(related="notice_id.currency_id")
    uuid = fields.Char("Identifier", required=True, readonly=True)
    side = fields.Selection([("receivable", "Receivable"), ("payable", "Payable")], required=True, readonly=True)
    counterpart = fields.Char("Partner's Identifier", readonly=True)
    counterpart_name = fields.Char("Partner", readonly=True)
    number = fields.Char("Invoice Number", readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, index=True, ondelete="restrict")
    statement_line_id = fields.Many2one("bizoverbiz.statement.line", readonly=True)
    due_date = fields.Date(readonly=True)
    set_off = fields.Monetary(readonly=True)
    remaining = fields.Monetary(readonly=True)
    item_ids = fields.One2many(
        "account.move.line", "bizoverbiz_notice_line_id", "Journal Items", readonly=True, help="What books this line."
    )
    excess = fields.Monetary(
        compute="_compute_excess",
        store=True,
        help="What the invoice could not take any more and is still open on the partner's account.",
    )

    @api.depends("item_ids.amount_residual_currency")
    def _compute_excess(self):
        for line in self:
            line.excess = sum(abs(item.amount_residual_currency) for item in line.item_ids)

    @api.model
    def _prepare_values(self, membership, line, statement_lines, currency, moves):
        """:param dict statement_lines: what was answered, by identifier, side and counterpart"""
        digits = currency.decimal_places
        answered = statement_lines.get(
            (line["id"], line["side"], line["counterpart"]), self.env["bizoverbiz.statement.line"]
        )
        return {
            "uuid": line["id"],
            "side": line["side"],
            "counterpart": line["counterpart"],
            "counterpart_name": line.get("counterpart_name"),
            "number": line["number"],
            "move_id": (answered.move_id or membership._invoice_of_line(line, currency, moves)).id,
            "statement_line_id": answered.id,
            "due_date": line.get("due_date"),
            "set_off": from_minor(line["set_off"], digits),
            "remaining": from_minor(line["remaining"], digits),
        }

    def _find_invoice(self):
        """The one posted invoice of these books with the line's number, partner, side and currency, if there is one."""
        self.ensure_one()
        receivable = self.side == "receivable"
        found = (
            self.env["account.move"]
            .search(
                [
                    ("company_id", "child_of", self.company_id.id),
                    ("move_type", "=", "out_invoice" if receivable else "in_invoice"),
                    ("state", "=", "posted"),
                    ("currency_id", "=", self.currency_id.id),
                    ("name" if receivable else "ref", "=", self.number),
                ]
            )
            .filtered(lambda move: move.commercial_partner_id._bizoverbiz_identifier() == self.counterpart)
        )
        return found if len(found) == 1 else found.browse()

    def _require_invoice(self):
        """:raises BookingBlockedError: if the line's invoice is not in these books"""
        self.move_id = self.move_id or self._find_invoice()
        if not self.move_id:
            raise BookingBlockedError(
                self.env._(
                    "Invoice %(number)s of %(partner)s is not in these books: post it with this number, partner "
                    "and currency, and exchange again.",
                    number=self.number,
                    partner=self.counterpart_name or self.counterpart,
                ),
                "invoice",
            )

    def _booking_items(self):
        """:rtype: list[EntryItem]"""
        nothing = self.env["account.partial.reconcile"]
        items = []
        for term, amount in self._instalments():
            takes = not term.reconciled and term.parent_state == "posted"
            items.append(EntryItem(self, term, amount, term if takes else term.browse(), nothing))
        return items

    def _instalments(self):
        """The invoice's receivable or payable lines with what of the set-off falls on each, oldest due first.

        What the invoice cannot take any more falls on the last one, where it stays open.

        :return: list of (account.move.line, amount)
        """
        self.ensure_one()
        terms = self._terms().sorted(lambda line: (line.date_maturity or line.date, line.id))
        left, shares = self.set_off, []
        for term in terms:
            last = term == terms[-1]
            open_amount = abs(term.amount_residual_currency) if self.move_id.state == "posted" else 0.0
            share = left if last else min(left, open_amount)
            if not self.currency_id.is_zero(share):
                shares.append((term, share))
            left = self.currency_id.round(left - share)
        return shares

    def _terms(self):
        """Lines of the invoice that a set-off may fall on: not its retention money."""
        return self.move_id.line_ids.filtered(
            lambda line: (
                line.account_type in ("asset_receivable", "liability_payable")
                and not line.account_id.bizoverbiz_retention
            )
        )
