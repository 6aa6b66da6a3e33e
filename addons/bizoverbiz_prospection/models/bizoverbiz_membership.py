import logging

from odoo import api, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

    def _exchange(self):
        result = super()._exchange()
        self._exchange_prospection()
        return result

    def _exchange_prospection(self):
        """The directory's share of an exchange. Whatever goes wrong with it, set-offs are not held up."""
        profile = self.env["bizoverbiz.profile"].sudo().search([("company_id", "=", self.company_id.id)])
        requests = self.env["bizoverbiz.contact.request"].sudo().with_company(self.company_id)
        leads = self.env["crm.lead"].sudo().with_company(self.company_id)
        for step in (
            profile._exchange,
            lambda: requests._exchange(self, profile),
            lambda: leads._bizoverbiz_forget_withdrawn(self),
        ):
            try:
                with self.env.cr.savepoint():
                    step()
            except (EngineUnavailable, EngineRefused) as error:
                _logger.info("Membership %s: the directory: %s", self.id, error)
                profile.last_error = str(error)

    def _note_member(self, identifier):
        """Count a firm in that the directory has shown as a member; the daily question corrects it if need be."""
        membership = self.sudo()
        if membership and identifier not in (known := membership._known_members()):
            membership.known_members = sorted(known | {identifier})
            self.env["res.partner"].invalidate_model(["is_bizoverbiz_member"])

    @api.model
    def _of_company(self, company=None):
        """The membership of a company's legal entity, with sudo; the current company's if none is named.

        :raises UserError: if it has none
        """
        company = company or self.env.company
        membership = company.sudo().bizoverbiz_membership_id
        if not membership:
            raise UserError(self.env._("%s takes part in no network: join one first.", company.name))
        return membership.with_company(membership.company_id)
