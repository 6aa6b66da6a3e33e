from datetime import datetime

import pytz
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    bizoverbiz_journal_id = fields.Many2one(
        "account.journal",
        string="Set-off Journal",
        domain="[('type', '=', 'general'), ('company_id', '=', id)]",
        check_company=True,
        help="General journal of the entries that book notices. Created at the first booking if left empty.",
    )

    @api.constrains("bizoverbiz_journal_id")
    def _check_bizoverbiz_journal_id(self):
        for company in self:
            if company.bizoverbiz_journal_id and company.bizoverbiz_journal_id.type != "general":
                raise ValidationError(
                    company.env._(
                        "%(journal)s cannot take set-offs: choose a journal of type Miscellaneous.",
                        journal=company.bizoverbiz_journal_id.name,
                    )
                )

    def _bizoverbiz_set_off_journal(self):
        """The legal entity's journal for set-offs, shared by its branches; created at first need."""
        root = self.root_id
        if not root.bizoverbiz_journal_id:
            journals = self.env["account.journal"].with_company(root).with_context(lang=root.partner_id.lang)
            taken = journals.with_context(active_test=False).search_count(
                [("code", "=", "BOB"), ("company_id", "=", root.id)]
            )
            root.bizoverbiz_journal_id = journals.create(
                {
                    "name": journals.env._("Set-off"),
                    "type": "general",
                    "company_id": root.id,
                    **({} if taken else {"code": "BOB"}),
                }
            )
        return root.bizoverbiz_journal_id

    def _bizoverbiz_local_date(self, moment):
        """The company's calendar day at an instant, whoever runs the exchange.

        :param str moment: RFC 3339 instant
        """
        zones = pytz.country_timezones.get(self.country_id.code or "", [])
        zone = self.partner_id.tz or (zones[0] if zones else "UTC")
        return datetime.fromisoformat(moment).astimezone(pytz.timezone(zone)).date()
