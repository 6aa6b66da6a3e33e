from odoo import api, fields, models


# pylint: disable=consider-merging-classes-inherited; exchanging and telling are two things
class BizoverbizMembership(models.Model):
    """Who is told of what was set off."""

    _inherit = "bizoverbiz.membership"

    email_accountants = fields.Boolean(
        "E-mail the Accountants",
        default=True,
        help="Send the list of what was set off, with the signed notice, once a notice is booked.",
    )
    accountant_ids = fields.Many2many(
        "res.partner",
        string="Accountants",
        help="Who gets the list, for instance the firm's chartered accountant. If empty, every approver.",
    )
    accountant_names = fields.Char(
        "E-mailed to",
        compute="_compute_accountant_names",
        compute_sudo=True,
        help="Who gets the list as it is set now.",
    )
    email_partners = fields.Boolean(
        "E-mail Customers and Suppliers",
        default=True,
        help="Tell each customer and supplier, in its language, which of its invoices were set off and what remains.",
    )

    @api.depends("email_accountants", "accountant_ids", "company_id")
    def _compute_accountant_names(self):
        for membership in self:
            membership.accountant_names = ", ".join(membership._accountants().mapped("name"))

    def _accountants(self):
        """Who gets the list of what was set off: those who are named, or else everybody who may approve."""
        self.ensure_one()
        if not self.email_accountants:
            return self.env["res.partner"]
        if self.accountant_ids:
            return self.accountant_ids
        users = self.env.ref("bizoverbiz_network.group_approver").sudo().all_user_ids
        return users.filtered(lambda user: user.active and self.company_id in user.company_ids).partner_id

    def _leave_partners_untold(self):
        """After an update from a release that wrote to nobody: customers get e-mails once an administrator says so."""
        self.email_partners = False
        for membership in self:
            for user in membership._users_with("bizoverbiz_network.group_administrator"):
                told = membership.with_context(lang=user.lang)
                told.message_notify(
                    partner_ids=user.partner_id.ids,
                    subject=told.env._("E-mails about set-offs to customers and suppliers"),
                    body=told.env._(
                        "Odoo can now tell each customer and supplier which of its invoices were set off and what "
                        "remains to be paid. It writes to nobody until you tick “E-mail Customers and Suppliers” on "
                        "the membership."
                    ),
                )

    def _post_mail(self, record, template, partners, lang, attachments=None):
        """Post an e-mail template in a record's chatter, in the name of the firm.

        :param partners: who receives it
        :param str lang: the language of these partners
        """
        template = self.env.ref(template).sudo()
        subject = template._render_field("subject", record.ids, set_lang=lang)[record.id]
        body = template._render_field("body_html", record.ids, set_lang=lang, options={"post_process": True})
        return record.with_context(lang=lang).message_post(
            subject=subject,
            body=body[record.id],
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.company_id.partner_id.id,
            email_from=self.company_id.email_formatted or self.env.user.email_formatted,
            partner_ids=partners.ids,
            attachment_ids=attachments.ids if attachments else [],
            email_layout_xmlid="mail.mail_notification_light",
            email_add_signature=False,
        )
