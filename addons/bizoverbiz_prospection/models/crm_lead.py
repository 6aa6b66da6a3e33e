from odoo import api, fields, models

from .bizoverbiz_search import POTENTIAL_HELP, POTENTIALS


class CrmLead(models.Model):
    """A lead that is a firm of the network's directory."""

    _inherit = "crm.lead"

    bizoverbiz_identifier = fields.Char(
        "SIREN or VAT", copy=False, readonly=True, help="What the firm is known by in the network."
    )
    bizoverbiz_company_id = fields.Many2one(
        "res.company", readonly=True, copy=False, index="btree_not_null", help="The legal entity that found the firm."
    )
    bizoverbiz_direction = fields.Selection(
        [("suppliers", "Supplier"), ("customers", "Customer")], "Found As", copy=False, readonly=True
    )
    bizoverbiz_keywords = fields.Char("Matched Keywords", copy=False, readonly=True)
    bizoverbiz_reasons = fields.Text("Why It Was Found", copy=False, readonly=True)
    bizoverbiz_potential = fields.Selection(
        POTENTIALS, "Set-off Potential", copy=False, readonly=True, help=POTENTIAL_HELP
    )
    bizoverbiz_potential_round = fields.Integer("Potential as of Round", copy=False, readonly=True)
    bizoverbiz_sells = fields.Text("It Sells", copy=False, readonly=True)
    bizoverbiz_buys = fields.Text("It Buys", copy=False, readonly=True)
    bizoverbiz_naf = fields.Char("NAF Code", copy=False, readonly=True)
    bizoverbiz_is_member = fields.Boolean(
        "Member When Found", copy=False, readonly=True, help="It took part in the network when it was found."
    )
    bizoverbiz_withdrawn = fields.Boolean(
        "Profile Withdrawn", copy=False, readonly=True, help="The firm is not in the directory any more."
    )
    bizoverbiz_contact_request_ids = fields.One2many("bizoverbiz.contact.request", "lead_id")

    _bizoverbiz_identifier_uniq = models.UniqueIndex(
        "(bizoverbiz_company_id, bizoverbiz_identifier) WHERE bizoverbiz_identifier IS NOT NULL",
        "There is a lead of this firm already.",
    )

    @api.model
    def _bizoverbiz_leads(self, company, identifiers):
        """Leads there are of these firms, lost ones too: dict of identifier to lead.

        A lead made by hand counts if its contact is the firm.
        """
        identifiers = list(identifiers)
        domain = [
            "|",
            "&",
            ("bizoverbiz_company_id", "=", company.root_id.id),
            ("bizoverbiz_identifier", "in", identifiers),
            "&",
            ("company_id", "in", (False, company.id, company.root_id.id)),
            ("partner_id.bizoverbiz_identifier", "in", identifiers),
        ]
        leads = self.with_context(active_test=False).search(domain, order="active, id desc")
        return {lead.bizoverbiz_identifier or lead.partner_id.bizoverbiz_identifier: lead for lead in leads}

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._bizoverbiz_win()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if "stage_id" in vals:
            self._bizoverbiz_win()
        return result

    def _bizoverbiz_win(self):
        """Make the firm behind a lead that is won a contact with its SIREN: its invoices are declared from then on."""
        won = self.filtered(lambda lead: lead.won_status == "won" and lead.bizoverbiz_identifier)
        for lead in won:
            if not lead.partner_id:
                lead._handle_partner_assignment()
            entity = lead.partner_id.commercial_partner_id
            if not entity.bizoverbiz_identifier:
                entity.write(lead._bizoverbiz_prepare_identity())
            rank = "supplier_rank" if lead.bizoverbiz_direction == "suppliers" else "customer_rank"
            if not entity[rank]:
                entity.sudo()._increase_rank(rank)
            if entity.bizoverbiz_identifier == lead.bizoverbiz_identifier and lead.bizoverbiz_is_member:
                membership = lead.bizoverbiz_company_id.sudo().bizoverbiz_membership_id
                membership._note_member(lead.bizoverbiz_identifier)

    def _bizoverbiz_prepare_identity(self):
        """The number a firm is recognised by, where Odoo keeps it."""
        self.ensure_one()
        if self.bizoverbiz_identifier.isdecimal():
            return {"company_registry": self.bizoverbiz_identifier, "country_id": self.env.ref("base.fr").id}
        country = self.env["res.country"].search([("code", "=", self.bizoverbiz_identifier[:2])], limit=1)
        return {"vat": self.bizoverbiz_identifier, **({"country_id": country.id} if country else {})}

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        values = super()._prepare_customer_values(partner_name, is_company=is_company, parent_id=parent_id)
        if self.bizoverbiz_identifier and is_company:
            values.update(self._bizoverbiz_prepare_identity())
        return values

    def _find_matching_partner(self):
        return super()._find_matching_partner() or self._bizoverbiz_entity()

    def _create_customer(self, with_parent=None):
        """Never a second contact of the same firm: a person found goes below the one there is."""
        entity = self._bizoverbiz_entity()
        if not entity or with_parent:
            return super()._create_customer(with_parent=with_parent)
        if not self.contact_name:
            return entity
        return super()._create_customer(with_parent=entity)

    def _bizoverbiz_entity(self):
        self.ensure_one()
        if not self.bizoverbiz_identifier:
            return self.env["res.partner"]
        company = self.bizoverbiz_company_id or self.env.company
        entities = self.env["res.partner"]._bizoverbiz_entities(company, [self.bizoverbiz_identifier])
        return entities.get(self.bizoverbiz_identifier, self.env["res.partner"])

    def _merge_dependences(self, opportunities):
        """What was known of the firm goes to the lead that stays."""
        result = super()._merge_dependences(opportunities)
        found = opportunities.filtered("bizoverbiz_identifier")[:1]
        if found and not self.bizoverbiz_identifier:
            names = [name for name, field in self._fields.items() if name.startswith("bizoverbiz_") and field.store]
            values = found._convert_to_write({name: found[name] for name in names})
            values.pop("bizoverbiz_contact_request_ids", None)
            found.write({"bizoverbiz_identifier": False})
            found.flush_recordset()
            self.write(values)
        opportunities.sudo().bizoverbiz_contact_request_ids.lead_id = self
        return result
