from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount


# pylint: disable=consider-merging-classes-inherited; what is done about a discrepancy is a matter of its own
class BizoverbizDiscrepancy(models.Model):
    """One click from a discrepancy to what settles it."""

    _inherit = "bizoverbiz.discrepancy"

    is_disputed_here = fields.Boolean(compute="_compute_own_dispute", compute_sudo=True)
    own_dispute = fields.Char("Your Dispute", compute="_compute_own_dispute", compute_sudo=True)

    @api.depends(
        "move_id.bizoverbiz_dispute_status",
        "move_id.bizoverbiz_dispute_reason_id",
        "move_id.bizoverbiz_dispute_note",
        "move_id.payment_state",
    )
    @api.depends_context("lang")
    def _compute_own_dispute(self):
        for discrepancy in self:
            move = discrepancy.move_id
            words = ": ".join(filter(None, (move.bizoverbiz_dispute_reason_id.name, move.bizoverbiz_dispute_note)))
            blocked = move.payment_state == "blocked" and self.env._("blocked for payment")
            discrepancy.is_disputed_here = bool(move.bizoverbiz_dispute_status or blocked)
            discrepancy.own_dispute = words or blocked

    def _check_may_work(self):
        """:raises AccessError: unless the user keeps the books"""
        self.env["bizoverbiz.membership"]._check_group("account.group_account_invoice")

    def action_open_invoice(self):
        """The invoice behind the line; where it is missing, what bears its number, or else the partner's invoices."""
        self.ensure_one()
        if found := self.move_id or self._find_documents():
            return found[0].get_formview_action() if len(found) == 1 else found._get_records_action()
        receivable = self.side == "receivable"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type" if receivable else "account.action_move_in_invoice_type"
        )
        return {
            **action,
            "domain": [("move_type", "=", self._move_type())],
            "context": {
                "default_move_type": self._move_type(),
                "default_partner_id": self.partner_id.id,
                "search_default_partner_id": self.partner_id.id,
            },
        }

    def _move_type(self):
        return "out_invoice" if self.side == "receivable" else "in_invoice"

    def _find_documents(self):
        """Documents of these books with the line's partner and number, drafts and cancelled ones too."""
        self.ensure_one()
        if not self.partner_id or not self.number:
            return self.env["account.move"]
        return self.env["account.move"].search(
            Domain("company_id", "child_of", self.company_id.id)
            & Domain("move_type", "=", self._move_type())
            & Domain("commercial_partner_id", "=", self.partner_id.commercial_partner_id.id)
            & (Domain("name", "=", self.number) | Domain("ref", "=", self.number))
        )

    # A bill that is missing here

    def action_create_bill(self):
        """Draft the missing bill with the vendor's data, or open the one that bears its number already.

        :raises AccessError: unless the user keeps the books
        :raises UserError: if nothing is missing here, or the vendor is not among the contacts
        """
        self._check_may_work()
        self.ensure_one()
        if self.side != "payable" or not self.is_missing_here:
            raise UserError(self.env._("No bill of number %s is missing in your books.", self.number))
        self._check_partner()
        bill = self._find_documents()[:1] or self._draft_bill()
        return bill.get_formview_action()

    def _draft_bill(self):
        company = self.env.company if self.env.company.root_id == self.company_id else self.company_id
        bill = self.env["account.move"].with_company(company).create(self._prepare_bill())
        bill.invoice_line_ids = [Command.create(self._prepare_bill_line(bill))]
        bill.message_post(
            body=self.env._(
                "Drafted from what %(partner)s declares to the network: %(amount)s open on its invoice %(number)s. "
                "Compare amounts, taxes and accounts with the invoice itself before posting.",
                partner=self.partner_id.name,
                amount=format_amount(self.env, self.their_amount, self.currency_id),
                number=self.number,
            )
        )
        return bill

    def _prepare_bill(self):
        return {
            "move_type": "in_invoice",
            "partner_id": self.partner_id.id,
            "ref": self.number,
            "invoice_date": self.issue_date,
            "invoice_payment_term_id": False,
            "invoice_date_due": self.due_date or self.issue_date,
            "currency_id": self.currency_id.id,
        }

    def _prepare_bill_line(self, bill):
        """One line whose total is what the vendor declares, on the account and with the taxes usual for it."""
        count, account_id, tax_ids = bill._get_frequent_account_and_taxes(
            bill.company_id.id, bill.partner_id.id, bill.move_type
        )
        if count:
            taxes = self.env["account.tax"].browse(tax_ids or ())
        else:
            account = bill.journal_id.default_account_id
            account_id = account.id
            taxes = account.tax_ids.filtered(lambda tax: tax.type_tax_use == "purchase")
            taxes = bill.fiscal_position_id.map_tax(taxes or bill.company_id.account_purchase_tax_id)
        price = self.their_amount
        if not all(taxes.mapped("price_include")):
            price = taxes.with_context(force_price_include=True).compute_all(price, self.currency_id)["total_excluded"]
        return {
            "name": self.env._("As declared by %s", self.partner_id.name),
            "account_id": account_id,
            "tax_ids": [Command.set(taxes.ids)],
            "price_unit": price,
        }

    # A message to the partner

    def action_message_partner(self):
        """Write to the partner, in its language, what disagrees and what is asked of it."""
        self.check_access("read")
        self.ensure_one()
        self._check_partner()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Message to %s", self.partner_id.name),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": self.env.ref("bizoverbiz_compensation.mail_template_discrepancy").id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }

    def _check_partner(self):
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "None of your contacts is %(identifier)s: create it with this SIREN or VAT number and exchange "
                    "again.",
                    identifier=self.counterpart,
                )
            )

    # Disputes

    def action_dispute(self):
        """Mark a dispute on the invoice behind the line, or change it; proposes the difference as its amount."""
        self._check_may_work()
        self.ensure_one()
        if not self.move_id:
            raise UserError(
                self.env._(
                    "%s is not posted in your books: enter it first, then dispute it. The other side learns why.",
                    self.number,
                )
            )
        action = self.move_id.action_bizoverbiz_dispute()
        if self.kind == "amounts-differ" and self.difference > 0 and not self.is_disputed_here:
            action["context"]["default_amount"] = min(self.difference, self.move_id.amount_residual)
        return action

    def action_lift_dispute(self):
        self._check_may_work()
        return self.move_id.action_bizoverbiz_lift_dispute()
