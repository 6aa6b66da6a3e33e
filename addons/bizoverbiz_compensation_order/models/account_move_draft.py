from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import format_date


# pylint: disable=consider-merging-classes-inherited; drafts that stand behind a commitment are a matter of their own
class AccountMove(models.Model):
    """A draft invoice or bill behind a commitment, which becomes the final one and deducts its deposits."""

    _name = "account.move"
    _inherit = ["account.move", "bizoverbiz.commitment.mixin"]

    def _bizoverbiz_agreed(self):
        """A draft of one order registers the order."""
        orders = self._bizoverbiz_orders()
        return orders[0].sudo(self.env.su) if len(orders) == 1 else self

    def _bizoverbiz_commitments(self):
        return self._bizoverbiz_drafted()

    def _bizoverbiz_orders(self):
        """:return: list of the sales and purchase orders that the document invoices"""
        lines = self.sudo().invoice_line_ids
        return [*lines.sale_line_ids.order_id, *lines.purchase_line_id.order_id]

    def _bizoverbiz_drafted(self):
        """Commitments behind which these documents stand."""
        return self.env["bizoverbiz.commitment"].sudo().search([("invoice_id", "in", self.ids)])

    # Deposits

    def _bizoverbiz_deposit_base_lines(self, amount):
        """A deposit on the draft, split by VAT rate as the draft is, to the cent.

        :param float amount: taxes included
        :return: base lines as ``account.tax`` has them
        """
        commitments = self._bizoverbiz_drafted()
        base_lines = [
            self._prepare_product_base_line_for_taxes_computation(line) for line in commitments._agreed_lines(self)
        ]
        return self.env["account.tax"]._bizoverbiz_deposit_base_lines(
            base_lines, self.company_id, amount, f"draft,{self.id},{len(commitments.move_ids)}"
        )

    def _bizoverbiz_draft_deposit(self, amount):
        """A draft deposit invoice on this draft invoice, as sale's down payments make one on an order."""
        self.ensure_one()
        return self.create(
            {
                "move_type": self.move_type,
                "partner_id": self.partner_id.id,
                "partner_shipping_id": self.partner_shipping_id.id,
                "fiscal_position_id": self.fiscal_position_id.id,
                "journal_id": self.journal_id.id,
                "currency_id": self.currency_id.id,
                "invoice_user_id": self.invoice_user_id.id,
                "invoice_line_ids": [
                    Command.create(self._bizoverbiz_prepare_deposit_line(base_line))
                    for base_line in self._bizoverbiz_deposit_base_lines(amount)
                ],
            }
        )

    def _bizoverbiz_prepare_deposit_line(self, base_line):
        return {
            "quantity": base_line["quantity"],
            "price_unit": base_line["price_unit"],
            "tax_ids": [Command.set(base_line["tax_ids"].ids)],
            "extra_tax_data": self.env["account.tax"]._export_base_line_extra_tax_data(base_line),
            "account_id": (self.company_id.downpayment_account_id or base_line["account_id"]).id,
            "is_downpayment": True,
        }

    def _bizoverbiz_deduct_deposits(self):
        """Lines below zero, one a deposit and VAT rate; those of a deposit that no longer stands are removed."""
        for final in self:
            deposits = final._bizoverbiz_drafted()._standing_deposits()
            invoiced = deposits.invoice_line_ids.filtered(lambda line: line.display_type == "product")
            known = final.invoice_line_ids.filtered("bizoverbiz_deposit_line_id")
            stale = known.filtered(lambda line, invoiced=invoiced: line.bizoverbiz_deposit_line_id not in invoiced)
            missing = invoiced - known.bizoverbiz_deposit_line_id
            if stale or missing:
                deductions = [Command.create(final._bizoverbiz_prepare_deduction(line)) for line in missing]
                final.write({"invoice_line_ids": [*(Command.delete(line.id) for line in stale), *deductions]})

    def _bizoverbiz_prepare_deduction(self, line):
        """:param line: the deposit's line"""
        deposit = line.move_id
        lang = self.partner_id.lang if self.is_sale_document() else None
        env = self.with_context(lang=lang or self.env.lang).env
        return {
            "name": env._(
                "Deposit deducted: invoice %(number)s of %(date)s",
                number=deposit.name if deposit.is_sale_document() else deposit.ref,
                date=format_date(env, deposit.invoice_date),
            ),
            "quantity": -line.quantity,
            "price_unit": line.price_unit,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "extra_tax_data": self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data(line.extra_tax_data),
            "account_id": line.account_id.id,
            "is_downpayment": True,
            "bizoverbiz_deposit_line_id": line.id,
            # After the lines that are invoiced.
            "sequence": max(self.invoice_line_ids.mapped("sequence"), default=0) + 1,
        }

    def _is_downpayment(self):
        """A deposit on a draft has no order's lines: its own say that they are one."""
        if super()._is_downpayment():
            return True
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return bool(self.bizoverbiz_commitment_id and lines) and all(lines.mapped("is_downpayment"))

    # Steps of the documents

    def _post(self, soft=True):
        """The final document deducts what was invoiced before; a deposit or its credit note is told to the draft."""
        self._bizoverbiz_drafted().invoice_id.filtered(lambda move: move in self)._bizoverbiz_deduct_deposits()
        posted = super()._post(soft)
        posted._bizoverbiz_update_drafts()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._bizoverbiz_update_drafts()
        return result

    def _bizoverbiz_update_drafts(self):
        drafts = self.bizoverbiz_commitment_id.sudo().invoice_id.filtered(lambda move: move.state == "draft")
        drafts._bizoverbiz_deduct_deposits()

    def button_cancel(self):
        """The agreed sale is off: nothing more of it may be set off, and the seller credits what was."""
        result = super().button_cancel()
        for commitment in self._bizoverbiz_drafted():
            commitment._withdraw_cancelled()
            if commitment.side == "receivable":
                for credit in commitment._standing_deposits()._bizoverbiz_credit_deposits():
                    commitment.invoice_id.message_post(
                        body=commitment.env._(
                            "The deposit that was set off is credited by %(credit)s. What was set off is owed back: it "
                            "is declared to the network under the credit note's number.",
                            credit=credit._get_html_link(),
                        )
                    )
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_set_off_before(self):
        for commitment in self._bizoverbiz_drafted():
            if commitment.notice_line_ids or commitment.statement_line_ids:
                raise UserError(
                    self.env._(
                        "%(move)s stands behind commitment %(commitment)s, which was proposed for set-off: cancel it "
                        "instead of deleting it.",
                        move=commitment.invoice_id.display_name,
                        commitment=commitment.display_name,
                    )
                )

    def unlink(self):
        """Nothing of a draft that is gone may be set off."""
        commitments = self._bizoverbiz_drafted()
        result = super().unlink()
        for commitment in commitments:
            commitment._withdraw_cancelled()
        return result
