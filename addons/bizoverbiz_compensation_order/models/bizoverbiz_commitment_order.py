from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

#: Longest description that the network takes.
LONGEST = 200


# pylint: disable=consider-merging-classes-inherited; what stands behind a commitment has a file of its own
class BizoverbizCommitment(models.Model):
    """The order, or the draft invoice or bill, behind a commitment."""

    _inherit = "bizoverbiz.commitment"

    def _agreed_order(self):
        """The order or else the draft, which this addon's rights need not let the user read."""
        return self.sudo().sale_order_id or self.sudo().purchase_order_id or self.sudo().invoice_id

    @api.onchange("sale_order_id", "purchase_order_id", "invoice_id")
    def _onchange_order(self):
        """An order tells what the commitment is about, unless the partner has told it already."""
        order = self._agreed_order()
        if order and not self.is_registered_there:
            self.update(self._prepare_content(order))

    @api.model
    def _prepare_content(self, order):
        """What an order or a draft says about the commitment."""
        if order._name == "account.move":
            return self._prepare_content_of_draft(order)
        receivable = order._name == "sale.order"
        agreed_on = (order.date_order if receivable else order.date_approve) or order.date_order
        delivered = (order.commitment_date if receivable else order.date_planned) or agreed_on
        day = max(agreed_on, delivered).date()
        term_lines = order.payment_term_id.line_ids
        partner = order.partner_invoice_id if receivable else order.partner_id
        return {
            "partner_id": partner.commercial_partner_id.id,
            "currency_id": order.currency_id.id,
            "amount": order.amount_total,
            "agreed_on": agreed_on.date(),
            "due_date": max((line._get_due_date(day) for line in term_lines), default=day),
            "description": self._describe(order.name, order),
        }

    @api.model
    def _prepare_content_of_draft(self, draft):
        today = fields.Date.context_today(draft)
        agreed_on = min(draft.invoice_date or today, today)
        return {
            "partner_id": draft.commercial_partner_id.id,
            "currency_id": draft.currency_id.id,
            "amount": self._agreed_total(draft),
            "agreed_on": agreed_on,
            "due_date": max(draft.invoice_date_due or agreed_on, agreed_on),
            "description": self._describe(draft.ref, draft),
        }

    @api.model
    def _describe(self, name, order):
        description = ", ".join(filter(None, [name, *(self._line_text(line) for line in self._agreed_lines(order))]))
        return description if len(description) <= LONGEST else f"{description[: LONGEST - 1]}…"

    def _agreed_name(self):
        """How deposits call what they are paid on: a draft has no number yet."""
        return self.sale_order_id.name or self.purchase_order_id.name or self.reference

    @api.model
    def _agreed_lines(self, order):
        """What an order or draft is about, without notes and deposits."""
        if order._name == "account.move":
            return order.invoice_line_ids.filtered(
                lambda line: line.display_type == "product" and not line.is_downpayment
            )
        return order.order_line.filtered(lambda line: not (line.display_type or line.is_downpayment))

    @api.model
    def _agreed_total(self, order):
        """Taxes included, whatever a draft deducts of the commitment's own deposits; of any others it is the rest."""
        if order._name == "account.move":
            deducted = order.invoice_line_ids.filtered("bizoverbiz_deposit_line_id")
            return order.currency_id.round(order.amount_total - sum(deducted.mapped("price_total")))
        return order.amount_total

    @api.model
    def _line_text(self, line):
        names = {"sale.order.line": "product_uom_qty", "purchase.order.line": "product_qty"}
        quantity = line[names.get(line._name, "quantity")]
        return f"{quantity:g} × {' '.join((line.name or '').split())}"

    @api.model
    def _commit(self, order):
        """The open commitment of an order or a draft invoice, drafted if there is none.

        :raises AccessError: unless the user is an approver
        :raises UserError: if the firm is in no network, the order is not agreed, or does not say what is sold
        """
        receivable = order._name == "sale.order" or (order._name == "account.move" and order.is_sale_document())
        membership = order.company_id.root_id.sudo().bizoverbiz_membership_id
        membership._require_joined()
        drafted = order._name == "account.move"
        commitments = order._bizoverbiz_drafted() if drafted else order.sudo().bizoverbiz_commitment_ids
        known = commitments.filtered(lambda one: one._is_live())
        if known:
            return known[0].sudo(self.env.su)
        membership.sudo(self.env.su)._check_group("bizoverbiz_network.group_approver")
        self._check_designated(order)
        return self.create(
            {
                "membership_id": membership.id,
                "side": "receivable" if receivable else "payable",
                "invoice_id" if drafted else "sale_order_id" if receivable else "purchase_order_id": order.id,
                **self._prepare_content(order.sudo()),
            }
        )

    def _is_live(self):
        """A draft has one commitment for good once something of it was set off: it deducts that."""
        return self.state not in ("expired", "withdrawn") or bool(self.invoice_id and self.notice_line_ids)

    @api.model
    def _check_designated(self, order):
        """VAT on a deposit is due only for a supply that is designated: each line says what it is about.

        :raises UserError: naming the line
        """
        order = order.sudo()
        if order._name == "account.move":
            self._check_draft(order)
        elif order.state not in ("sale", "purchase"):
            raise UserError(
                self.env._("%(order)s is not agreed yet: confirm it before you register it.", order=order.name)
            )
        lines, name = self._agreed_lines(order), order.display_name
        if not lines:
            raise UserError(self.env._("%(order)s has no line that says what is sold.", order=name))
        for number, line in enumerate(lines, start=1):
            if not line.product_id or not (line.name or "").strip():
                raise UserError(
                    self.env._(
                        "Line %(number)s of %(order)s, over %(amount)s, has no product or no description. What is set "
                        "off before invoicing is a deposit, and a deposit invoice has to say exactly what it is paid "
                        "for: complete the line.",
                        number=number,
                        order=name,
                        amount=format_amount(self.env, line.price_total, order.currency_id),
                    )
                )

    @api.model
    def _check_draft(self, draft):
        """:raises UserError: unless it is a draft invoice or bill of a partner, without an order behind it"""
        name = draft.display_name
        if draft.move_type not in ("out_invoice", "in_invoice") or draft.state != "draft":
            raise UserError(
                self.env._(
                    "%(move)s is no draft invoice or bill: what is posted is declared and set off as an invoice.",
                    move=name,
                )
            )
        if not draft.partner_id:
            raise UserError(self.env._("%(move)s has no partner yet: enter it first.", move=name))
        if orders := draft._bizoverbiz_orders():
            raise UserError(
                self.env._(
                    "%(move)s invoices %(orders)s: register the order, on which a deposit is invoiced.",
                    move=name,
                    orders=", ".join(order.name for order in orders),
                )
            )

    def _check_order(self):
        """:raises UserError: if there is no order behind it, or another one than it says"""
        order = self._agreed_order()
        if not order:
            raise UserError(
                self.env._(
                    "Choose the order or draft behind the commitment: what is set off of it becomes a deposit on that."
                )
            )
        self._check_designated(order)
        if order._name == "account.move":
            self._check_draft_is_free(order)
        partner = order.partner_invoice_id if order._name == "sale.order" else order.partner_id
        if partner.commercial_partner_id != self.partner_id.commercial_partner_id:
            raise UserError(
                self.env._(
                    "%(order)s is with %(other)s, not with %(partner)s.",
                    order=order.display_name,
                    other=partner.commercial_partner_id.name,
                    partner=self.partner_id.name,
                )
            )
        if order.currency_id != self.currency_id or self.currency_id.compare_amounts(
            self.amount, self._agreed_total(order)
        ):
            raise UserError(
                self.env._(
                    "The commitment is over %(amount)s and %(order)s over %(total)s. Both sides register the order's "
                    "total, taxes included: settle the difference with your partner first.",
                    amount=format_amount(self.env, self.amount, self.currency_id),
                    order=order.display_name,
                    total=format_amount(self.env, self._agreed_total(order), order.currency_id),
                )
            )

    def _check_draft_is_free(self, draft):
        """:raises UserError: if it is another firm's or the other side's, or stands behind another commitment"""
        wanted = "out_invoice" if self.side == "receivable" else "in_invoice"
        others = draft._bizoverbiz_drafted().filtered(lambda one: one != self and one._is_live())
        if draft.move_type != wanted or draft.company_id.root_id != self.company_id or others:
            raise UserError(
                self.env._(
                    "%(move)s cannot stand behind this commitment: it is of another kind or company, or stands behind "
                    "another commitment.",
                    move=draft.display_name,
                )
            )

    def _send(self):
        """The draft names the commitment from now on, so that it fulfils it once it is posted."""
        result = super()._send()
        if self.invoice_id:
            self.invoice_id.bizoverbiz_commitment_id = self
        return result

    # Buttons

    def action_open_order(self):
        self.ensure_one()
        order = self.sale_order_id or self.purchase_order_id or self.invoice_id
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
