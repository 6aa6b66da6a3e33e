from odoo import api, fields, models

from ..tools.minor_units import from_minor

#: What the network says where a dispute has no words.
NO_REASON = "no reason given"


class BizoverbizDiscrepancy(models.Model):
    """Where the books of two members disagree: a worklist, mirrored from the engine."""

    _name = "bizoverbiz.discrepancy"
    _description = "Discrepancy with a Partner's Books"
    _inherit = ["mail.thread"]
    _mail_post_access = "read"
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
    counterpart = fields.Char("Partner's Identifier", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    number = fields.Char("Invoice Number", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    our_amount = fields.Monetary("In Your Books", readonly=True)
    their_amount = fields.Monetary("In Theirs", readonly=True)
    is_missing_here = fields.Boolean("Missing in Your Books", readonly=True)
    is_missing_there = fields.Boolean("Missing in Theirs", readonly=True)
    difference = fields.Monetary(compute="_compute_difference", store=True)
    issue_date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    reason = fields.Text(readonly=True, help="In the network's words.")
    their_reason = fields.Char(
        "In Your Partner's Words", compute="_compute_their_reason", help="Why your partner disputes the invoice."
    )
    disputed_by = fields.Selection([("us", "You"), ("them", "Your partner"), ("both", "Both")], readonly=True)
    dispute_code = fields.Selection(
        [
            ("REF", "References"),
            ("LEG", "Legal information"),
            ("REC", "Receiver unknown"),
            ("QUA", "Quality"),
            ("DEL", "Delivery"),
            ("PRI", "Prices"),
            ("QTY", "Quantity"),
            ("ITM", "Items"),
            ("PAY", "Payment terms"),
            ("UNR", "Not recognised"),
            ("FIN", "Finance"),
            ("PPD", "Partially paid"),
            ("OTH", "Other"),
        ],
        "Disputed for",
        readonly=True,
    )
    way_out = fields.Selection(
        [
            ("ask-debtor", "Ask whether the invoice has arrived"),
            ("enter-or-dispute", "Enter the bill, or dispute it"),
            ("declare-or-deny", "Look for the invoice, or tell that it is not yours"),
            ("check-number", "Compare number and vendor with the bill"),
            ("reconcile", "Look for a payment or credit note that one side does not know"),
            ("settle-dispute", "Settle the dispute, then lift it"),
            ("answer-dispute", "Answer the dispute with proof or a credit note"),
            ("renumber", "Correct the number of all but one"),
            ("answer-suggestion", "Confirm or reject the suggested number"),
        ],
        "What to Do",
        readonly=True,
    )
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    resolved_at = fields.Datetime(readonly=True)

    _uuid_uniq = models.Constraint("unique (membership_id, uuid)", "A discrepancy is mirrored once.")

    @api.depends("our_amount", "their_amount")
    def _compute_difference(self):
        for discrepancy in self:
            discrepancy.difference = discrepancy.our_amount - discrepancy.their_amount

    @api.depends("reason", "side", "disputed_by")
    def _compute_their_reason(self):
        """Of `disputed by the creditor: …; disputed by the debtor: …` what the other side says, without the English."""
        for discrepancy in self:
            theirs, ours = "debtor", "creditor"
            if discrepancy.side == "payable":
                theirs, ours = ours, theirs
            _before, said, words = (discrepancy.reason or "").partition(f"disputed by the {theirs}: ")
            if ours == "debtor":
                words = words.partition("; disputed by the debtor: ")[0]
            discrepancy.their_reason = words if said and words != NO_REASON else False

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
        suggestions = self._fetch_suggestions(membership, found)
        new = []
        for item in found:
            values = self._prepare_values(membership, item, moves, partners)
            values |= self._prepare_suggestion(membership, item["number"], suggestions.get(item.get("suggestion")))
            if record := known.pop(str(item["id"]), None):
                record._update(values)
            else:
                new.append(values)
        self.with_context(mail_create_nolog=True).create(new)
        resolved = self.concat(*known.values()).filtered("active")
        resolved.write({"active": False, "resolved_at": fields.Datetime.now()})

    def _update(self, values):
        """Write what has changed: a worklist of thousands is read again at every exchange."""
        self.ensure_one()
        current = self.read(list(values), load="")[0]
        if changed := {name: value for name, value in values.items() if current[name] != value}:
            self.write(changed)

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
        way_out = item.get("way_out") or {}
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
            "is_missing_here": item[f"{ours}_amount"] is None,
            "is_missing_there": item[f"{theirs}_amount"] is None,
            "issue_date": fields.Date.to_date(item.get("issue_date") or False),
            "due_date": fields.Date.to_date(item.get("due_date") or False),
            "reason": item.get("reason") or False,
            "disputed_by": {ours: "us", theirs: "them", "both": "both"}.get(item.get("disputed_by"), False),
            "dispute_code": self._known("dispute_code", item.get("dispute_code")),
            "way_out": self._known("way_out", (way_out.get(ours) or {}).get("code")),
            "move_id": move.id,
        }

    @api.model
    def _known(self, field, code):
        """A code as the selection has it; one that a later engine has added says nothing here."""
        return code if code in self._fields[field].get_values(self.env) else False
