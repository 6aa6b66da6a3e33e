from odoo import api, fields, models

from ..tools.minor_units import from_minor


class BizoverbizDiscrepancy(models.Model):
    """Where the books of two members disagree: a worklist, mirrored from the engine."""

    _name = "bizoverbiz.discrepancy"
    _description = "Discrepancy with a Partner's Books"
    _order = "active desc, due_date, id"
    _rec_name = "number"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    active = fields.Boolean("Open", default=True, readonly=True)
    uuid = fields.Char("Identifier", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("missing-at-debtor", "Missing at the debtor"),
            ("missing-at-creditor", "Missing at the creditor"),
            ("amounts-differ", "Amounts differ"),
            ("disputed", "In dispute"),
            ("ambiguous", "Number declared twice"),
        ],
        required=True,
        readonly=True,
    )
    side = fields.Selection([("receivable", "Receivable"), ("payable", "Payable")], required=True, readonly=True)
    counterpart = fields.Char(required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    number = fields.Char("Invoice Number", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    our_amount = fields.Monetary("In Your Books", readonly=True)
    their_amount = fields.Monetary("In Theirs", readonly=True)
    difference = fields.Monetary(compute="_compute_difference", store=True)
    issue_date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    reason = fields.Text(readonly=True)
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    resolved_at = fields.Datetime(readonly=True)

    _uuid_uniq = models.Constraint("unique (membership_id, uuid)", "A discrepancy is mirrored once.")

    @api.depends("our_amount", "their_amount")
    def _compute_difference(self):
        for discrepancy in self:
            discrepancy.difference = discrepancy.our_amount - discrepancy.their_amount

    @api.model
    def _fetch(self, membership):
        """Mirror the engine's list; what is no longer on it is resolved, and kept."""
        found = membership._request("GET", "/v1/discrepancies")["discrepancies"]
        known = {
            record.uuid: record
            for record in self.with_context(active_test=False).search([("membership_id", "=", membership.id)])
        }
        moves = membership._moves_by_reference(item.get("reference") for item in found)
        own = membership.identifier
        partners = membership._partners_by_identifier(
            {item["debtor"] if item["creditor"] == own else item["creditor"] for item in found}
        )
        for item in found:
            values = self._prepare_values(membership, item, moves, partners)
            if record := known.pop(str(item["id"]), None):
                record.write(values)
            else:
                self.create(values)
        resolved = self.concat(*known.values()).filtered("active")
        resolved.write({"active": False, "resolved_at": fields.Datetime.now()})

    @api.model
    def _prepare_values(self, membership, item, moves, partners):
        ours, theirs = "creditor", "debtor"
        if item["creditor"] != membership.identifier:
            ours, theirs = theirs, ours
        currency = membership._currency(item["currency"])
        digits = currency.decimal_places
        side = "receivable" if ours == "creditor" else "payable"
        line = {"reference": item.get("reference"), "side": side, "counterpart": item[theirs]}
        move = membership._invoice_of_line(line, currency, moves)
        return {
            "membership_id": membership.id,
            "uuid": str(item["id"]),
            "active": True,
            "resolved_at": False,
            "kind": item["kind"],
            "side": side,
            "counterpart": item[theirs],
            "partner_id": (move.commercial_partner_id or partners.get(item[theirs], self.env["res.partner"])).id,
            "number": item["number"],
            "currency_id": currency.id,
            "our_amount": from_minor(item[f"{ours}_amount"] or 0, digits),
            "their_amount": from_minor(item[f"{theirs}_amount"] or 0, digits),
            "issue_date": item.get("issue_date"),
            "due_date": item.get("due_date"),
            "reason": item.get("reason"),
            "move_id": move.id,
        }

    def action_open_invoice(self):
        """The invoice behind the line, or the partner's invoices where ours is missing."""
        self.ensure_one()
        if self.move_id:
            return self.move_id.get_formview_action()
        receivable = self.side == "receivable"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type" if receivable else "account.action_move_in_invoice_type"
        )
        return {
            **action,
            "domain": [("move_type", "=", "out_invoice" if receivable else "in_invoice")],
            "context": {
                "default_move_type": "out_invoice" if receivable else "in_invoice",
                "default_partner_id": self.partner_id.id,
                "search_default_partner_id": self.partner_id.id,
            },
        }
