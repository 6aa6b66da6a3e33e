from odoo import api, fields, models
from odoo.exceptions import ValidationError

MAX_RADIUS = 500


class BizoverbizProfileArea(models.Model):
    """Where a firm delivers or works, beyond the commune it sits in."""

    _name = "bizoverbiz.profile.area"
    _description = "Area Served"
    _order = "id"
    _rec_name = "territory_id"

    profile_id = fields.Many2one("bizoverbiz.profile", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="profile_id.company_id", store=True)
    territory_id = fields.Many2one("bizoverbiz.territory", string="Area", required=True, ondelete="restrict")
    kind = fields.Selection(related="territory_id.kind")
    radius_km = fields.Integer("Km Around", help="Around a commune only.")

    @api.constrains("radius_km", "territory_id")
    def _check_radius(self):
        for area in self:
            if not 0 <= area.radius_km <= MAX_RADIUS:
                raise ValidationError(
                    self.env._(
                        "%(km)s km around %(area)s: a radius is 0 to 500 km.",
                        km=area.radius_km,
                        area=area.territory_id.name,
                    )
                )
            if area.radius_km and area.kind != "commune":
                raise ValidationError(
                    self.env._("%s is no commune: a radius goes around a commune only.", area.territory_id.name)
                )

    def _prepare_served(self):
        """As the engine wants it."""
        return [
            {"kind": area.kind, "code": area.territory_id.code, "radius_km": area.radius_km or None} for area in self
        ]
