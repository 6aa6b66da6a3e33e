from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError, ValidationError

from .bizoverbiz_profile import NAF_PATTERN

#: Hits of one search at most, and of one page (the protocol's own limits).
MAX_HITS, PAGE = 200, 50
POTENTIALS = [("none", "None"), ("low", "Low"), ("medium", "Medium"), ("high", "High")]
POTENTIAL_HELP = (
    "How much of your trade with this firm the network could set off, as of its last closed round: a rough band, never "
    "an amount. Told only to members that are in the directory themselves."
)


class BizoverbizSearch(models.Model):
    """What somebody looks for among the network's members. Kept as long as it is watched, else for a week."""

    _name = "bizoverbiz.search"
    _description = "Directory Search"
    _order = "is_watched desc, id desc"

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users", "Searched By", required=True, readonly=True, index=True, default=lambda self: self.env.user
    )
    direction = fields.Selection(
        [("suppliers", "Suppliers: they sell it"), ("customers", "Customers: they buy it")],
        string="Looking For",
        default="suppliers",
        required=True,
    )
    keywords = fields.Char(size=200, help="In French; accents, plurals, small slips and usual synonyms do not matter.")
    naf = fields.Char("NAF Code", help="A code and everything below it: 46 finds 46.74A.")
    naf_version = fields.Selection([("rev2", "NAF rev. 2"), ("2025", "NAF 2025")], default="rev2", required=True)
    area_kind = fields.Selection(
        [
            ("commune", "Around a commune"),
            ("department", "In a department"),
            ("region", "In a region"),
        ],
        string="Where",
        help="Firms that sit there or serve it. Empty: everywhere.",
    )
    territory_id = fields.Many2one(
        "bizoverbiz.territory", string="Area", compute="_compute_territory_id", store=True, readonly=False
    )
    radius_km = fields.Integer("Within (km)", default=30)
    potential = fields.Selection(
        [("low", "Low or more"), ("medium", "Medium or more"), ("high", "High")],
        string="Set-off Potential",
        help=POTENTIAL_HELP,
    )
    hit_ids = fields.One2many("bizoverbiz.hit", "search_id", string="Firms", readonly=True)
    hit_count = fields.Integer("Firms Found", compute="_compute_hit_count")
    last_run = fields.Datetime("Searched At", readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)
    is_watched = fields.Boolean("Watched", readonly=True, copy=False)

    @api.depends("keywords", "direction", "naf", "territory_id", "area_kind")
    def _compute_name(self):
        for search in self:
            # The language of whoever searches: this may be computed at a flush, which has none.
            spoken = search.with_context(lang=search.user_id.lang).env
            words = {"suppliers": spoken._("Suppliers"), "customers": spoken._("Customers")}
            details = (search.keywords, search.naf, search.area_kind and search.territory_id.name)
            search.name = ", ".join(filter(None, (words.get(search.direction), *details)))

    @api.depends("area_kind")
    def _compute_territory_id(self):
        """Another kind of area is another area."""
        for search in self:
            if search.territory_id.kind != search.area_kind:
                search.territory_id = False

    @api.depends("hit_ids")
    def _compute_hit_count(self):
        counts = dict(
            self.env["bizoverbiz.hit"]._read_group([("search_id", "in", self.ids)], ["search_id"], ["__count"])
        )
        for search in self:
            search.hit_count = counts.get(search, 0)

    @api.constrains("naf")
    def _check_naf(self):
        for search in self:
            if search.naf and not NAF_PATTERN.fullmatch(search.naf):
                raise ValidationError(
                    self.env._("%s is no NAF code: it is written like 46.74A, or the beginning of one.", search.naf)
                )

    @api.constrains("radius_km", "area_kind")
    def _check_radius(self):
        for search in self:
            if search.area_kind == "commune" and not 1 <= search.radius_km <= 500:
                raise ValidationError(self.env._("%s km: a radius is 1 to 500 km.", search.radius_km))

    @api.onchange("naf")
    def _onchange_naf(self):
        if self.naf:
            compact = self.naf.replace(".", "").replace(" ", "").upper()
            self.naf = compact[:2] + ("." + compact[2:] if compact[2:] else "")

    # Searching

    def action_search(self):
        """Ask the directory and show what it found."""
        self.ensure_one()
        self._check_may_search()
        self._run()
        return self._show_hits()

    def action_show_hits(self):
        """What it finds now: a firm that has withdrawn its profile is not shown again from memory."""
        self.ensure_one()
        self._check_may_search()
        try:
            with self.env.cr.savepoint():
                self._run()
        except (EngineUnavailable, EngineRefused) as error:
            shown = self.env["bizoverbiz.membership"]._notify(
                "warning", self.env._("%s What is shown was found on an earlier day.", error)
            )
            shown["params"]["next"] = self._show_hits()
            return shown
        return self._show_hits()

    def _check_may_search(self):
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_salesman")
        self.check_access("write")

    def _show_hits(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_prospection.bizoverbiz_hit_action")
        return {**action, "domain": [("search_id", "=", self.id)]}

    def _run(self):
        """Ask the directory; hits that are not found any more go.

        :return: the hits
        :raises EngineUnavailable, EngineRefused: nothing is changed
        :raises UserError: if there is nothing to search for
        """
        self.ensure_one()
        items = self._fetch()
        self.env["bizoverbiz.hit"].sudo()._replace(self, items)
        self.sudo().write({"last_run": fields.Datetime.now(), "last_error": False})
        return self.hit_ids

    def _fetch(self):
        membership = self.env["bizoverbiz.membership"]._of_company(self.company_id)
        params, found = self._prepare_query(), []
        while len(found) < MAX_HITS:
            answer = membership._request("GET", "/v1/directory", params=params, timeout=(5, 30))
            found += answer["hits"]
            if not answer.get("next"):
                break
            params = {**params, "after": answer["next"]}
        return found[:MAX_HITS]

    def _prepare_query(self):
        """The search as parameters of the protocol.

        :raises UserError: if nothing is asked for
        """
        query = {
            "keywords": (self.keywords or "").strip(),
            "naf": self.naf,
            "potential": self.potential,
        }
        if self.area_kind and not self.territory_id:
            raise UserError(self.env._("Which area? Choose one, or leave “Where” empty to search everywhere."))
        if self.area_kind:
            query[self.area_kind] = self.territory_id.code
        query = {name: value for name, value in query.items() if value}
        if not query:
            raise UserError(
                self.env._("Nothing is searched for yet: enter a keyword, a NAF code, an area or a set-off potential.")
            )
        if self.naf:
            query["naf_version"] = self.naf_version
        if self.area_kind == "commune":
            query["radius_km"] = self.radius_km
        return {"direction": self.direction, **query, "limit": PAGE}

    @api.autovacuum
    def _gc_searches(self):
        """Searches nobody watches, with what they found, after a week."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=7)
        self.sudo().search([("is_watched", "=", False), ("write_date", "<", limit)]).unlink()
