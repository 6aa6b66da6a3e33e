from odoo import api, fields, models

TEMPLATE = "bizoverbiz_compensation.mail_template_notification"


class BizoverbizNotification(models.Model):
    """One partner's share of a notice: what that customer or supplier is told, and whether it could be told.

    The amounts that remain to be paid are those of these books when the e-mail is written, so that e-mail, invoice and
    portal never differ.
    """

    _name = "bizoverbiz.notification"
    _description = "Set-off Notification"
    _inherit = ["mail.thread"]
    _mail_post_access = "read"
    _order = "notice_id desc, id"

    notice_id = fields.Many2one("bizoverbiz.notice", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="notice_id.currency_id")
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    recipient_id = fields.Many2one("res.partner", "Sent To", readonly=True)
    state = fields.Selection(
        [("to_send", "To send"), ("sent", "Sent"), ("no_email", "No e-mail address")],
        default="to_send",
        required=True,
        readonly=True,
        tracking=True,
    )
    sent_at = fields.Datetime("Sent On", readonly=True)
    line_ids = fields.One2many("bizoverbiz.notice.line", "notification_id", "Invoices", readonly=True)
    receivable_line_ids = fields.One2many(
        "bizoverbiz.notice.line", "notification_id", "Our Invoices", domain=[("side", "=", "receivable")], readonly=True
    )
    payable_line_ids = fields.One2many(
        "bizoverbiz.notice.line", "notification_id", "Their Invoices", domain=[("side", "=", "payable")], readonly=True
    )
    receivable = fields.Monetary("Set Off on Our Invoices", compute="_compute_totals")
    payable = fields.Monetary("Set Off on Their Invoices", compute="_compute_totals")

    _partner_uniq = models.Constraint("unique (notice_id, partner_id)", "A partner is told of a notice once.")

    @api.depends("notice_id.reference", "partner_id.name")
    def _compute_display_name(self):
        for notification in self:
            notification.display_name = self.env._(
                "%(notice)s for %(partner)s",
                notice=notification.notice_id.reference,
                partner=notification.partner_id.name,
            )

    @api.depends("line_ids.set_off", "line_ids.side")
    def _compute_totals(self):
        for notification in self:
            notification.receivable = sum(notification.receivable_line_ids.mapped("set_off"))
            notification.payable = sum(notification.payable_line_ids.mapped("set_off"))

    def action_send(self):
        """Send (again), for instance once the partner has an e-mail address."""
        self.notice_id.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        self.sudo()._send()
        return True

    def _recipient(self):
        """The partner's invoicing contact, or the firm itself, whichever has an e-mail address."""
        self.ensure_one()
        contact = self.env["res.partner"].browse(self.partner_id.address_get(["invoice"])["invoice"])
        return (contact | self.partner_id).filtered("email_normalized")[:1]

    def _send(self):
        for notification in self:
            recipient = notification._recipient()
            if not recipient:
                notification.state = "no_email"
                continue
            membership = notification.notice_id.membership_id
            lang = recipient.lang or notification.partner_id.lang or notification.company_id.partner_id.lang
            membership._post_mail(notification, TEMPLATE, recipient, lang)
            notification.write({"state": "sent", "sent_at": fields.Datetime.now(), "recipient_id": recipient.id})


class BizoverbizNoticeLine(models.Model):
    _inherit = "bizoverbiz.notice.line"

    notification_id = fields.Many2one(
        "bizoverbiz.notification", readonly=True, index="btree_not_null", ondelete="set null"
    )
    amount_before = fields.Monetary(
        "Open Before", compute="_compute_amount_before", help="Open on both sides before the decision."
    )
    amount_residual = fields.Monetary(
        "Remains to Pay", related="move_id.amount_residual", help="What is open on the invoice in these books now."
    )

    @api.depends("set_off", "remaining", "notice_id.kind")
    def _compute_amount_before(self):
        for line in self:
            sign = -1 if line.notice_id.kind == "reversal" else 1
            line.amount_before = line.remaining + sign * line.set_off
