from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount
from odoo.tools.sql import column_exists, create_column


class AccountMove(models.Model):
    """The commitment behind an invoice or bill, and the deposit that the bill takes over."""

    _inherit = "account.move"

    bizoverbiz_commitment_id = fields.Many2one(
        "bizoverbiz.commitment",
        string="Commitment",
        compute="_compute_bizoverbiz_commitment_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The commitment that this document invoices. What was set off of it before is a deposit.",
    )
    bizoverbiz_bill_id = fields.Many2one(
        "account.move",
        string="Bill That Takes the Deposit Over",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    bizoverbiz_takeover_ids = fields.One2many(
        "account.move", "bizoverbiz_bill_id", "Deposits Taken Over", readonly=True
    )
    bizoverbiz_open_deposit = fields.Monetary(
        "Deposit Paid", compute="_compute_bizoverbiz_open_deposit", help="What was set off and waits for its bill."
    )

    bizoverbiz_may_be_deposit = fields.Boolean("May Be a Deposit Bill", compute="_compute_bizoverbiz_may_be_deposit")

    def _auto_init(self):
        """Books without commitments have nothing to compute."""
        for name, kind in (("bizoverbiz_commitment_id", "int4"), ("bizoverbiz_owed_back", "bool")):
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    @api.depends("line_ids.sale_line_ids", "line_ids.purchase_line_id", "reversed_entry_id")
    def _compute_bizoverbiz_commitment_id(self):
        for move in self:
            lines = move.line_ids
            commitments = (
                lines.sale_line_ids.order_id.bizoverbiz_commitment_ids
                | lines.purchase_line_id.order_id.bizoverbiz_commitment_ids
            )
            live = commitments.filtered(
                lambda one: one.notice_line_ids or one.state not in ("draft", "refused", "expired", "withdrawn")
            )
            move.bizoverbiz_commitment_id = (
                live[:1] or move.bizoverbiz_commitment_id or move.reversed_entry_id.bizoverbiz_commitment_id
            )

    @api.depends("bizoverbiz_commitment_id", "state")
    def _compute_bizoverbiz_open_deposit(self):
        for move in self:
            has_deposit = move.move_type == "in_invoice" and move.bizoverbiz_commitment_id
            move.bizoverbiz_open_deposit = move.bizoverbiz_commitment_id.sudo()._open_deposit() if has_deposit else 0.0

    @api.depends("bizoverbiz_open_deposit", "amount_total", "state")
    def _compute_bizoverbiz_may_be_deposit(self):
        """A draft over the deposit's amount may be the deposit bill; the bill of the whole purchase never is."""
        for move in self:
            move.bizoverbiz_may_be_deposit = (
                move.state == "draft"
                and bool(move.bizoverbiz_open_deposit)
                and not move.currency_id.compare_amounts(move.amount_total, move.bizoverbiz_open_deposit)
                and not move._bizoverbiz_drafted()
            )

    @api.depends("bizoverbiz_takeover_ids.line_ids.amount_residual")
    def _compute_bizoverbiz_set_off(self):
        """A bill that takes a deposit over is settled by what was set off."""
        result = super()._compute_bizoverbiz_set_off()
        for bill in self.filtered("bizoverbiz_takeover_ids"):
            settled = bill.bizoverbiz_takeover_ids.line_ids.filtered(
                lambda item: item.account_type == "liability_payable"
            )
            bill.bizoverbiz_set_off += sum(item.amount_currency - item.amount_residual_currency for item in settled)
        return result

    def _compute_payments_widget_reconciled_info(self):
        result = super()._compute_payments_widget_reconciled_info()
        for bill in self.filtered("bizoverbiz_takeover_ids"):
            if widget := bill.invoice_payments_widget:
                notices = ", ".join(bill.bizoverbiz_commitment_id.sudo().notice_line_ids.notice_id.mapped("reference"))
                taken = {"is_set_off": True, "set_off_notice": notices}
                content = [
                    {**line, **(taken if line["move_id"] in bill.bizoverbiz_takeover_ids.ids else {})}
                    for line in widget["content"]
                ]
                bill.invoice_payments_widget = {**widget, "content": content}
        return result

    def action_view_bizoverbiz_notices(self):
        if self.bizoverbiz_takeover_ids and not self._get_reconciled_amls().move_id.bizoverbiz_notice_id:
            return self.bizoverbiz_commitment_id.get_formview_action()
        return super().action_view_bizoverbiz_notices()

    # Taking over

    def _post(self, soft=True):
        posted = super()._post(soft)
        for bill in posted.filtered(lambda move: move.move_type == "in_invoice"):
            bill.bizoverbiz_commitment_id = bill.bizoverbiz_commitment_id or bill._bizoverbiz_find_commitment()
            if bill.bizoverbiz_open_deposit:
                bill.sudo()._bizoverbiz_take_deposit_over()
        return posted

    def _bizoverbiz_find_commitment(self):
        """A commitment of this vendor whose deposit waits, if the bill names its reference or its order."""
        told = " ".join(
            filter(None, (self.ref, self.invoice_origin, self.payment_reference, str(self.narration or "")))
        )
        candidates = (
            self.env["bizoverbiz.commitment"]
            .sudo()
            .search(
                [
                    ("side", "=", "payable"),
                    ("company_id", "=", self.company_id.root_id.id),
                    ("partner_id", "=", self.commercial_partner_id.id),
                    ("currency_id", "=", self.currency_id.id),
                    ("notice_line_ids", "!=", False),
                ]
            )
        )
        words = set(told.replace(",", " ").replace(":", " ").replace(".", " ").split())
        named = candidates.filtered(lambda one: {one.reference, one.purchase_order_id.name} & words)
        return named if len(named) == 1 else named.browse()

    def _bizoverbiz_take_deposit_over(self):
        """Move what waits on the account of deposits paid to the vendor's account, against this bill."""
        self.ensure_one()
        if self._bizoverbiz_deducts():
            self.message_post(
                body=self.env._(
                    "A deposit of %(amount)s still waits for its own bill, and this bill deducts one already: enter "
                    "the deposit bill (commitment %(commitment)s).",
                    amount=format_amount(self.env, self.bizoverbiz_open_deposit, self.currency_id),
                    commitment=self.bizoverbiz_commitment_id.display_name,
                )
            )
            return
        term = self.line_ids.filtered(lambda line: line.account_type == "liability_payable")[:1]
        left, pairs, lines = self.amount_residual, [], []
        for item in self.bizoverbiz_commitment_id._deposit_items():
            share = min(left, item.amount_residual_currency)
            left = self.currency_id.round(left - share)
            if not self.currency_id.is_zero(share):
                balance = self.company_currency_id.round(item.balance * share / item.amount_currency)
                pairs.append(item)
                lines += [
                    self._bizoverbiz_prepare_takeover_line(term.account_id, share, balance),
                    self._bizoverbiz_prepare_takeover_line(item.account_id, -share, -balance),
                ]
        if not lines:
            return
        entry = self.create(
            {
                "move_type": "entry",
                "company_id": self.company_id.id,
                "journal_id": self.company_id._bizoverbiz_set_off_journal().id,
                "date": max([self.date, *(item.date for item in pairs)]),
                "ref": self.env._("%(bill)s, deposit taken over", bill=self.ref or self.name),
                "bizoverbiz_bill_id": self.id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        entry._post(soft=False)
        made = entry.line_ids.sorted("id")
        for item, waiting in zip(pairs, made.filtered(lambda line: line.amount_currency < 0), strict=True):
            (item | waiting).reconcile()
        payable = self.line_ids.filtered(lambda line: line.account_type == "liability_payable")
        (payable | made.filtered(lambda line: line.amount_currency > 0)).reconcile()

    def _bizoverbiz_prepare_takeover_line(self, account, amount, balance):
        return {
            "account_id": account.id,
            "partner_id": self.commercial_partner_id.id,
            "name": self.env._(
                "Deposit on %(commitment)s, set off before", commitment=self.bizoverbiz_commitment_id.display_name
            ),
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "balance": balance,
        }

    def _bizoverbiz_deducts(self):
        """A final bill shows the deposit as lines below zero: it was billed before, or has to be."""
        return any(
            self.currency_id.compare_amounts(line.price_subtotal, 0) < 0
            for line in self.invoice_line_ids
            if line.display_type == "product"
        )

    def button_draft(self):
        """A bill that is opened again gives the deposit back to the account where it waited."""
        self.sudo().bizoverbiz_takeover_ids._bizoverbiz_give_deposit_back()
        return super().button_draft()

    def _bizoverbiz_give_deposit_back(self):
        """Undo entries by which bills took deposits over."""
        taken = self.filtered(lambda entry: entry.state == "posted")
        taken.line_ids.remove_move_reconcile()
        taken.bizoverbiz_bill_id = False
        taken._unlink_or_reverse()

    def action_bizoverbiz_make_deposit_bill(self):
        """Book the lines of a draft bill on the account of deposits paid: the final bill will deduct them."""
        self.env["bizoverbiz.membership"]._check_group("account.group_account_invoice")
        self.ensure_one()
        if self._bizoverbiz_drafted():
            raise UserError(
                self.env._("This draft is the bill of the whole purchase; the deposit bill is another one.")
            )
        if self.state != "draft" or self.currency_id.compare_amounts(self.amount_total, self.bizoverbiz_open_deposit):
            raise UserError(
                self.env._(
                    "A deposit bill is a draft over what was set off, %(amount)s; this bill is over %(total)s.",
                    amount=format_amount(self.env, self.bizoverbiz_open_deposit, self.currency_id),
                    total=format_amount(self.env, self.amount_total, self.currency_id),
                )
            )
        self.sudo()._bizoverbiz_make_deposit_bill()
        return True

    def _bizoverbiz_make_deposit_bill(self):
        """The order's own down payments, if there is an order; a draft bill deducts the lines by themselves."""
        order = self.bizoverbiz_commitment_id.purchase_order_id
        self.company_id._bizoverbiz_ensure_deposit_accounts()
        account = self.company_id.bizoverbiz_deposit_account_id
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        lines.write({"is_downpayment": True, "account_id": account.id})
        if not order:
            return
        deposits = order._create_downpayments(
            [
                {
                    "name": line.name,
                    "product_qty": 0.0,
                    "product_uom_id": line.product_uom_id.id,
                    "is_downpayment": True,
                    "price_unit": line.price_unit,
                    "tax_ids": [Command.set(line.tax_ids.ids)],
                    "order_id": order.id,
                }
                for line in lines
            ]
        )
        for line, deposit in zip(lines, deposits, strict=True):
            line.purchase_line_id = deposit
