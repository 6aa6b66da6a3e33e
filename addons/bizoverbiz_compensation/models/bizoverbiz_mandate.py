import json

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

#: What whoever prepares a mandate may write; everything else is written by giving and ending it.
RULE_FIELDS = frozenset(
    {"valid_until", "only_overdue", "whole", "limit_ids", "partner_limit_ids", "restricted", "only_partner_ids"}
)


class BizoverbizMandate(models.Model):
    """Standing approval: statements within its rules are approved as soon as they are proposed.

    The rules are frozen when they are given. They are stored before they are sent, and every approval that the
    network derives from them is checked against them before it counts in these books.
    """

    _name = "bizoverbiz.mandate"
    _description = "Standing Mandate to Approve Set-offs"
    _inherit = ["mail.thread", "bizoverbiz.second.approval"]
    _mail_post_access = "read"
    _order = "id desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company.bizoverbiz_membership_id,
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True, index=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("to_send", "To send"),
            ("in_force", "In force"),
            ("to_end", "To end"),
            ("ended", "Ended"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    valid_until = fields.Date(
        required=True,
        copy=False,
        default=lambda self: fields.Date.context_today(self) + relativedelta(years=1),
        help="The last day on which it counts, by the cut-off of the round.",
    )
    expired = fields.Boolean(compute="_compute_expired")
    limit_ids = fields.One2many(
        "bizoverbiz.mandate.limit",
        "mandate_id",
        "Limits",
        copy=True,
        domain=[("partner_id", "=", False)],
        help="A currency without limits is left to a person.",
    )
    partner_limit_ids = fields.One2many(
        "bizoverbiz.mandate.limit",
        "mandate_id",
        "Partners with Limits of Their Own",
        copy=True,
        domain=[("partner_id", "!=", False)],
    )
    restricted = fields.Boolean("Only with Certain Partners", help="Nothing is approved with anybody else.")
    only_partner_ids = fields.Many2many("res.partner", string="Partners", domain=[("is_company", "=", True)])
    only_overdue = fields.Boolean("Only What Is Overdue", help="Only invoices due before the cut-off of the round.")
    whole = fields.Boolean(
        "Up to the Whole Amount",
        help="Up to the ceiling of each invoice instead of what is proposed: if another firm refuses, the decision may "
        "then go another way round.",
    )
    payload = fields.Text("What Was Given", readonly=True, copy=False)
    idempotency_key = fields.Char(readonly=True, copy=False)
    given_by = fields.Char(readonly=True, copy=False)
    given_at = fields.Datetime("Given", readonly=True, copy=False)
    ended_by = fields.Char(readonly=True, copy=False)
    ended_at = fields.Datetime("Ended", readonly=True, copy=False)
    error = fields.Text("Why It Was Not Accepted", readonly=True, copy=False)

    @api.depends("membership_id", "given_at")
    def _compute_display_name(self):
        for mandate in self:
            day = mandate.given_at and fields.Datetime.context_timestamp(mandate, mandate.given_at).date()
            mandate.display_name = (
                self.env._("Mandate of %(day)s", day=format_date(self.env, day)) if day else self.env._("New mandate")
            )

    @api.depends("valid_until")
    def _compute_expired(self):
        today = fields.Date.context_today(self)
        for mandate in self:
            mandate.expired = bool(mandate.valid_until) and mandate.valid_until < today

    @api.depends("limit_ids.per_round", "limit_ids.currency_id", "membership_id")
    def _compute_second_approval_needed(self):
        return super()._compute_second_approval_needed()

    def _amount_at_stake(self):
        """The most of one round, over all currencies."""
        company, today = self.membership_id.sudo().company_id, fields.Date.context_today(self)
        return sum(
            limit.currency_id._convert(limit.per_round, company.currency_id, company, today) for limit in self.limit_ids
        )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_rules_only(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_rules_only(vals)
        if RULE_FIELDS & vals.keys():
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def _check_rules_only(self, vals):
        if not self.env.su and (names := sorted(vals.keys() - RULE_FIELDS)):
            raise AccessError(
                self.env._(
                    "%(fields)s cannot be written by hand: giving or ending the mandate does.", fields=", ".join(names)
                )
            )

    def _check_draft(self):
        for mandate in self:
            if mandate.state != "draft" or mandate.first_approver_id:
                raise UserError(
                    self.env._(
                        "%(mandate)s has been approved: its rules stay as they were. Duplicate it, change the copy and "
                        "give that instead.",
                        mandate=mandate.display_name,
                    )
                )

    @api.constrains("valid_until", "limit_ids", "partner_limit_ids", "restricted", "only_partner_ids")
    def _check_partners_are_known(self):
        for mandate in self:
            partners = mandate.partner_limit_ids.partner_id | mandate.only_partner_ids
            for partner in partners:
                if not partner._bizoverbiz_identifier():
                    raise ValidationError(
                        self.env._(
                            "%(partner)s has neither a valid SIREN or SIRET nor a valid VAT number: the network does "
                            "not know whom you mean. Enter one on the contact.",
                            partner=partner.display_name,
                        )
                    )

    # Giving and ending

    def action_give(self):
        """Approve future statements within the rules, in place of the mandate before.

        :raises AccessError: if the user is not an approver
        :raises UserError: if the mandate has no limits, has ended already or was given
        """
        self._check_approver()
        self.ensure_one()
        self._check_givable()
        if not self._approve_once_more():
            message = self.env._(
                "Your approval is kept. The mandate takes a second approver; nothing has been sent yet."
            )
            self.sudo().message_post(body=message, partner_ids=self._approvers().partner_id.ids)
            return self.membership_id._notify("info", message)
        signed_by = self._signed_by()
        self.sudo().write(
            {
                "state": "to_send",
                "payload": json.dumps(self._prepare_payload(signed_by), sort_keys=True),
                "given_by": signed_by,
                "given_at": fields.Datetime.now(),
                "error": False,
            }
        )
        self.sudo()._renew_key()
        return self._send_or_tell()

    def action_end(self):
        """End the mandate; what was approved by it stands, and may be lowered or refused."""
        self._check_approver()
        self.ensure_one()
        if self.state not in ("to_send", "in_force"):
            raise UserError(self.env._("%(mandate)s is not in force.", mandate=self.display_name))
        self.sudo().write({"state": "to_end", "ended_by": self._answered_by(), "error": False})
        self.sudo()._renew_key()
        return self._send_or_tell()

    def action_duplicate(self):
        """A draft with the same rules, to be changed and given."""
        self._check_approver()
        self.ensure_one()
        return self.with_company(self.company_id).copy().get_formview_action()

    def _check_givable(self):
        if self.state != "draft":
            raise UserError(self.env._("%(mandate)s was given already.", mandate=self.display_name))
        if self.expired:
            raise UserError(self.env._("The mandate would end before it begins: choose a later last day."))
        if not self.limit_ids:
            raise UserError(
                self.env._(
                    "The mandate approves nothing yet: name at least one currency and the most of a round in it."
                )
            )
        if self.restricted and not self.only_partner_ids:
            raise UserError(self.env._("The mandate is limited to certain partners and names none."))

    def _prepare_payload(self, given_by):
        """The mandate as the network takes it; see the protocol."""
        return {
            "given_by": given_by,
            "valid_until": fields.Date.to_string(self.valid_until),
            "rules": {
                "currencies": [limit._prepare_currency() for limit in self.limit_ids],
                "counterparts": [limit._prepare_counterpart() for limit in self.partner_limit_ids],
                "only_counterparts": sorted(
                    {partner._bizoverbiz_identifier() for partner in self.only_partner_ids} - {False}
                )
                if self.restricted
                else None,
                "only_overdue": self.only_overdue,
                "whole": self.whole,
            },
        }
