from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, hmac

#: Days after the invitation on which an unanswered one is recalled.
REMINDER_DAYS = (7, 21)
TEMPLATE = "bizoverbiz_compensation.mail_template_invitation"
REMINDER_TEMPLATE = "bizoverbiz_compensation.mail_template_invitation_reminder"


class BizoverbizInvitation(models.Model):
    """A partner invited to the network, and how far it has come.

    Not the one-time invitation with which it joins: that one the network's operator hands to the partner itself, once
    the partner has asked to join and was accepted.
    """

    _name = "bizoverbiz.invitation"
    _description = "Invitation of a Partner"
    _inherit = ["mail.thread"]
    _mail_post_access = "read"
    _order = "id desc"
    _rec_name = "partner_id"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    contact_id = fields.Many2one(
        "res.partner", "Written To", readonly=True, help="The partner's invoicing contact, or else the partner itself."
    )
    email = fields.Char(related="contact_id.email", string="Email")
    user_id = fields.Many2one("res.users", "Invited By", readonly=True)
    state = fields.Selection(
        [
            ("draft", "To send"),
            ("invited", "Invited"),
            ("opened", "Page Opened"),
            ("started", "Asked to join"),
            ("joined", "Joined"),
            ("set_off", "First set-off"),
            ("refused", "Refused by the operator"),
            ("opted_out", "Asked not to be invited"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
    )
    invited_at = fields.Datetime(readonly=True, copy=False)
    opened_at = fields.Datetime(
        readonly=True, copy=False, help="When the link was opened first. Some mail systems open links by themselves."
    )
    started_at = fields.Datetime("Asked to Join At", readonly=True, copy=False)
    joined_at = fields.Datetime(readonly=True, copy=False, help="When the network was first known to count it in.")
    set_off_at = fields.Datetime(
        "First Set-off At",
        readonly=True,
        copy=False,
        help="When something between your firm and the partner was set off first. What it sets off with others is not "
        "told to anybody.",
    )
    answered_at = fields.Datetime(readonly=True, copy=False, help="When it answered; no reminder is sent after that.")
    opted_out_at = fields.Datetime(readonly=True, copy=False)
    reminder_count = fields.Integer("Reminders Sent", readonly=True, copy=False)
    reminders_stopped = fields.Boolean(readonly=True, copy=False)
    next_reminder = fields.Date(compute="_compute_next_reminder", store=True, index="btree_not_null")
    figure_ids = fields.One2many(
        "bizoverbiz.invitation.figure",
        "invitation_id",
        "Open Between You",
        readonly=True,
        help="As the partner was told last.",
    )
    obstacle = fields.Char("Why Not", compute="_compute_obstacle", help="Why it cannot be sent.")
    page_url = fields.Char("Partner's Page", compute="_compute_page_url")
    preview = fields.Html("Message", compute="_compute_preview", sanitize=False)

    _partner_uniq = models.UniqueIndex("(membership_id, partner_id)", "This partner is invited already.")

    @api.depends("invited_at", "opened_at", "started_at", "joined_at", "set_off_at", "opted_out_at", "candidate_state")
    def _compute_state(self):
        for invitation in self:
            reached = (
                ("set_off", invitation.set_off_at),
                ("joined", invitation.joined_at),
                ("opted_out", invitation.opted_out_at),
                ("refused", invitation.candidate_state == "refused"),
                ("started", invitation.started_at),
                ("opened", invitation.opened_at),
                ("invited", invitation.invited_at),
                ("draft", True),
            )
            invitation.state = next(state for state, holds in reached if holds)

    @api.depends("state", "invited_at", "answered_at", "reminder_count", "reminders_stopped")
    def _compute_next_reminder(self):
        """Opening the link is no answer; asking to join, writing back and opting out are."""
        for invitation in self:
            done = invitation.reminder_count >= len(REMINDER_DAYS)
            stopped = invitation.answered_at or invitation.reminders_stopped
            if invitation.state not in ("invited", "opened") or stopped or done:
                invitation.next_reminder = False
                continue
            day = fields.Datetime.context_timestamp(invitation.with_context(tz="UTC"), invitation.invited_at).date()
            invitation.next_reminder = day + relativedelta(days=REMINDER_DAYS[invitation.reminder_count])

    @api.depends("partner_id.bizoverbiz_no_invitation", "contact_id.email", "figure_ids.receivable", "state")
    def _compute_obstacle(self):
        for invitation in self:
            invitation.obstacle = invitation.state == "draft" and invitation._find_obstacle()

    def _find_obstacle(self):
        """Why this partner cannot be written to, with the way out; False if it can."""
        self.ensure_one()
        name = self.partner_id.name
        if self._has_opted_out():
            return self.env._("%s has asked not to be invited.", name)
        if not email_normalize(self.contact_id.email or ""):
            return self.env._("%s has no valid e-mail address: enter one on the contact.", self.contact_id.name or name)
        if not self.partner_id.is_company and not self.partner_id._bizoverbiz_identifier():
            return self.env._(
                "%s is a private person: only firms join. If it is a firm, mark it as a company or enter its SIREN.",
                name,
            )
        if not self.figure_ids:
            return self.env._("No invoice is open between you and %s: there is nothing to show it yet.", name)
        return False

    def _has_opted_out(self):
        self.ensure_one()
        email = email_normalize(self.contact_id.email or "")
        blacklist = self.env["mail.blacklist"].sudo()
        return self.partner_id.bizoverbiz_no_invitation or bool(
            email and blacklist.search_count([("email", "=", email)], limit=1)
        )

    def _compute_page_url(self):
        for invitation in self:
            invitation.page_url = (
                invitation.id
                and f"{invitation.get_base_url()}/bizoverbiz/invitation/{invitation.id}/{invitation._page_token()}"
            )

    def _page_token(self):
        """What proves that somebody has the e-mail; made from the database's secret, kept nowhere."""
        self.ensure_one()
        return hmac(self.env(su=True), "bizoverbiz-invitation", (self.id, self.partner_id.id))

    @api.depends("figure_ids", "contact_id")
    def _compute_preview(self):
        template = self.env.ref(TEMPLATE).sudo()
        for invitation in self:
            invitation.preview = (
                invitation.id and template._render_field("body_html", invitation.ids, compute_lang=True)[invitation.id]
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        """What was sent stays: it tells whom not to write to again."""
        if any(invitation.state != "draft" for invitation in self):
            raise UserError(self.env._("An invitation that was sent is kept. Stop its reminders instead."))

    # Making and sending

    def _show(self):
        """These invitations, to be looked at and sent."""
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_compensation.bizoverbiz_invitation_action")
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id}
        return {**action, "domain": [("id", "in", self.ids)], "context": {}}

    @api.model
    def _invite(self, partners):
        """Drafts for partners of the current company, or what was made for them before.

        :param partners: contacts; their commercial entities are invited
        :raises AccessError: if the user is no approver
        :raises UserError: if the firm is in no network, or the partner is itself or a member already
        """
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        membership = self.env.company.sudo().bizoverbiz_membership_id
        if membership.state != "joined":
            raise UserError(
                self.env._("%s takes part in no network: join one before you invite others.", self.env.company.name)
            )
        entities = partners.commercial_partner_id
        known = self.sudo().search([("membership_id", "=", membership.id), ("partner_id", "in", entities.ids)])
        new = entities - known.partner_id
        self._check_not_members(membership, new)
        drafts = self.sudo().create([self._prepare_draft(membership, partner) for partner in new])
        (drafts | known.filtered(lambda one: one.state == "draft"))._take_figures()
        return (known | drafts).with_env(self.env)

    @api.model
    def _check_not_members(self, membership, partners):
        identifiers = {partner: partner._bizoverbiz_identifier() for partner in partners}
        members = membership._members_among(identifiers.values()) | {membership.identifier}
        if already := [partner.name for partner in partners if identifiers[partner] in members]:
            raise UserError(
                self.env._(
                    "Already in the network: %s. Invoices with them are declared by the next exchange.",
                    ", ".join(already),
                )
            )

    @api.model
    def _prepare_draft(self, membership, partner):
        return {
            "membership_id": membership.id,
            "partner_id": partner.id,
            "contact_id": partner.address_get(["invoice"])["invoice"],
            "user_id": self.env.user.id,
            "identifier": partner._bizoverbiz_identifier(),
        }

    def _take_figures(self):
        """Note what is open with each partner now, as the next message will tell it."""
        for membership, invitations in self.grouped("membership_id").items():
            amounts = self.env["bizoverbiz.invitation.figure"]._open_amounts(
                membership.company_id, invitations.partner_id
            )
            for invitation in invitations:
                invitation.figure_ids = invitation.figure_ids._prepare_commands(amounts.get(invitation.partner_id, {}))

    def action_send(self):
        """Send the drafts to which nothing stands in the way; the others say why."""
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        drafts = self.sudo().filtered(lambda one: one.state == "draft")
        drafts._take_figures()
        ready = drafts.filtered(lambda one: not one._find_obstacle())
        if len(self) == 1 and drafts and not ready:
            raise UserError(drafts._find_obstacle())
        for invitation in ready:
            invitation._check_may_write()
            invitation.write({"invited_at": fields.Datetime.now(), "user_id": self.env.user.id})
            invitation._send_message(TEMPLATE)
        return self.env["bizoverbiz.membership"]._notify(
            "success" if ready else "warning",
            self.env._(
                "%(sent)s sent, %(left)s not sent: each says why.", sent=len(ready), left=len(drafts) - len(ready)
            )
            if len(ready) < len(drafts)
            else self.env._("%s sent.", len(ready)),
        )

    def _check_may_write(self):
        """A copy of the database, or a firm that is disconnected, writes to nobody's partners."""
        membership = self.membership_id
        if membership.state != "joined" or not membership._is_live():
            raise UserError(
                self.env._("%s is not connected to its network: nobody is invited from here.", self.company_id.name)
            )

    def _send_message(self, template):
        """Queue one message in the partner's language; replies come back to this record."""
        self.ensure_one()
        self.env.ref(template).sudo().send_mail(
            self.id,
            email_values={
                "headers": repr(
                    {
                        "List-Unsubscribe": f"<{self.page_url}/stop>",
                        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    }
                )
            },
        )

    # Reminding

    @api.model
    def _cron_remind(self):
        """Recall what nobody has answered, with the figures of the day."""
        due = self.sudo().search([("next_reminder", "<=", fields.Date.today())], order="next_reminder, id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for invitation in due.try_lock_for_update(allow_referencing=True):
            invitation._remind_partner()
            if not cron._commit_progress(1):
                break

    def _remind_partner(self):
        self.ensure_one()
        membership = self.membership_id
        if membership.state != "joined" or not membership._is_live():
            return
        self._take_figures()
        if obstacle := self._find_obstacle():
            self.message_post(body=self.env._("No reminder was sent. %s", obstacle))
        else:
            self._send_message(REMINDER_TEMPLATE)
        self.reminder_count += 1

    @api.private
    def message_update(self, msg_dict, update_vals=None):
        """An e-mail that answers ours ends the reminders."""
        self.sudo()._note_answer()
        return super().message_update(msg_dict, update_vals)

    def _note_answer(self):
        self.filtered(lambda one: not one.answered_at).write({"answered_at": fields.Datetime.now()})

    def action_answered(self):
        """The partner has answered otherwise: by telephone, or to another address."""
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        self.sudo()._note_answer()

    def action_stop_reminders(self):
        self.env["bizoverbiz.membership"]._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        self.sudo().reminders_stopped = True
