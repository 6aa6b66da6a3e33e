from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_amount, format_date
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.iso7064 import mod_37_36

#: In units of the currency, as the network has them.
SMALLEST, LARGEST = 1_000, 999_999
#: What one's own side registers, and may correct as long as nothing has fulfilled it.
CONTENT = (
    "reference",
    "partner_id",
    "sale_order_id",
    "purchase_order_id",
    "invoice_id",
    "currency_id",
    "amount",
    "agreed_on",
    "due_date",
    "expires_on",
    "description",
    "nettable",
)
WRITTEN_BY_MAIL = (
    "activity_ids",
    "message_attachment_count",
    "message_follower_ids",
    "message_ids",
    "message_main_attachment_id",
    "message_partner_ids",
)
FINAL = ("fulfilled", "expired", "withdrawn")


class BizoverbizCommitment(models.Model):
    """An agreed sale that is not invoiced yet, registered by seller and buyer under one shared reference.

    What this side registers belongs to this database; what the other side has registered, and what comes of both, is
    mirrored from the engine.
    """

    _name = "bizoverbiz.commitment"
    _description = "Commitment"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"
    _order = "agreed_on desc, id desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True, index=True)
    reference = fields.Char(
        copy=False,
        tracking=True,
        help="13 letters and digits that both firms share. Leave it empty to have one made; enter the one your partner "
        "gave you if it registered first.",
    )
    side = fields.Selection([("receivable", "Sale"), ("payable", "Purchase")], required=True, readonly=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("to_send", "To send"),
            ("refused", "Refused by the network"),
            ("to_confirm", "To confirm"),
            ("one_sided", "Waiting for the partner"),
            ("differs", "Both sides differ"),
            ("matched", "Confirmed by both"),
            ("fulfilled", "Invoiced"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
        group_expand=True,
    )
    is_final = fields.Boolean(compute="_compute_is_final")
    is_registered = fields.Boolean("Registered Here", readonly=True, copy=False)
    partner_id = fields.Many2one("res.partner", required=True, tracking=True)
    counterpart = fields.Char("Partner's Identifier", readonly=True)
    sale_order_id = fields.Many2one("sale.order", index="btree_not_null", ondelete="restrict")
    purchase_order_id = fields.Many2one("purchase.order", index="btree_not_null", ondelete="restrict")
    invoice_id = fields.Many2one(
        "account.move",
        string="Draft Invoice or Bill",
        index="btree_not_null",
        ondelete="set null",
        help="Where there is no order: the draft that will be posted as the final invoice or bill.",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(required=True, tracking=True, help="The whole sale, taxes included.")
    agreed_on = fields.Date(required=True, tracking=True)
    due_date = fields.Date(required=True, tracking=True, help="When the invoice will be due.")
    expires_on = fields.Date(tracking=True, help="The last day it counts without an invoice. Empty: the due date.")
    description = fields.Char(
        size=200, tracking=True, help="What is sold, precisely enough for a deposit invoice. Your partner sees it."
    )
    nettable = fields.Boolean(
        "Set Off Before Invoicing",
        default=True,
        tracking=True,
        help="Let it be set off before it is invoiced; what is set off is then a deposit. Both sides have to say so.",
    )
    their_amount = fields.Monetary("Partner's Amount", readonly=True, copy=False)
    their_agreed_on = fields.Date("Agreed On, Partner", readonly=True, copy=False)
    their_due_date = fields.Date("Due Date, Partner", readonly=True, copy=False)
    their_description = fields.Char("Description, Partner", readonly=True, copy=False)
    their_nettable = fields.Boolean("Partner Lets It Be Set Off", readonly=True, copy=False)
    is_registered_there = fields.Boolean("Registered by the Partner", readonly=True, copy=False)
    differences = fields.Text(readonly=True, copy=False, help="What both sides have to say alike before it counts.")
    matched_amount = fields.Monetary("May Be Set Off", readonly=True, copy=False)
    notice_line_ids = fields.One2many("bizoverbiz.notice.line", "commitment_id", "Set-offs", readonly=True)
    statement_line_ids = fields.One2many("bizoverbiz.statement.line", "commitment_id", "Statement Lines", readonly=True)
    set_off = fields.Monetary(compute="_compute_set_off", help="What was set off of it so far.")
    move_ids = fields.One2many("account.move", "bizoverbiz_commitment_id", "Documents", readonly=True)
    error = fields.Text("Why It Was Refused", readonly=True, copy=False)
    request_key = fields.Char("Idempotency Key", readonly=True, copy=False)

    _reference_uniq = models.Constraint(
        "unique (membership_id, reference)", "This reference stands for another commitment of yours."
    )

    @api.depends("reference", "partner_id")
    def _compute_display_name(self):
        for commitment in self:
            commitment.display_name = commitment.reference or self.env._(
                "Commitment with %(partner)s", partner=commitment.partner_id.name
            )

    @api.depends("state")
    def _compute_is_final(self):
        for commitment in self:
            commitment.is_final = commitment.state in FINAL

    @api.depends("notice_line_ids.set_off", "notice_line_ids.notice_id.kind")
    def _compute_set_off(self):
        for commitment in self:
            lines = commitment.notice_line_ids.filtered(lambda line: line.notice_id.state != "rejected")
            commitment.set_off = sum(
                line.set_off if line.notice_id.kind == "netting" else -line.set_off for line in lines
            )

    @api.constrains("reference")
    def _check_reference(self):
        for commitment in self.filtered("reference"):
            text = commitment.reference
            try:
                mod_37_36.validate(text if len(text) == 13 and text.isascii() and text.isalnum() else "")
            except StdnumError:
                raise ValidationError(
                    commitment.env._(
                        "%(reference)s is no reference of a commitment: it has 13 letters and digits, and the last one "
                        "checks the others. Compare it with what your partner sent.",
                        reference=text,
                    )
                ) from None

    # Writing

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own(vals.keys() - {"membership_id", "side"})
            vals.update(self._normalise(vals))
            self._absorb(vals.get("membership_id"), vals.get("reference"))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_own(vals.keys())
            self._check_open()
            if "reference" in vals and self.filtered("is_registered"):
                raise UserError(self.env._("The reference of a registered commitment stays: withdraw it first."))
        vals = {**vals, **self._normalise(vals)}
        if vals.get("reference") and len(self) == 1 and vals["reference"] != self.reference:
            self._absorb(self.membership_id.id, vals["reference"])
        return super().write(vals)

    def _check_own(self, names):
        """:raises AccessError: if a user writes what the engine or the registration says"""
        if not self.env.su and (foreign := sorted(names - {*CONTENT, *WRITTEN_BY_MAIL})):
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be written: register or withdraw the commitment.", fields=", ".join(foreign)
                )
            )

    @api.model
    def _absorb(self, membership_id, reference):
        """The partner's registration was listed before its reference was entered here: one commitment, one record."""
        listed = self.sudo().search(
            [("membership_id", "=", membership_id), ("reference", "=", reference), ("state", "=", "to_confirm")]
        )
        if reference and listed:
            listed.state = "draft"
            listed.unlink()

    @api.model
    def _normalise(self, vals):
        if vals.get("reference"):
            return {"reference": "".join(vals["reference"].split()).replace("-", "").upper()}
        return {}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_registered(self):
        if self.filtered(lambda one: one.state not in ("draft", "refused") or one.is_registered):
            raise UserError(self.env._("A commitment the network knows is withdrawn, not deleted."))

    def _check_open(self):
        if final := self.filtered(lambda one: one.state in FINAL)[:1]:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(commitment)s can no longer be changed: %(state)s.",
                    commitment=final.display_name,
                    state=states[final.state],
                )
            )

    # Registering

    def action_register(self):
        """Register in the firm's name what was agreed, or correct it; told to the engine at once if it can be reached.

        :raises AccessError: unless the user is an approver
        :raises UserError: if it can no longer be changed, is incomplete, or the engine refuses it
        """
        self.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("write")
        self.ensure_one()
        self._check_open()
        self._check_content()
        return self.sudo()._send_or_tell("to_send")

    def action_withdraw(self):
        """Take the registration back; what an approval let be set off of it is lowered to nothing."""
        self.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("write")
        self._check_open()
        for commitment in self.sudo():
            commitment._withdraw()
        return True

    def _check_content(self):
        """:raises UserError: naming what keeps it from being registered"""
        self.membership_id._require_joined()
        if not self.partner_id.commercial_partner_id._bizoverbiz_identifier():
            raise UserError(
                self.env._(
                    "%(partner)s has no valid SIREN, SIRET or VAT number: enter it on the contact.",
                    partner=self.partner_id.name,
                )
            )
        if not SMALLEST <= self.amount <= LARGEST:
            raise UserError(
                self.env._(
                    "A commitment is over %(smallest)s to %(largest)s; this one is over %(amount)s. A smaller sale is "
                    "set off once it is invoiced.",
                    smallest=format_amount(self.env, SMALLEST, self.currency_id),
                    largest=format_amount(self.env, LARGEST, self.currency_id),
                    amount=format_amount(self.env, self.amount, self.currency_id),
                )
            )
        expires_on = self.expires_on or self.due_date
        if not self.agreed_on <= expires_on <= self.due_date:
            raise UserError(
                self.env._(
                    "It counts until %(expires_on)s: choose a day between the agreement (%(agreed_on)s) and the due "
                    "date (%(due_date)s).",
                    expires_on=format_date(self.env, expires_on),
                    agreed_on=format_date(self.env, self.agreed_on),
                    due_date=format_date(self.env, self.due_date),
                )
            )
        self._check_order()
