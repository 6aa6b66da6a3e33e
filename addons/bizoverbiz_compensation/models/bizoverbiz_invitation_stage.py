from odoo import fields, models
from odoo.tools import SQL


class BizoverbizInvitationStage(models.Model):
    """The funnel: each invitation once in every stage it has reached."""

    _name = "bizoverbiz.invitation.stage"
    _description = "Stage Reached by an Invitation"
    _auto = False
    _order = "stage, invitation_id"
    _rec_name = "partner_id"
    _depends = {
        "bizoverbiz.invitation": [
            "invited_at",
            "opened_at",
            "started_at",
            "joined_at",
            "set_off_at",
            "partner_id",
            "user_id",
            "company_id",
        ]
    }

    # Graphs sort by what is stored.
    stage = fields.Selection(
        [
            ("1_invited", "Invited"),
            ("2_opened", "Page Opened"),
            ("3_started", "Asked to join"),
            ("4_joined", "Joined"),
            ("5_set_off", "First set-off"),
        ],
        readonly=True,
    )
    reached_at = fields.Datetime(readonly=True, help="Empty where only a later stage was seen.")
    invited_at = fields.Datetime(readonly=True)
    invitation_id = fields.Many2one("bizoverbiz.invitation", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    user_id = fields.Many2one("res.users", "Invited By", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)

    @property
    def _table_query(self):
        """Whoever is in a stage has passed those before it, seen or not: one may ask the operator by itself."""
        moments = ("invited_at", "opened_at", "started_at", "joined_at", "set_off_at")
        stages = [stage for stage, _label in self._fields["stage"].selection]
        rows = [
            SQL(
                """
                SELECT id * 5 + %(place)s AS id, %(stage)s AS stage, %(moment)s AS reached_at, invited_at,
                       id AS invitation_id, partner_id, user_id, company_id
                  FROM bizoverbiz_invitation
                 WHERE invited_at IS NOT NULL AND COALESCE(%(later)s) IS NOT NULL
                """,
                place=place,
                stage=stage,
                moment=SQL.identifier(moments[place]),
                later=SQL(", ").join(SQL.identifier(moment) for moment in moments[place:]),
            )
            for place, stage in enumerate(stages)
        ]
        return SQL(" UNION ALL ").join(rows)
