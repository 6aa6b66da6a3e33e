from odoo import api, fields, models

from ..tools.minor_units import from_minor


# pylint: disable=consider-merging-classes-inherited; what a mandate approves is a thing of its own
class BizoverbizStatement(models.Model):
    """Statements that a standing mandate answered before anybody saw them."""

    _inherit = "bizoverbiz.statement"

    mandate_id = fields.Many2one("bizoverbiz.mandate", readonly=True, ondelete="restrict", index="btree_not_null")

    @api.model
    def _fetch_mandated(self, membership):
        """What a mandate approves may be decided at once: its statement is to be known before its notice."""
        if self.env["bizoverbiz.mandate"].search(
            [("membership_id", "=", membership.id), ("sent_at", "!=", False)], limit=1
        ):
            self._fetch(membership)

    @api.model
    def _receive(self, membership, item, moves, partners):
        statement = super()._receive(membership, item, moves, partners)
        if statement.state in ("approved", "decided"):
            statement._take_mandate(item)
        return statement

    def _take_mandate(self, item):
        """Count what the engine approved in the firm's name, if a mandate given here covers all of it."""
        mandate = self.env["bizoverbiz.mandate"]._covering(self.membership_id, item)
        if not mandate:
            if self.is_open:
                self._approved_elsewhere(item)
            return
        digits = self.currency_id.decimal_places
        approved = {str(line["id"]): line["approved"] for line in item["lines"]}
        unknown = self.line_ids.browse()
        for line in self.line_ids:
            amount = approved.get(line.uuid)
            limit = from_minor(amount or 0, digits)
            # What these books do not know could not be booked: a mandate is no explicit word for it.
            known = bool(line.move_id)
            line.write(
                {"approved": limit if known else 0.0, "approval_limit": limit, "left_open": amount is None and known}
            )
            if limit and not known:
                unknown |= line
        self.write(
            {
                "mandate_id": mandate.id,
                "answer": "approve",
                "answer_state": "sent",
                "answered_by": item.get("answered_by") or mandate.given_by,
            }
        )
        self.message_post(body=self.env._("Approved by the %(mandate)s.", mandate=mandate.display_name))
        if self.is_open and self.line_ids.filtered(lambda line: line.left_open and line.proposed):
            self._ask(
                self._approvers(),
                self.env._("The mandate has approved a part. Approve the rest, if you wish, before the decision."),
            )
        if unknown and self.is_open:
            self._store_answer("approve")
            self.membership_id._trigger_exchange()

    def _approved_elsewhere(self, item):
        """Nothing in these books covers the approval: a notice based on it will be rejected, so say so now."""
        self.message_post(
            body=self.env._(
                "The network holds an approval of this statement by %(name)s that is not in these books. Unless an "
                "approver approves it here too, its notice will not be booked without an administrator.",
                name=item.get("answered_by") or self.env._("somebody"),
            )
        )
