from typing import NamedTuple

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_compensation.models.bizoverbiz_notice_booking import BookingBlockedError, EntryItem
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date
from stdnum.iso7064 import mod_37_36


class DepositAccount(NamedTuple):
    """Where a deposit paid is booked before there is a bill."""

    account_id: models.BaseModel
    partner_id: models.BaseModel
    company_id: models.BaseModel


class BizoverbizNoticeLine(models.Model):
    """A line about a commitment: the seller invoices what was set off as a deposit, the buyer books a deposit paid."""

    _inherit = "bizoverbiz.notice.line"

    commitment_id = fields.Many2one("bizoverbiz.commitment", readonly=True, index="btree_not_null", ondelete="restrict")

    @api.depends("commitment_id", "move_id")
    def _compute_excess(self):
        """A deposit paid stays open until its bill arrives: that is no excess."""
        paid = self.filtered(lambda line: line._is_deposit_paid())
        paid.excess = 0.0
        return super(BizoverbizNoticeLine, self - paid)._compute_excess()

    @api.model
    def _prepare_values(self, membership, line, statement_lines, currency, moves):
        values = super()._prepare_values(membership, line, statement_lines, currency, moves)
        return {**values, "commitment_id": membership._commitment_of_line(line).id}

    def _is_deposit_paid(self):
        return self._is_deposit() and self.side == "payable"

    def _is_deposit_received(self):
        return self._is_deposit() and self.side == "receivable"

    def _is_deposit(self):
        """What was invoiced in the meantime takes the set-off itself."""
        return bool(self.commitment_id) and (not self.move_id or self.move_id._bizoverbiz_is_deposit())

    # Booking

    def _require_invoice(self):
        """:raises BookingBlockedError: if the order behind a commitment is not there or cannot bear the deposit"""
        if self.notice_id.kind == "reversal" or not self.commitment_id:
            return super()._require_invoice()
        if self.commitment_id.invoice_id.state == "posted":
            self.move_id = self.commitment_id.invoice_id
        elif not self.move_id:
            self.move_id = self.commitment_id._posted_final(self.set_off)
        if self.move_id and not self._is_deposit():
            return super()._require_invoice()
        self._require_order()
        if self._is_deposit_paid():
            self._require_deposit_account()
        elif not self.move_id:
            self.move_id = self._draft_deposit()
        return None

    def _require_order(self):
        order = self.commitment_id._agreed_order()
        if order._name == "account.move" and order.state == "cancel":
            raise BookingBlockedError(
                self.env._(
                    "%(amount)s of commitment %(reference)s was set off, and its draft invoice or bill is cancelled: "
                    "reset it to draft, and book again.",
                    amount=format_amount(self.env, self.set_off, self.currency_id),
                    reference=self.number,
                ),
                "invoice",
            )
        if not order or order.state == "cancel":
            raise BookingBlockedError(
                self.env._(
                    "%(amount)s of commitment %(reference)s was set off, and there is no order behind it any more: "
                    "confirm the order again, and book.",
                    amount=format_amount(self.env, self.set_off, self.currency_id),
                    reference=self.number,
                ),
                "invoice",
            )

    def _require_deposit_account(self):
        company = self.commitment_id._agreed_order().company_id
        company._bizoverbiz_ensure_deposit_accounts()
        if not company.bizoverbiz_deposit_account_id:
            raise BookingBlockedError(
                self.env._(
                    "Choose the account of deposits paid of %(company)s (Settings > Invoicing > BizOverBiz), and book "
                    "again.",
                    company=company.name,
                ),
                "invoice",
            )

    def _booking_items(self):
        nothing = self.env["account.partial.reconcile"]
        if self._is_deposit_paid() and self.notice_id.kind == "netting":
            order = self.commitment_id._agreed_order()
            source = DepositAccount(
                order.company_id.bizoverbiz_deposit_account_id,
                order.partner_id.commercial_partner_id,
                order.company_id,
            )
            return [EntryItem(self, source, self.set_off, self.env["account.move.line"], nothing)]
        items = super()._booking_items()
        if self._is_deposit_received() and self.move_id.state == "draft":
            # It is posted before anything is reconciled with it.
            for item in items:
                item.settles = item.source
        return items

    # The deposit invoice

    def _draft_deposit(self):
        """The deposit invoice of what was set off: the final invoice deducts it.

        :raises BookingBlockedError: if the order or draft cannot bear it
        """
        order = self.commitment_id._agreed_order()
        order.company_id._bizoverbiz_ensure_deposit_accounts()
        partner = order.partner_id if order._name == "account.move" else order.partner_invoice_id
        order = order.with_company(order.company_id).with_context(lang=partner.lang)
        make = self._deposit_on_draft if order._name == "account.move" else self._deposit_on_order
        invoice = make(order)
        name = self.commitment_id._agreed_name()
        invoice.write(self._prepare_deposit(invoice, order))
        for line in invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            line.name = self._designation(order, line)
        if invoice.currency_id.compare_amounts(invoice.amount_total, self.set_off):
            raise BookingBlockedError(
                self.env._(
                    "The deposit invoice on %(order)s would be over %(total)s, and %(amount)s was set off: check the "
                    "order's taxes.",
                    order=name,
                    total=format_amount(self.env, invoice.amount_total, invoice.currency_id),
                    amount=format_amount(self.env, self.set_off, self.currency_id),
                ),
                "invoice",
            )
        return invoice

    def _deposit_on_order(self, order):
        """By sale's own down payments."""
        wizard = self.env["sale.advance.payment.inv"].with_env(order.env)
        try:
            return wizard.create(
                {
                    "sale_order_ids": [Command.set(order.ids)],
                    "advance_payment_method": "fixed",
                    "fixed_amount": self.set_off,
                }
            )._create_invoices(order)
        except UserError as error:
            raise BookingBlockedError(
                self.env._("No deposit invoice can be made on %(order)s: %(reason)s", order=order.name, reason=error),
                "invoice",
            ) from error

    def _deposit_on_draft(self, draft):
        if draft.currency_id.compare_amounts(self.set_off, draft.amount_total) > 0:
            raise BookingBlockedError(
                self.env._(
                    "%(amount)s of commitment %(reference)s was set off, and its draft invoice is over %(total)s only: "
                    "complete the draft, and book again.",
                    amount=format_amount(self.env, self.set_off, self.currency_id),
                    reference=self.number,
                    total=format_amount(self.env, draft.amount_total, draft.currency_id),
                ),
                "invoice",
            )
        return draft._bizoverbiz_draft_deposit(self.set_off)

    def _prepare_deposit(self, invoice, order):
        day = self.notice_id.booking_date or self.notice_id.decision_date
        told = {
            "reference": self.number,
            "day": format_date(order.env, self.notice_id.decision_date),
            "notice": self.notice_id.reference,
        }
        if order._name == "account.move":
            said = order.env._(
                "Deposit invoice on the sale agreed on %(date)s, commitment %(reference)s. Settled by set-off on "
                "%(day)s, notice %(notice)s: nothing remains to be paid on it.",
                date=format_date(order.env, self.commitment_id.agreed_on),
                **told,
            )
        else:
            said = order.env._(
                "Deposit invoice on order %(order)s of %(date)s, commitment %(reference)s. Settled by set-off on "
                "%(day)s, notice %(notice)s: nothing remains to be paid on it.",
                order=order.name,
                date=format_date(order.env, order.date_order),
                **told,
            )
        return {
            "invoice_date": day,
            "invoice_payment_term_id": False,
            "invoice_date_due": day,
            "narration": said,
            "bizoverbiz_commitment_id": self.commitment_id.id,
        }

    def _designation(self, order, line):
        """What the deposit is paid for: the lines of the order or draft at this line's taxes."""
        lines = self.commitment_id._agreed_lines(order)
        supplied = lines.filtered(lambda one: one.tax_ids == line.tax_ids)
        return order.env._(
            "Deposit on %(order)s: %(supply)s",
            order=self.commitment_id._agreed_name(),
            supply=", ".join(self.commitment_id._line_text(one) for one in supplied),
        )

    # After a new installation

    def _is_about_commitment(self):
        """Also where the commitment is not in these books any more: a reference checks itself."""
        return bool(self.commitment_id) or (len(self.number or "") == 13 and mod_37_36.is_valid(self.number))

    def _items_in(self, moves):
        """What books a commitment is known by the reference: a deposit paid stands on another account than 401."""
        found = moves.line_ids.filtered(lambda item: f" {self.number}," in (item.name or ""))
        if not self._is_about_commitment() or not found:
            return super()._items_in(moves)
        settled = (found.matched_debit_ids.debit_move_id | found.matched_credit_ids.credit_move_id).move_id
        self.move_id = self.move_id or settled.filtered(lambda move: move.is_invoice())[:1]
        if self.commitment_id and self.move_id and not self.move_id.bizoverbiz_commitment_id:
            self.move_id.bizoverbiz_commitment_id = self.commitment_id
        return found
