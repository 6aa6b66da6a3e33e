import base64
import hashlib
import io
import logging

import qrcode
from odoo import api, fields, models
from odoo.exceptions import UserError
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

CRON = "bizoverbiz_compensation.ir_cron_documents"
REPORT = "bizoverbiz_compensation.action_report_notice"
TEMPLATE = "bizoverbiz_compensation.mail_template_notice"


# pylint: disable=consider-merging-classes-inherited; receiving, booking and telling are long enough for a file each
class BizoverbizNotice(models.Model):
    """Documents: what is filed and sent once a notice is booked, in a transaction of its own."""

    _inherit = "bizoverbiz.notice"

    fingerprint = fields.Char(
        compute="_compute_fingerprint", help="SHA-256 of the signed notice, in hexadecimal digits."
    )
    documents_pending = fields.Boolean("Documents to Send", readonly=True, copy=False)
    documents_sent_at = fields.Datetime("Documents Sent On", readonly=True, copy=False)
    documents_error = fields.Text("Why Documents Are Missing", readonly=True, copy=False)
    notification_ids = fields.One2many("bizoverbiz.notification", "notice_id", "Notifications", readonly=True)

    @api.depends("jws")
    def _compute_fingerprint(self):
        for notice in self:
            notice.fingerprint = hashlib.sha256((notice.jws or "").encode()).hexdigest()

    def _tell_invoices(self):
        """Entries that were taken over were told of when they were booked: only what was booked now calls for this."""
        result = super()._tell_invoices()
        self.documents_pending = True
        self.env.ref(CRON).sudo()._trigger()
        return result

    @api.model
    def _cron_send_documents(self):
        notices = self.search([("documents_pending", "=", True)], order="id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(notices))
        for notice in notices:
            if notice.try_lock_for_update(allow_referencing=True) and notice._is_live():
                notice._send_documents_safely()
            if not cron._commit_progress(1):
                break

    def _is_live(self):
        """A copy of the books sends nothing: the live ones do, or have done so."""
        membership = self.membership_id
        return not (membership.is_copy or membership.in_doubt_since)

    def _send_documents_safely(self):
        """One attempt: what fails is told in the chatter and waits for a person, who can press the button again."""
        self.ensure_one()
        company = self.company_id
        notice = self.with_company(company).with_context(lang=company.partner_id.lang)
        try:
            with self.env.cr.savepoint():
                notice._send_documents()
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("The documents of %s could not be sent", self.reference)
            reason = notice.env._("The documents could not be sent: %(reason)s", reason=error)
            notice.write({"documents_pending": False, "documents_error": reason})
            notice.message_post(body=reason)

    def action_send_documents(self):
        """File and send the documents of booked notices (again)."""
        self.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        if unbooked := self.filtered(lambda notice: notice.state not in ("booked", "acknowledged"))[:1]:
            raise UserError(
                self.env._("%(notice)s is not booked: its documents are sent once it is.", notice=unbooked.display_name)
            )
        for notice in self.sudo():
            notice._send_documents_safely()
        return True

    def action_notify_partners(self):
        """Tell customers and suppliers, also where the membership leaves that to a person."""
        self.membership_id._check_group("bizoverbiz_network.group_approver")
        self.check_access("read")
        for notice in self.sudo().filtered(lambda notice: notice.state in ("booked", "acknowledged")):
            notice._notifications().filtered(lambda one: one.state != "sent")._send()
        return True

    def _send_documents(self):
        self.documents_error = False
        attachments = self._attach(f"{self._document_name()}.jws", self.jws.encode(), "application/jose")
        attachments |= self._attach_pdf()
        accountants = self.membership_id._accountants()
        for lang, partners in accountants.grouped("lang").items():
            self.membership_id._post_mail(self, TEMPLATE, partners, lang or self.env.lang, attachments)
        if not accountants:
            self.message_post(body=self.env._("Booked. The signed notice is attached."), attachment_ids=attachments.ids)
        if self.membership_id.email_partners:
            self._notifications().filtered(lambda one: one.state != "sent")._send()
        self.write({"documents_pending": False, "documents_sent_at": fields.Datetime.now()})

    def _document_name(self):
        """The name of the notice's files, without extension."""
        self.ensure_one()
        return self.reference.replace("/", "-")

    def _qr_code(self):
        """The fingerprint as a picture, in the words of every rendering of the notice: an address for ``img``."""
        picture = io.BytesIO()
        qrcode.make(f"bizoverbiz-notice:sha256:{self.fingerprint}", box_size=4, border=0).save(picture, format="PNG")
        return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"

    def _attach_pdf(self):
        """The notice to read; where this server cannot make PDFs, the signed original alone has to do."""
        try:
            content, kind = self.env["ir.actions.report"].sudo()._render_qweb_pdf(REPORT, self.ids)
        except UserError as error:
            self.documents_error = self.env._("The PDF could not be made: %(reason)s", reason=error)
            return self.env["ir.attachment"]
        return self._attach(f"{self._document_name()}.{kind}", content, f"application/{kind}")

    def _attach(self, name, content, mimetype):
        """Keep a file once, however often the documents are sent."""
        attachments = self.env["ir.attachment"].sudo()
        found = attachments.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False), ("name", "=", name)],
            limit=1,
        )
        if found:
            return found
        return attachments.create(
            {"name": name, "raw": content, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
        )

    def _notifications(self):
        """One notification for each customer and supplier with invoices in the notice; made once."""
        self.ensure_one()
        by_partner = self.line_ids.grouped(lambda line: line.move_id.commercial_partner_id)
        told = self.notification_ids.partner_id
        new = [
            {"notice_id": self.id, "partner_id": partner.id}
            for partner in by_partner
            if partner and partner not in told
        ]
        for notification in self.notification_ids.create(new):
            by_partner[notification.partner_id].notification_id = notification
        return self.notification_ids
