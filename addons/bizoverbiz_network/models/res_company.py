from datetime import UTC, datetime

from odoo import api, fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    bizoverbiz_membership_id = fields.Many2one(
        "bizoverbiz.membership",
        string="BizOverBiz Membership",
        compute="_compute_bizoverbiz_membership_id",
        compute_sudo=True,
        help="The membership of the company's legal entity; branches share it.",
    )

    @api.depends("parent_path")
    def _compute_bizoverbiz_membership_id(self):
        memberships = self.env["bizoverbiz.membership"].search([("company_id", "in", self.root_id.ids)])
        by_company = {membership.company_id: membership for membership in memberships}
        for company in self:
            company.bizoverbiz_membership_id = by_company.get(company.root_id)

    def _bizoverbiz_identifier(self):
        """What the company's legal entity is known by in the network, or False.

        :return: nine digits (SIREN), a VAT number with its country prefix, or False
        """
        self.ensure_one()
        return self.sudo().root_id.partner_id._bizoverbiz_identifier()

    def _bizoverbiz_checked_identifier(self):
        """Like :meth:`_bizoverbiz_identifier`.

        :raises UserError: if the company has no valid number
        """
        identifier = self._bizoverbiz_identifier()
        if not identifier:
            raise UserError(
                self.env._(
                    "%(company)s cannot be identified: its Company ID is no valid SIREN or SIRET and its Tax ID is no "
                    "valid VAT number. Correct them on the company, then join.",
                    company=self.name,
                )
            )
        return identifier

    @staticmethod
    def _bizoverbiz_utc(moment):
        """An RFC 3339 instant as Odoo stores it: naive, UTC."""
        return datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None) if moment else False
