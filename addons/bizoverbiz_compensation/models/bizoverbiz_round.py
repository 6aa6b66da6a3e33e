from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused

#: New rounds looked at in one exchange: a firm that joins late catches up over several.
MAX_NEW = 20
OVER = ("closed", "abandoned")
TIMES = ("opened_at", "cut_at", "frozen_at", "proposed_at", "deadline", "decided_at", "ended_at")


class BizoverbizRound(models.Model):
    """What is published of the network's rounds, for the calendar: their state and times, nobody's amounts."""

    _name = "bizoverbiz.round"
    _description = "Round of Set-offs"
    _order = "number desc"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    number = fields.Integer("Round", required=True, readonly=True, aggregator=None)
    kind = fields.Selection([("netting", "Set-off"), ("reversal", "Reversal")], required=True, readonly=True)
    state = fields.Selection(
        [
            ("collection", "Collection"),
            ("frozen", "Cut off"),
            ("proposed", "Approval"),
            ("decided", "Booking"),
            ("closed", "Closed"),
            ("abandoned", "Abandoned"),
        ],
        required=True,
        readonly=True,
        group_expand=True,
    )
    opened_at = fields.Datetime("Opened", readonly=True)
    cut_at = fields.Datetime(
        "Planned Cut-off", readonly=True, help="Empty where the network's operator cuts off by hand."
    )
    frozen_at = fields.Datetime("Cut-off", readonly=True)
    proposed_at = fields.Datetime("Proposed", readonly=True)
    deadline = fields.Datetime("Answer By", readonly=True)
    decided_at = fields.Datetime("Decided", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    starts_at = fields.Datetime(
        "From the Cut-off",
        compute="_compute_period",
        store=True,
        help="The cut-off, done or planned; until there is one, the day the round was opened.",
    )
    stops_at = fields.Datetime(
        "To the Decision",
        compute="_compute_period",
        store=True,
        help="The decision, or until then the deadline for answers.",
    )
    statement_ids = fields.Many2many("bizoverbiz.statement", compute="_compute_statement_ids", string="Statements")

    _number_uniq = models.Constraint("unique (membership_id, number)", "A round is mirrored once.")

    @api.depends("number")
    def _compute_display_name(self):
        for one in self:
            one.display_name = self.env._("Round %(number)s", number=one.number)

    @api.depends("opened_at", "cut_at", "frozen_at", "deadline", "decided_at", "ended_at")
    def _compute_period(self):
        for one in self:
            one.starts_at = one.frozen_at or one.cut_at or one.opened_at
            last = one.decided_at or one.ended_at or one.deadline
            one.stops_at = max(last, one.starts_at) if last and one.starts_at else one.starts_at

    @api.depends("membership_id", "number")
    def _compute_statement_ids(self):
        statements = self.env["bizoverbiz.statement"].search(
            [("membership_id", "in", self.membership_id.ids), ("round", "in", self.mapped("number"))]
        )
        by_round = statements.grouped(lambda statement: (statement.membership_id, statement.round))
        for one in self:
            one.statement_ids = by_round.get((one.membership_id, one.number), statements.browse())

    @api.model
    def _fetch(self, membership):
        """Look again at every round that is not over, and at those that have come since."""
        known = self.search([("membership_id", "=", membership.id)])
        for one in known.filtered(lambda one: one.state not in OVER):
            one.write(self._prepare_values(membership, membership._request("GET", f"/v1/rounds/{one.number}")))
        last = max(known.mapped("number"), default=0)
        for number in range(last + 1, last + 1 + MAX_NEW):
            try:
                told = membership._request("GET", f"/v1/rounds/{number}", expected=("not-found",))
            except EngineRefused as error:
                if error.slug == "not-found":
                    break
                raise
            self.create({"membership_id": membership.id, **self._prepare_values(membership, told)})

    @api.model
    def _prepare_values(self, membership, told):
        utc = membership.company_id._bizoverbiz_utc
        return {
            "number": told["number"],
            "kind": told["kind"],
            "state": told["state"],
            **{name: utc(told.get(name)) for name in TIMES},
        }

    def action_open_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_compensation.bizoverbiz_statement_action")
        if len(self.statement_ids) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.statement_ids.id}
        return {**action, "domain": [("id", "in", self.statement_ids.ids)]}
