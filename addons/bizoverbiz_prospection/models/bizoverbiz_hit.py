from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .bizoverbiz_search import POTENTIAL_HELP, POTENTIALS

#: The reasons that name a word of the search.
WORDS = ("keyword", "synonym", "similar")


class BizoverbizHit(models.Model):
    """A firm that a search has found, as it describes itself; gone as soon as a later search does not find it."""

    _name = "bizoverbiz.hit"
    _description = "Firm Found in the Directory"
    _order = "search_id, sequence, id"

    search_id = fields.Many2one("bizoverbiz.search", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="search_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="search_id.user_id", store=True, index=True)
    direction = fields.Selection(related="search_id.direction")
    sequence = fields.Integer(readonly=True)
    uuid = fields.Char(readonly=True)
    identifier = fields.Char("SIREN or VAT", required=True, readonly=True, index=True)
    name = fields.Char("Firm", required=True, readonly=True)
    is_member = fields.Boolean("Member", readonly=True, help="It takes part in the network already.")
    score = fields.Float(readonly=True, digits=(3, 2), help="0 to 1; compares the firms of one search only.")
    match = fields.Integer(compute="_compute_match", help="The score in percent.")
    reasons = fields.Json(readonly=True)
    reason_text = fields.Char("Why It Is Here", compute="_compute_reason_text")
    matched_keywords = fields.Char(compute="_compute_matched_keywords")
    distance_km = fields.Integer("Distance (km)", readonly=True, aggregator="min")
    has_distance = fields.Boolean(readonly=True)
    distance_text = fields.Char("Distance", compute="_compute_distance_text")
    potential = fields.Selection(POTENTIALS, "Set-off Potential", readonly=True, help=POTENTIAL_HELP)
    potential_round = fields.Integer("Potential as of Round", readonly=True)
    sells = fields.Text(readonly=True)
    buys = fields.Text(readonly=True)
    naf = fields.Char("NAF Code", readonly=True)
    commune_name = fields.Char("Commune", readonly=True)
    department = fields.Char(readonly=True)
    languages = fields.Char(readonly=True)
    contact_name = fields.Char(readonly=True)
    contact_email = fields.Char(readonly=True)
    contact_phone = fields.Char(readonly=True)
    is_new = fields.Boolean("Announced Last", readonly=True)
    lead_id = fields.Many2one("crm.lead", compute="_compute_known_as", compute_sudo=True)
    partner_id = fields.Many2one("res.partner", compute="_compute_known_as", compute_sudo=True)
    known_as = fields.Selection(
        [("new", "New"), ("partner", "Contact"), ("lead", "Lead")],
        compute="_compute_known_as",
        compute_sudo=True,
        help="Whether there is a lead or a contact of this firm already.",
    )

    _identifier_uniq = models.UniqueIndex("(search_id, identifier)", "A firm is found once by a search.")

    @api.depends("score")
    def _compute_match(self):
        for hit in self:
            hit.match = round(100 * hit.score)

    @api.depends("has_distance", "distance_km")
    def _compute_distance_text(self):
        for hit in self:
            hit.distance_text = self.env._("%s km", hit.distance_km) if hit.has_distance else False

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for hit in self:
            asked = {reason.get("value") for reason in hit.reasons or () if reason.get("code") == "keyword"}
            hit.reason_text = " · ".join(
                hit._word_reason(reason)
                for reason in hit.reasons or ()
                # A word that was asked for and is another one's synonym too is told once.
                if reason.get("code") not in ("synonym", "similar") or reason.get("value") not in asked
            )

    def _word_reason(self, reason):
        """A reason in the user's language; one of a kind not known here in the engine's own words."""
        value = reason.get("value") or ""
        sells = self.direction == "suppliers"
        words = {
            "keyword": self.env._("sells “%s”", value) if sells else self.env._("buys “%s”", value),
            "synonym": self.env._("says “%s”, which means the same", value),
            "similar": self.env._("nearly the same word: “%s”", value),
            "category": self.env._("product category %s", value),
            "naf": self.env._("NAF %s", value),
            "territory": self._word_territory(reason),
            "potential": self.env._("set-off potential"),
        }
        return words.get(reason.get("code")) or reason.get("text") or value

    def _word_territory(self, reason):
        if (reason.get("value") or "").isdecimal() and self.has_distance:
            return self.env._("%s km away", self.distance_km)
        return self.env._("serves or sits in the area")

    @api.depends("reasons")
    def _compute_matched_keywords(self):
        for hit in self:
            words = [reason.get("value") for reason in hit.reasons or () if reason.get("code") in WORDS]
            hit.matched_keywords = ", ".join(dict.fromkeys(filter(None, words)))

    @api.depends("identifier", "company_id")
    def _compute_known_as(self):
        for company, hits in self.grouped("company_id").items():
            leads = self.env["crm.lead"]._bizoverbiz_leads(company, hits.mapped("identifier"))
            partners = self.env["res.partner"]._bizoverbiz_entities(company, hits.mapped("identifier"))
            for hit in hits:
                hit.lead_id = leads.get(hit.identifier, False)
                hit.partner_id = partners.get(hit.identifier, False)
                hit.known_as = "lead" if hit.lead_id else "partner" if hit.partner_id else "new"

    @api.model
    def _replace(self, search, items):
        """Bring the search's hits to what was found now."""
        known = {hit.identifier: hit for hit in search.sudo().hit_ids}
        new = []
        for sequence, item in enumerate(items, 1):
            values = {**self._prepare_hit(item), "sequence": sequence}
            if hit := known.pop(item["identifier"], None):
                hit.write(values)
            else:
                new.append({**values, "search_id": search.id})
        self.union(*known.values()).unlink()
        self.create(new)
        search.invalidate_recordset(["hit_ids", "hit_count"])

    @api.model
    def _prepare_hit(self, item):
        commune, contact = item.get("commune") or {}, item.get("contact") or {}
        bands = {band for band, _label in POTENTIALS}
        return {
            "uuid": item["id"],
            "identifier": item["identifier"],
            "name": item["name"],
            "is_member": item.get("member", True),
            "score": item.get("score") or 0.0,
            "reasons": item.get("reasons") or [],
            "has_distance": item.get("distance_km") is not None,
            "distance_km": item.get("distance_km") or 0,
            "potential": item.get("potential") if item.get("potential") in bands else False,
            "potential_round": item.get("potential_round") or 0,
            "sells": item.get("sells"),
            "buys": item.get("buys"),
            "naf": item.get("naf"),
            "commune_name": commune.get("name"),
            "department": commune.get("department"),
            "languages": " ".join(item.get("languages") or ()),
            "contact_name": contact.get("name"),
            "contact_email": contact.get("email"),
            "contact_phone": contact.get("phone"),
        }

    def action_create_leads(self):
        """Review before anything is made: which firms become leads, and which are known already."""
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        if not self:
            raise UserError(self.env._("Select the firms that are to become leads."))
        if len(self.search_id) > 1:
            raise UserError(self.env._("Take the firms of one search at a time."))
        wizard = self.env["bizoverbiz.lead.creation"].create({"hit_ids": [Command.set(self.ids)]})
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_prospection.bizoverbiz_lead_creation_action")
        return {**action, "res_id": wizard.id}

    def action_open_known(self):
        """The lead or contact there is of this firm."""
        self.ensure_one()
        record = self.lead_id.sudo(False) or self.partner_id.sudo(False)
        if not record:
            raise UserError(self.env._("There is no lead and no contact of %s yet.", self.name))
        record.check_access("read")
        return record.get_formview_action()

    def action_ask_for_contact(self):
        """A request to the firm, to be written."""
        self.ensure_one()
        return self.env["bizoverbiz.contact.request"]._compose(
            self.identifier, self.name, self.lead_id.sudo(False), self.is_member
        )
