from odoo import api, fields, models

from ..tools.minor_units import from_minor


class BizoverbizPreview(models.Model):
    """About what the firm would get if the round were cut off now, as the network told it last.

    Rough on purpose (two significant digits, at most once a day): more would tell of other firms' books.
    """

    _name = "bizoverbiz.preview"
    _description = "Preview of a Set-off"
    _order = "set_off desc, id"
    _rec_name = "currency_id"

    membership_id = fields.Many2one(
        "bizoverbiz.membership", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="membership_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    set_off = fields.Monetary("Could Be Set Off", readonly=True, help="On each side, in about two digits.")
    computed_at = fields.Datetime("Computed", readonly=True)

    _currency_uniq = models.Constraint("unique (membership_id, currency_id)", "A currency has one preview.")

    @api.model
    def _fetch(self, membership):
        """Mirror what the network foresees; currencies of which it says nothing any more are gone."""
        known = {one.currency_id: one for one in self.search([("membership_id", "=", membership.id)])}
        for item in membership._request("GET", "/v1/preview")["preview"]:
            currency = membership._currency(item["currency"])
            values = {
                "set_off": from_minor(item["set_off"], currency.decimal_places),
                "computed_at": membership.company_id._bizoverbiz_utc(item["computed_at"]),
            }
            if preview := known.pop(currency, None):
                preview.write(values)
            elif currency:
                self.create({"membership_id": membership.id, "currency_id": currency.id, **values})
        self.union(*known.values()).unlink()
