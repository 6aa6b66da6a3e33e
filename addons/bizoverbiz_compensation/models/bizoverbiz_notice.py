import hashlib
import json

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..tools.minor_units import from_minor, to_minor
from ..tools.notice import NoticeInvalidError, verify

ACTIVITY = "bizoverbiz_compensation.mail_activity_type_notice"
SQL_TRANSACTION = SQL("SELECT pg_current_xact_id()::text")


class BizoverbizNotice(models.Model):
    """The signed document of a decision for this member, kept byte for byte, and what became of it in the books."""

    _name = "bizoverbiz.notice"
    _description = "Set-off Notice"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"
    _order = "membership_id, number desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True, index=True)
    silence = fields.Text(related="membership_id.silence")
    number = fields.Integer(required=True, readonly=True, aggregator=None)
    reference = fields.Char(compute="_compute_reference", store=True)
    state = fields.Selection(
        [
            ("received", "To book"),
            ("blocked", "Blocked"),
            ("booked", "Booked"),
            ("acknowledged", "Booked and acknowledged"),
            ("rejected", "Rejected"),
        ],
        default="received",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    rejection = fields.Selection(
        [("invalid", "It does not verify"), ("unapproved", "It exceeds the approval in these books")],
        readonly=True,
        tracking=True,
    )
    jws = fields.Text("Signed Notice", required=True, readonly=True, copy=False)
    network = fields.Char(readonly=True)
    round = fields.Integer(readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    total = fields.Monetary("Set Off", readonly=True, help="As much on your receivables as on your payables.")
    excess = fields.Monetary(
        compute="_compute_excess",
        store=True,
        help="Set off on invoices that had been settled otherwise in between: still open on the partner's account.",
    )
    decided_at = fields.Datetime(readonly=True)
    decision_date = fields.Date(readonly=True, help="The day of the decision where the company is.")
    booking_date = fields.Date(readonly=True, help="Day of the entry where it is not the day of the decision.")
    audit_head = fields.Char(readonly=True, help="Head of the network's audit log when the notice was signed.")
    statement_id = fields.Many2one("bizoverbiz.statement", readonly=True, index="btree_not_null")
    line_ids = fields.One2many("bizoverbiz.notice.line", "notice_id", "Lines", readonly=True)
    move_ids = fields.One2many("account.move", "bizoverbiz_notice_id", "Entries", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", compute="_compute_move_id")
    booking_transaction = fields.Char(readonly=True)
    error = fields.Text(readonly=True)

    _number_uniq = models.Constraint("unique (membership_id, number)", "A notice is kept once.")

    @api.depends("network", "number")
    def _compute_reference(self):
        for notice in self:
            notice.reference = " ".join(filter(None, (notice.network, f"AVIS-{notice.number:06d}")))

    @api.depends("line_ids.excess")
    def _compute_excess(self):
        for notice in self:
            notice.excess = sum(notice.line_ids.mapped("excess"))

    @api.depends("reference")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = notice.reference

    @api.depends("move_ids")
    def _compute_move_id(self):
        for notice in self:
            notice.move_id = notice.move_ids[:1]

    def write(self, vals):
        if "jws" in vals and any(notice.rejection != "invalid" for notice in self):
            raise UserError(self.env._("A verified notice is never altered."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Notices are accounting documents: they are kept."))

    # What the books contain

    @api.model
    def _last_booked(self, membership):
        """Highest number up to which every notice is booked."""
        booked = self.search([("membership_id", "=", membership.id), ("state", "in", ("booked", "acknowledged"))])
        return self._without_gap(booked)

    @api.model
    def _last_verified(self, membership):
        """Highest number up to which every notice was received and proved genuine."""
        genuine = self.search([("membership_id", "=", membership.id), ("rejection", "!=", "invalid")])
        return self._without_gap(genuine)

    @api.model
    def _without_gap(self, notices):
        numbers = set(notices.mapped("number"))
        last = 0
        while last + 1 in numbers:
            last += 1
        return last

    # Receiving

    @api.model
    def _fetch_and_book(self, membership):
        """Fetch what follows the last genuine notice, keep it, and book what is to be booked."""
        after = self._last_verified(membership)
        answer = membership._request("GET", "/v1/notices", params={"after": after})
        for item in answer["notices"]:
            if self._receive(membership, item["number"], item["jws"]).rejection == "invalid":
                break
        waiting = self.search(
            [("membership_id", "=", membership.id), ("state", "in", ("received", "blocked"))], order="number"
        )
        for notice in waiting:
            notice._book_safely()
        if waiting.filtered(lambda notice: notice.state == "booked"):
            membership._trigger_exchange()

    @api.model
    def _receive(self, membership, number, jws):
        """Keep a notice as delivered; verify it before anything else is done with it."""
        known = self.search([("membership_id", "=", membership.id), ("number", "=", number)])
        if known and known.rejection != "invalid":
            if known.jws != jws:
                known._raise_alarm(
                    self.env._("The network delivered another document under this number. The one kept stays valid.")
                )
            return known
        try:
            payload = verify(
                jws,
                json.loads(membership.sudo().engine_keys or "{}"),
                membership.identifier,
                self._last_verified(membership) + 1,
            )
            if number != payload["number"]:
                raise NoticeInvalidError("number", number=number, expected=payload["number"])
            if not membership._currency(payload["currency"]):
                raise NoticeInvalidError("form")
        except NoticeInvalidError as error:
            return self._reject(membership, known, number, jws, self._explain(error))
        values = {
            "jws": jws,
            "state": "received",
            "rejection": False,
            "error": False,
            **self._prepare_values(membership, payload),
        }
        if known:
            known._keep_superseded()
            known.write(values)
        else:
            known = self.create({"membership_id": membership.id, "number": number, **values})
        known._check_approved()
        return known

    @api.model
    def _prepare_values(self, membership, payload):
        currency = membership._currency(payload["currency"])
        moves = membership._moves_by_reference(line.get("reference") for line in payload["lines"])
        statement = self.env["bizoverbiz.statement"].search(
            [
                ("membership_id", "=", membership.id),
                ("round", "=", payload["round"]),
                ("currency_id", "=", currency.id),
            ],
            limit=1,
        )
        prepare_line = self.env["bizoverbiz.notice.line"]._prepare_values
        answered = {(line.uuid, line.side, line.counterpart): line for line in statement.line_ids}
        company = membership.company_id
        return {
            "network": payload["network"],
            "round": payload["round"],
            "currency_id": currency.id,
            "total": from_minor(payload["total"], currency.decimal_places),
            "decided_at": company._bizoverbiz_utc(payload["decided_at"]),
            "decision_date": company._bizoverbiz_local_date(payload["decided_at"]),
            "audit_head": payload["audit_head"],
            "statement_id": statement.id,
            "line_ids": [
                Command.create(prepare_line(membership, line, answered, currency, moves)) for line in payload["lines"]
            ],
        }

    @api.model
    def _reject(self, membership, known, number, jws, reason):
        """Keep what does not verify, book nothing, acknowledge nothing, and tell the administrators once."""
        if known.jws == jws and known.error == reason:
            return known
        values = {"jws": jws, "state": "rejected", "rejection": "invalid", "error": reason}
        if known:
            known.write(values)
        else:
            known = self.create({"membership_id": membership.id, "number": number, **values})
        known._raise_alarm(reason)
        return known

    def _keep_superseded(self):
        """The copy that did not verify stays readable beside the genuine one."""
        self.message_post(
            body=self.env._("A genuine copy arrived. The copy that was rejected is attached."),
            attachments=[(f"{self.number}-rejected.jws", self.jws.encode())],
        )

    def _raise_alarm(self, reason):
        self.message_post(body=reason)
        self.membership_id._remind(self, ACTIVITY, "bizoverbiz_network.group_administrator", reason)

    def _check_approved(self):
        """Reject a genuine notice that sets off more than was approved here."""
        earlier = self.line_ids.search(
            [
                ("uuid", "in", self.line_ids.mapped("uuid")),
                ("notice_id", "!=", self.id),
                ("notice_id.membership_id", "=", self.membership_id.id),
            ]
        )
        decided = set(earlier.mapped("uuid"))
        excessive = self.line_ids.filtered(
            lambda line: (
                line.uuid in decided
                or line.currency_id.compare_amounts(line.set_off, line.statement_line_id.approval_limit) > 0
            )
        )
        if not excessive:
            return
        reason = self.env._(
            "The notice sets off more than was approved in these books on %(invoices)s. If this database was restored "
            "from a backup made before the approval, an administrator can have the notice booked; otherwise ask the "
            "operator.",
            invoices=", ".join(excessive.mapped("number")),
        )
        self.write({"state": "rejected", "rejection": "unapproved", "error": reason})
        self._raise_alarm(reason)

    def action_accept(self):
        """Book a genuine notice although its approval is not in these books (restored copy)."""
        if not self.env.su and not self.env.user.has_group("bizoverbiz_network.group_administrator"):
            raise AccessError(self.env._("Only a BizOverBiz administrator may accept a notice beyond the approval."))
        self.check_access("read")
        for notice in self.sudo().filtered(
            lambda notice: notice.state == "rejected" and notice.rejection == "unapproved"
        ):
            notice.write({"state": "received", "error": False})
            notice.message_post(body=self.env._("Accepted although the approval is not in these books."))
            notice.activity_unlink([ACTIVITY])
            notice._book_safely()
            notice.membership_id._trigger_exchange()
        return True

    def _explain(self, error):
        """The reason why a notice does not verify, in the reader's language."""
        reasons = {
            "encoding": self.env._("it is not a signed document as agreed"),
            "header": self.env._("its header names another kind of document or signature"),
            "key": self.env._("it is signed with a key that is not among the network's pinned keys"),
            "signature": self.env._("its signature is wrong: the content was altered or comes from somebody else"),
            "canonical": self.env._("its content is not in canonical form"),
            "form": self.env._("its content is incomplete"),
            "member": self.env._("it is addressed to %(member)s, not to this firm", **error.values)
            if error.code == "member"
            else "",
            "number": self.env._("its number is %(number)s where %(expected)s is due", **error.values)
            if error.code == "number"
            else "",
            "ceiling": self.env._("%(line)s is set off beyond its ceiling", **error.values)
            if error.code == "ceiling"
            else "",
            "proof": self.env._("a line is not proved to stand in the round"),
            "reverses": self.env._("%(line)s does not say rightly which set-off is opened again", **error.values)
            if error.code == "reverses"
            else "",
            "balance": self.env._("receivables and payables do not add up to its total"),
        }
        return self.env._(
            "This notice is refused and nothing is booked: %(reason)s. It is fetched again at every exchange; if it "
            "stays so, contact the network's operator.",
            reason=reasons[error.code],
        )

    # Acknowledging

    @api.model
    def _acknowledge_booked(self, membership):
        """Acknowledge bookings of earlier transactions: those are certainly committed."""
        [(transaction,)] = self.env.execute_query(SQL_TRANSACTION)
        booked = self.search([("membership_id", "=", membership.id), ("state", "=", "booked")], order="number")
        for notice in booked.filtered(lambda notice: notice.booking_transaction != transaction):
            booked_as = {"booked": notice._prepare_acknowledgement()}
            # A copy restored from a backup may book under another name: that is another request.
            fingerprint = hashlib.sha256(json.dumps(booked_as, sort_keys=True).encode()).hexdigest()[:16]
            try:
                membership._request(
                    "PUT",
                    f"/v1/notices/{notice.number}/acknowledgement",
                    booked_as,
                    idempotency_key=f"acknowledgement-{notice.number}-{fingerprint}",
                )
            except EngineRefused as error:
                notice.error = self.env._("The network did not take the acknowledgement: %(reason)s", reason=error)
            else:
                notice.write({"state": "acknowledged", "error": False})

    def _prepare_acknowledgement(self):
        digits = self.currency_id.decimal_places
        amounts = dict.fromkeys(self.move_ids, 0)
        for line in self.line_ids.filtered(lambda line: line.side == "receivable"):
            amounts[line.item_ids.move_id] += to_minor(line.set_off, digits)
        return [
            {
                "entry": move.name,
                "date": fields.Date.to_string(move.date),
                "currency": self.currency_id.name,
                "amount": amounts[move],
            }
            for move in self.move_ids.sorted("id")
        ]
