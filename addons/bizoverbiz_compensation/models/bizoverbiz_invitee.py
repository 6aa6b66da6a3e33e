from odoo import api, fields, models


class BizoverbizInvitee(models.Model):
    """A partner that is no member yet, and what its membership would be worth: computed again at each look."""

    _name = "bizoverbiz.invitee"
    _description = "Partner to Invite"
    _order = "between desc, reach desc, id"
    _rec_name = "partner_id"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="cascade")
    identifier = fields.Char("SIREN or VAT", readonly=True)
    email = fields.Char(related="partner_id.email")
    currency_id = fields.Many2one(related="company_id.currency_id")
    receivable = fields.Monetary("It Owes You", readonly=True)
    payable = fields.Monetary("You Owe It", readonly=True)
    between = fields.Monetary(
        "Mutual",
        readonly=True,
        help="Could be set off as soon as it is a member, even if nobody else were: the smaller of what you owe each "
        "other, currency by currency.",
    )
    reach = fields.Monetary(
        "At Most",
        readonly=True,
        help="The most of your invoices with this partner that loops through your firm could clear: what it owes you, "
        "up to what you owe all your suppliers, and what you owe it, up to what all your customers owe you.",
    )
    invitation_id = fields.Many2one("bizoverbiz.invitation", compute="_compute_invitation_id")
    invitation_state = fields.Selection(
        selection=lambda self: self.env["bizoverbiz.invitation"]._fields["state"].selection,
        compute="_compute_invitation_id",
        string="Stage",
    )

    _partner_uniq = models.UniqueIndex("(membership_id, partner_id)", "A partner is listed once.")

    @api.depends("partner_id", "membership_id")
    def _compute_invitation_id(self):
        invitations = self.env["bizoverbiz.invitation"].search([("partner_id", "in", self.partner_id.ids)])
        found = {(one.membership_id, one.partner_id): one for one in invitations}
        for invitee in self:
            invitee.invitation_id = found.get((invitee.membership_id, invitee.partner_id))
            invitee.invitation_state = invitee.invitation_id.state

    @api.model
    def action_open_list(self):
        """The list, computed anew; without the engine, as it was."""
        membership = self.env.company.sudo().bizoverbiz_membership_id
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_user")
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_compensation.bizoverbiz_invitee_action")
        if membership.state != "joined" or not (problem := membership._refresh_invitees()):
            return action
        shown = membership._notify("warning", self.env._("The list could not be brought up to date: %s", problem))
        shown["params"]["next"] = action
        return shown

    def action_invite(self):
        """Make the invitations of these partners and show them, to be sent."""
        return self.partner_id.action_bizoverbiz_invite()

    @api.model
    def _refresh(self, membership):
        """Rank the partners that are no members by what could be set off.

        :raises EngineUnavailable, EngineRefused: the list stays as it was
        """
        company = membership.company_id
        amounts = self._in_company_currency(company, self.env["bizoverbiz.invitation.figure"]._open_amounts(company))
        identifiers = {partner: partner._bizoverbiz_identifier() for partner in amounts}
        members = membership._members_among(identifiers.values())
        membership.member_partner_count = sum(identifier in members for identifier in identifiers.values())
        owed, owing = (sum(values[place] for values in amounts.values()) for place in (0, 1))
        known = {one.partner_id: one for one in self.search([("membership_id", "=", membership.id)])}
        new = []
        for partner, (receivable, payable, between) in amounts.items():
            identifier = identifiers[partner]
            if identifier in members or identifier == membership.identifier:
                continue
            if not identifier and not partner.is_company:
                continue
            values = {
                "identifier": identifier,
                "receivable": receivable,
                "payable": payable,
                "between": between,
                "reach": min(receivable, owing) + min(payable, owed),
            }
            if invitee := known.pop(partner, None):
                invitee.write(values)
            else:
                new.append({"membership_id": membership.id, "partner_id": partner.id, **values})
        self.create(new)
        self.concat(*known.values()).unlink()

    @api.model
    def _in_company_currency(self, company, amounts):
        """Dict of partner to (receivable, payable, between), summed over currencies at today's rates."""
        today = fields.Date.context_today(self)

        def converted(currencies, pick):
            return sum(
                currency._convert(pick(*pair), company.currency_id, company, today)
                for currency, pair in currencies.items()
            )

        return {
            partner: (
                converted(currencies, lambda receivable, _payable: receivable),
                converted(currencies, lambda _receivable, payable: payable),
                converted(currencies, min),
            )
            for partner, currencies in amounts.items()
        }
