from odoo import Command, api, fields, models
from odoo.exceptions import UserError

TEAM_SOURCING = "bizoverbiz_prospection.crm_team_sourcing"
SOURCE = "bizoverbiz_prospection.utm_source_bizoverbiz"
TAGS = {
    "suppliers": "bizoverbiz_prospection.crm_tag_supplier",
    "customers": "bizoverbiz_prospection.crm_tag_customer",
}


class BizoverbizLeadCreation(models.TransientModel):
    """Firms found become leads: who follows them up, in which team, and which are known already."""

    _name = "bizoverbiz.lead.creation"
    _description = "Create Leads of Firms Found"

    hit_ids = fields.Many2many("bizoverbiz.hit", readonly=True)
    new_hit_ids = fields.Many2many("bizoverbiz.hit", compute="_compute_hits", string="Become Leads")
    known_hit_ids = fields.Many2many("bizoverbiz.hit", compute="_compute_hits", string="Known Already")
    contact_count = fields.Integer(compute="_compute_hits")
    direction = fields.Selection(related="hit_ids.direction")
    type = fields.Selection(
        [("lead", "Lead"), ("opportunity", "Opportunity")],
        required=True,
        default=lambda self: "lead" if self.env.user.has_group("crm.group_use_lead") else "opportunity",
    )
    user_id = fields.Many2one(
        "res.users", "Salesperson", default=lambda self: self.env.user, domain=[("share", "=", False)]
    )
    team_id = fields.Many2one("crm.team", "Sales Team", compute="_compute_team_id", store=True, readonly=False)
    tag_ids = fields.Many2many("crm.tag", string="Tags", compute="_compute_tag_ids", store=True, readonly=False)
    include_contacts = fields.Boolean(
        "Also of Firms That Are Contacts", help="The lead then hangs on the contact there is."
    )

    @api.depends("hit_ids", "include_contacts")
    def _compute_hits(self):
        for wizard in self:
            contacts = wizard.hit_ids.filtered(lambda hit: hit.known_as == "partner")
            new = wizard.hit_ids.filtered(lambda hit: hit.known_as == "new")
            wizard.new_hit_ids = new | contacts if wizard.include_contacts else new
            wizard.known_hit_ids = wizard.hit_ids - wizard.new_hit_ids
            wizard.contact_count = len(contacts)

    @api.depends("hit_ids", "user_id")
    def _compute_team_id(self):
        """Suppliers go to a team of their own, so that what is bought never stands in a forecast of sales."""
        for wizard in self:
            if wizard.direction == "suppliers":
                wizard.team_id = self.env.ref(TEAM_SOURCING, raise_if_not_found=False)
            else:
                wizard.team_id = self.env["crm.team"]._get_default_team_id(user_id=wizard.user_id.id)

    @api.depends("hit_ids")
    def _compute_tag_ids(self):
        for wizard in self:
            tag = self.env.ref(TAGS.get(wizard.direction, ""), raise_if_not_found=False)
            wizard.tag_ids = tag or self.env["crm.tag"]

    def action_create(self):
        """Make the leads and show them."""
        self.ensure_one()
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        if not self.new_hit_ids:
            raise UserError(self.env._("There is a lead or a contact of each of these firms already: open those."))
        leads = self.env["crm.lead"].create([self._prepare_lead(hit) for hit in self.new_hit_ids])
        self.hit_ids.invalidate_recordset(["known_as", "lead_id"])
        return self._show(leads)

    def _prepare_lead(self, hit):
        partner = hit.partner_id
        what = hit.matched_keywords or hit.search_id.keywords or hit.naf
        company = hit.company_id
        values = {
            "name": f"{hit.name} – {what}" if what else hit.name,
            "type": self.type,
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
            "company_id": company.id,
            "tag_ids": [Command.set(self.tag_ids.ids)],
            "source_id": self.env.ref(SOURCE).id,
            "bizoverbiz_company_id": company.root_id.id,
            "bizoverbiz_identifier": hit.identifier,
            "bizoverbiz_direction": hit.direction,
            "bizoverbiz_keywords": hit.matched_keywords,
            "bizoverbiz_reasons": hit.reason_text,
            "bizoverbiz_potential": hit.potential,
            "bizoverbiz_potential_round": hit.potential_round,
            "bizoverbiz_sells": hit.sells,
            "bizoverbiz_buys": hit.buys,
            "bizoverbiz_naf": hit.naf,
            "bizoverbiz_is_member": hit.is_member,
            "bizoverbiz_listed_at": fields.Datetime.now(),
        }
        return {**values, **({"partner_id": partner.id} if partner else self._prepare_firm(hit))}

    def _prepare_firm(self, hit):
        french = hit.identifier.isdecimal()
        spoken = (hit.languages or "").split()
        installed = [code for code, _name in self.env["res.lang"].get_installed() if code[:2] in spoken]
        return {
            "partner_name": hit.name,
            "city": hit.commune_name,
            "country_id": self.env.ref("base.fr").id if french else False,
            "lang_id": bool(installed) and self.env["res.lang"]._get_data(code=installed[0]).id,
            "contact_name": hit.contact_name,
            "email_from": hit.contact_email,
            "phone": hit.contact_phone,
        }

    def _show(self, leads):
        name = "crm.crm_lead_all_leads" if self.type == "lead" else "crm.crm_lead_opportunities"
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        # Without the views that the action brings: its own come in another order than a list of what was made needs.
        action.update(
            domain=[("id", "in", leads.ids)],
            context={},
            view_mode="list,form",
            views=[(False, "list"), (False, "form")],
        )
        return action
