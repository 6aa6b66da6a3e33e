from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

#: Longest description that the network takes.
LONGEST = 200


# pylint: disable=consider-merging-classes-inherited; what stands behind a commitment has a file of its own
class BizoverbizCommitment(models.Model):
    """The order behind a commitment."""

    _inherit = "bizoverbiz.commitment"

    open_deposit = fields.Monetary("Deposit Waiting for Its Bill", compute="_compute_open_deposit", compute_sudo=True)

    def _agreed_order(self):
        """The sales or purchase order, which this addon's rights need not let the user read."""
        return self.sudo().sale_order_id or self.sudo().purchase_order_id

    @api.onchange("sale_order_id", "purchase_order_id")
    def _onchange_order(self):
        """An order tells what the commitment is about, unless the partner has told it already."""
        order = self._agreed_order()
        if order and not self.is_registered_there:
            self.update(self._prepare_content(order))

    @api.model
    def _prepare_content(self, order):
        """What an order says about the commitment."""
        receivable = order._name == "sale.order"
        agreed_on = (order.date_order if receivable else order.date_approve) or order.date_order
        delivered = (order.commitment_date if receivable else order.date_planned) or agreed_on
        day = max(agreed_on, delivered).date()
        term_lines = order.payment_term_id.line_ids
        partner = order.partner_invoice_id if receivable else order.partner_id
        lines = order.order_line.filtered(lambda line: not (line.display_type or line.is_downpayment))
        description = ", ".join([order.name, *(self._line_text(line) for line in lines)])
        return {
            "partner_id": partner.commercial_partner_id.id,
            "currency_id": order.currency_id.id,
            "amount": order.amount_total,
            "agreed_on": agreed_on.date(),
            "due_date": max((line._get_due_date(day) for line in term_lines), default=day),
            "description": description if len(description) <= LONGEST else f"{description[: LONGEST - 1]}…",
        }

    @api.model
    def _line_text(self, line):
        quantity = line.product_uom_qty if line._name == "sale.order.line" else line.product_qty
        return f"{quantity:g} × {' '.join((line.name or '').split())}"

    @api.model
    def _commit(self, order):
        """The open commitment of an order, drafted if there is none.

        :raises AccessError: unless the user is an approver
        :raises UserError: if the firm is in no network, the order is not agreed, or does not say what is sold
        """
        receivable = order._name == "sale.order"
        membership = order.company_id.root_id.sudo().bizoverbiz_membership_id
        membership._require_joined()
        known = order.sudo().bizoverbiz_commitment_ids.filtered(lambda one: one.state not in ("expired", "withdrawn"))
        if known:
            return known[0].sudo(self.env.su)
        membership.sudo(self.env.su)._check_group("bizoverbiz_network.group_approver")
        self._check_designated(order)
        return self.create(
            {
                "membership_id": membership.id,
                "side": "receivable" if receivable else "payable",
                "sale_order_id" if receivable else "purchase_order_id": order.id,
                **self._prepare_content(order.sudo()),
            }
        )

    @api.model
    def _check_designated(self, order):
        """VAT on a deposit is due only for a supply that is designated: each line says what it is about.

        :raises UserError: naming the line
        """
        order = order.sudo()
        if order.state not in ("sale", "purchase"):
            raise UserError(
                self.env._("%(order)s is not agreed yet: confirm it before you register it.", order=order.name)
            )
        lines = order.order_line.filtered(lambda line: not (line.display_type or line.is_downpayment))
        if not lines:
            raise UserError(self.env._("%(order)s has no line that says what is sold.", order=order.name))
        for number, line in enumerate(lines, start=1):
            if not line.product_id or not (line.name or "").strip():
                raise UserError(
                    self.env._(
                        "Line %(number)s of %(order)s, over %(amount)s, has no product or no description. What is set "
                        "off before invoicing is a deposit, and a deposit invoice has to say exactly what it is paid "
                        "for: complete the line.",
                        number=number,
                        order=order.name,
                        amount=format_amount(self.env, line.price_total, order.currency_id),
                    )
                )

    def _check_order(self):
        """:raises UserError: if there is no order behind it, or another one than it says"""
        order = self._agreed_order()
        if not order:
            raise UserError(
                self.env._(
                    "Choose the order behind the commitment: what is set off of it becomes a deposit on that order."
                )
            )
        self._check_designated(order)
        partner = order.partner_invoice_id if order._name == "sale.order" else order.partner_id
        if partner.commercial_partner_id != self.partner_id.commercial_partner_id:
            raise UserError(
                self.env._(
                    "%(order)s is with %(other)s, not with %(partner)s.",
                    order=order.name,
                    other=partner.commercial_partner_id.name,
                    partner=self.partner_id.name,
                )
            )
        if order.currency_id != self.currency_id or self.currency_id.compare_amounts(self.amount, order.amount_total):
            raise UserError(
                self.env._(
                    "The commitment is over %(amount)s and %(order)s over %(total)s. Both sides register the order's "
                    "total, taxes included: settle the difference with your partner first.",
                    amount=format_amount(self.env, self.amount, self.currency_id),
                    order=order.name,
                    total=format_amount(self.env, order.amount_total, order.currency_id),
                )
            )

    # Buttons

    def action_open_order(self):
        self.ensure_one()
        order = self.sale_order_id or self.purchase_order_id
        return order.get_formview_action()

    def action_open_documents(self):
        self.ensure_one()
        return self.move_ids._get_records_action(name=self.env._("Documents of %s", self.display_name))

    def action_share(self):
        """Write the reference to the partner, in its language."""
        self.check_access("read")
        self.ensure_one()
        if not self.reference:
            raise UserError(self.env._("Register the commitment first: the network makes its reference."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Message to %s", self.partner_id.name),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": self.env.ref("bizoverbiz_compensation_order.mail_template_commitment").id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }

    def action_draft_deposit_bill(self):
        """Draft the bill of what was set off, split by VAT rate as the order is; its number is the vendor's."""
        self.env["bizoverbiz.membership"]._check_group("account.group_account_invoice")
        self.check_access("read")
        self.ensure_one()
        if self.side != "payable" or not self._open_deposit():
            raise UserError(
                self.env._("Nothing of %s waits on the account of deposits paid for a bill.", self.display_name)
            )
        return self.sudo()._draft_deposit_bill().sudo(False).get_formview_action()

    # What stands on the account of deposits paid

    def _deposit_items(self):
        """Journal items by which set-offs of it wait on the account of deposits paid."""
        return self.sudo().notice_line_ids.item_ids.filtered(
            lambda item: (
                item.parent_state == "posted"
                and item.account_type not in ("asset_receivable", "liability_payable")
                and item.amount_residual_currency > 0
            )
        )

    @api.depends("notice_line_ids.item_ids.amount_residual_currency")
    def _compute_open_deposit(self):
        for commitment in self:
            commitment.open_deposit = commitment._open_deposit()

    def _open_deposit(self):
        return sum(self._deposit_items().mapped("amount_residual_currency"))

    def _draft_deposit_bill(self):
        order = self.purchase_order_id
        base_lines = order._bizoverbiz_deposit_base_lines(self._open_deposit())
        bill = self.env["account.move"].with_company(order.company_id)
        bill = bill.create(
            {
                "move_type": "in_invoice",
                "partner_id": order.partner_id.id,
                "currency_id": self.currency_id.id,
                "invoice_origin": order.name,
                "invoice_payment_term_id": False,
                "invoice_date": fields.Date.context_today(self),
                "bizoverbiz_commitment_id": self.id,
                "invoice_line_ids": [
                    fields.Command.create(self._prepare_deposit_bill_line(base_line)) for base_line in base_lines
                ],
            }
        )
        bill._bizoverbiz_make_deposit_bill()
        return bill

    def _prepare_deposit_bill_line(self, base_line):
        return {
            "name": self.env._("Deposit on %(order)s", order=self.purchase_order_id.name),
            "quantity": base_line["quantity"],
            "price_unit": base_line["price_unit"],
            "tax_ids": [fields.Command.set(base_line["tax_ids"].ids)],
            "extra_tax_data": self.env["account.tax"]._export_base_line_extra_tax_data(base_line),
        }
