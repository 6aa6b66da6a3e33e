import uuid

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.exceptions import UserError

from ..tools.minor_units import from_minor

#: Suggestions asked for in one page.
PER_PAGE = 1000


# pylint: disable=consider-merging-classes-inherited; suggestions are a matter of their own
class BizoverbizDiscrepancy(models.Model):
    """Two numbers that may mean one invoice: one obligation once both sides have confirmed it.

    A suggestion stands on the line of this side and on that of the other; answering one answers both.
    """

    _inherit = "bizoverbiz.discrepancy"

    suggestion_uuid = fields.Char("Suggestion", readonly=True, index="btree_not_null")
    suggested_number = fields.Char(
        readonly=True, help="The number under which the other side, or your own, may have entered the same invoice."
    )
    suggested_total = fields.Monetary("Invoice Total", readonly=True, help="The same in both books.")
    suggestion_answer = fields.Selection(
        [("confirm", "Confirmed by you"), ("reject", "Rejected by you")], "Your Answer", readonly=True
    )
    finding = fields.Selection(
        [
            ("missing-here", "Missing in your books"),
            ("missing-there", "Missing in your partner's books"),
            ("amounts-differ", "Amounts differ"),
            ("suggestion", "Suggestion to confirm"),
            ("disputed", "In dispute"),
            ("ambiguous", "Number declared twice"),
        ],
        "Discrepancy",
        compute="_compute_finding",
        store=True,
        help="What disagrees, seen from your books.",
    )

    @api.depends("kind", "is_missing_here", "suggestion_uuid", "suggestion_answer")
    def _compute_finding(self):
        """Debtor and creditor are the network's words; who works here knows its own books and the partner's."""
        for discrepancy in self:
            if discrepancy.suggestion_uuid and not discrepancy.suggestion_answer:
                discrepancy.finding = "suggestion"
            elif discrepancy.kind in ("missing-at-debtor", "missing-at-creditor"):
                discrepancy.finding = "missing-here" if discrepancy.is_missing_here else "missing-there"
            else:
                discrepancy.finding = discrepancy.kind

    @api.model
    def _fetch_suggestions(self, membership, discrepancies):
        """Open suggestions by identifier; asked for only if a discrepancy names one.

        :rtype: dict[str, dict]
        """
        found, after = {}, None
        while any(item.get("suggestion") for item in discrepancies):
            params = {"state": "open", "limit": PER_PAGE, **({"after": after} if after else {})}
            answer = membership._request("GET", "/v1/suggestions", params=params)
            found.update((str(item["id"]), item) for item in answer["suggestions"])
            after = answer.get("next")
            if not after:
                break
        return found

    @api.model
    def _prepare_suggestion(self, membership, number, item):
        """:param str number: the discrepancy's, one of the two that may mean one invoice"""
        if not item:
            return {
                "suggestion_uuid": False,
                "suggested_number": False,
                "suggested_total": 0.0,
                "suggestion_answer": False,
            }
        creditor, debtor = item["creditor_number"], item["debtor_number"]
        return {
            "suggestion_uuid": str(item["id"]),
            "suggested_number": debtor if number == creditor else creditor,
            "suggested_total": from_minor(item["amount_total"], membership._currency(item["currency"]).decimal_places),
            "suggestion_answer": self._known("suggestion_answer", item.get("answer")),
        }

    def action_confirm_suggestion(self):
        """Say that the two numbers mean one invoice. It counts once the other side has said so too."""
        return self._answer_suggestion("confirm")

    def action_reject_suggestion(self):
        """Say that they are two invoices. A rejection is final."""
        return self._answer_suggestion("reject")

    def _answer_suggestion(self, answer):
        self._check_may_work()
        self.check_access("read")
        for discrepancy in self:
            if not discrepancy.suggestion_uuid:
                raise UserError(self.env._("Nothing is suggested for %s any more.", discrepancy.number))
            discrepancy.sudo()._send_suggestion_answer(answer, self.env.user.email or self.env.user.login)
        self.env["bizoverbiz.membership"].sudo()._trigger_exchange()
        return True

    def _send_suggestion_answer(self, answer, answered_by):
        """Nothing is kept unsent: whoever could not be heard is told, and answers again."""
        try:
            said = self.membership_id._request(
                "PUT",
                f"/v1/suggestions/{self.suggestion_uuid}/answer",
                {"answer": answer, "answered_by": answered_by},
                idempotency_key=str(uuid.uuid4()),
            )
        except EngineRefused as error:
            if error.slug not in ("not-found", "too-late"):
                raise
            raise UserError(
                self.env._(
                    "The suggestion for %(number)s is settled or gone: the invoices were declared anew, or the other "
                    "side has rejected it. The next exchange shows what is left to do.",
                    number=self.number,
                )
            ) from error
        both = self.search(
            [("membership_id", "=", self.membership_id.id), ("suggestion_uuid", "=", self.suggestion_uuid)]
        )
        both.suggestion_answer = said["answer"]
        for discrepancy in both:
            discrepancy.message_post(
                body=self.env._(
                    "%(number)s is the same invoice as %(suggested)s: %(answer)s (%(who)s).",
                    number=discrepancy.number,
                    suggested=discrepancy.suggested_number,
                    answer=dict(self._fields["suggestion_answer"]._description_selection(self.env))[said["answer"]],
                    who=answered_by,
                )
            )
