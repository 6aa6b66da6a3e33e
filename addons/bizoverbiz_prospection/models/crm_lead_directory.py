from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused
from odoo.exceptions import UserError
from odoo.tools import split_every

#: Firms asked about in one call.
ASKED_PER_CALL = 250
ASK_AFTER = timedelta(hours=1)
#: What came from a profile, and goes with it.
ENRICHMENT = (
    "bizoverbiz_keywords",
    "bizoverbiz_reasons",
    "bizoverbiz_potential",
    "bizoverbiz_potential_round",
    "bizoverbiz_sells",
    "bizoverbiz_buys",
    "bizoverbiz_naf",
)
CONTACT = {"contact_name": "contact_name", "contact_email": "email_from", "contact_phone": "phone"}


# pylint: disable=consider-merging-classes-inherited; a lead, and what the directory gives and takes back
class CrmLead(models.Model):
    """What a lead owes to the directory: a contact by consent, and nothing after the firm has withdrawn."""

    _inherit = "crm.lead"

    bizoverbiz_contact_state = fields.Selection(
        selection=lambda self: self.env["bizoverbiz.contact.request"]._fields["state"].selection,
        string="Request for Contact",
        compute="_compute_bizoverbiz_contact_state",
        compute_sudo=True,
    )
    bizoverbiz_listed_at = fields.Datetime(
        "Seen in the Directory", readonly=True, copy=False, help="When the firm was last seen to be in the directory."
    )

    @api.depends("bizoverbiz_contact_request_ids.state")
    def _compute_bizoverbiz_contact_state(self):
        for lead in self:
            lead.bizoverbiz_contact_state = lead.bizoverbiz_contact_request_ids.sorted("id")[-1:].state

    def action_bizoverbiz_ask_for_contact(self):
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        self.ensure_one()
        self.check_access("write")
        if not self.bizoverbiz_identifier or self.bizoverbiz_withdrawn:
            raise UserError(self.env._("%s is not in the directory: there is nobody to ask.", self.name))
        name = self.partner_name or self.partner_id.commercial_partner_id.name or self.name
        return self.env["bizoverbiz.contact.request"]._compose(self.bizoverbiz_identifier, name, self)

    def action_bizoverbiz_look_up(self):
        """The firm's profile as it is in the directory today, and what could be set off with it today."""
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        self.ensure_one()
        self.check_access("write")
        if not self.bizoverbiz_identifier:
            raise UserError(self.env._("%s was not found in the directory: there is no profile to show.", self.name))
        membership = self.env["bizoverbiz.membership"]._of_company(self.bizoverbiz_company_id or self.company_id)
        params = {"direction": self.bizoverbiz_direction, "identifier": self.bizoverbiz_identifier, "limit": 1}
        hits = membership._request("GET", "/v1/directory", params=params)["hits"]
        lead = self.sudo()
        if not hits:
            lead._bizoverbiz_forget_profile()
            return
        hit = self.env["bizoverbiz.hit"]._prepare_hit(hits[0])
        told = ("sells", "buys", "naf", "potential", "potential_round", "is_member")
        lead.write(
            {
                **{f"bizoverbiz_{name}": hit[name] for name in told},
                "bizoverbiz_listed_at": fields.Datetime.now(),
                "bizoverbiz_withdrawn": False,
            }
        )

    def _bizoverbiz_take_contact(self, request):
        """Fill in whom the firm has named; what somebody has entered stays."""
        for lead in self:
            values = {name: request[given] for given, name in CONTACT.items() if request[given] and not lead[name]}
            if values:
                lead.write(values)
                lead.message_post(body=self.env._("%s has given its contact.", request.name))

    def _bizoverbiz_forget_contact(self, given):
        """The firm has taken its contact back: it goes from the lead, unless somebody has entered another one."""
        for lead in self:
            values = {CONTACT[name]: False for name, value in given.items() if lead[CONTACT[name]] == value}
            if values:
                lead.write(values)
                lead.message_post(body=self.env._("The firm has taken its contact back; it was removed."))

    @api.model
    def _bizoverbiz_forget_withdrawn(self, membership):
        """Ask which of the firms behind open leads are still in the directory, and forget what the others said.

        :raises EngineUnavailable, EngineRefused:
        """
        now = fields.Datetime.now()
        leads = self.with_context(active_test=False).search(
            [
                ("bizoverbiz_company_id", "=", membership.company_id.id),
                ("bizoverbiz_identifier", "!=", False),
                ("bizoverbiz_withdrawn", "=", False),
                "|",
                ("bizoverbiz_listed_at", "=", False),
                ("bizoverbiz_listed_at", "<", now - ASK_AFTER),
            ]
        )
        for chunk in split_every(ASKED_PER_CALL, leads.ids, self.browse):
            identifiers = sorted(set(chunk.mapped("bizoverbiz_identifier")))
            try:
                answer = membership._request(
                    "GET", "/v1/directory/listed", params=[("identifier", identifier) for identifier in identifiers]
                )
            except EngineRefused as error:
                if error.status == 404:  # an engine of an earlier release
                    return
                raise
            listed = set(answer["listed"])
            gone = chunk.filtered(lambda lead, listed=listed: lead.bizoverbiz_identifier not in listed)
            (chunk - gone).bizoverbiz_listed_at = now
            gone._bizoverbiz_forget_profile()

    def _bizoverbiz_forget_profile(self):
        """Of a firm that has left the directory, name and number stay: they are in public registers."""
        if not self:
            return
        self.write({**dict.fromkeys(ENRICHMENT, False), "bizoverbiz_withdrawn": True})
        for lead in self:
            lead.message_post(body=self.env._("The firm has left the directory: what its profile said was removed."))
