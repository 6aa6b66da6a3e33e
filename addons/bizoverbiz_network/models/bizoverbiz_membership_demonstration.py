import ipaddress
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import UserError

from ..exceptions import EngineUnavailable

#: Where the demonstration hands out its invitations unless the system parameter names another port.
DEMONSTRATION = "http://127.0.0.1:8071"
PARAMETER = "bizoverbiz_network.demonstration_url"


# pylint: disable=consider-merging-classes-inherited; joining for real and for trying are a file each
class BizoverbizMembership(models.Model):
    _inherit = "bizoverbiz.membership"

    @api.model
    def _demonstration_invitation(self, company):
        """Ask the demonstration on this machine for an invitation made for the company.

        Both the demonstration and the engine it invites to must listen on loopback: whatever a system parameter or the
        answer says, this never leads to a network with other people in it.

        :raises UserError: if no demonstration runs here, it is not on this machine, or the company has no identifier
        """
        address = self.env["ir.config_parameter"].sudo().get_param(PARAMETER, DEMONSTRATION)
        if not _on_this_machine(address):
            raise UserError(
                self.env._(
                    "The demonstration runs on this machine only, and %(address)s is elsewhere: correct the system "
                    "parameter %(parameter)s.",
                    address=address,
                    parameter=PARAMETER,
                )
            )
        payload = {"identifier": company._bizoverbiz_checked_identifier()}
        try:
            answer = self.env["bizoverbiz.engine"]._call(
                "POST", f"{address.rstrip('/')}/invitations", payload=payload, timeout=(5, 60)
            )
        except EngineUnavailable as error:
            raise UserError(
                self.env._(
                    "No demonstration answers at %(address)s. Start it on this machine with “make demo” in the "
                    "folder of BizOverBiz; if it tells another port, set the system parameter %(parameter)s.",
                    address=address,
                    parameter=PARAMETER,
                )
            ) from error
        invitation = answer.get("invitation")
        if not _on_this_machine(self._parse_invitation(invitation).url):
            raise UserError(self.env._("%s invites to an engine elsewhere: this is no demonstration.", address))
        return invitation


def _on_this_machine(address):
    try:
        return ipaddress.ip_address(urlsplit(address).hostname or "").is_loopback
    except ValueError:
        return False
