from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.fields import Domain

#: Letters typed before the engine is asked for communes.
ASK_FROM = 2


class BizoverbizTerritory(models.Model):
    """A commune, department or region as the network's engine knows it, kept once it has been looked up."""

    _name = "bizoverbiz.territory"
    _description = "Territory"
    _order = "kind, name, code"
    _rec_names_search = ("name", "code", "postcodes")

    kind = fields.Selection(
        [("commune", "Commune"), ("department", "Department"), ("region", "Region"), ("country", "Country")],
        required=True,
        readonly=True,
    )
    code = fields.Char(required=True, readonly=True, help="INSEE code; ISO 3166 for a country.")
    name = fields.Char(required=True, readonly=True)
    postcodes = fields.Char(readonly=True)
    parents = fields.Char("Lies In", readonly=True)

    _code_uniq = models.UniqueIndex("(kind, code)", "A territory is kept once.")

    @api.depends("name", "code", "kind", "postcodes", "parents")
    def _compute_display_name(self):
        for territory in self:
            details = {
                "commune": filter(None, ((territory.postcodes or "").split(" ")[0], territory.parents)),
                "department": (territory.code,),
            }.get(territory.kind, ())
            shown = ", ".join(details)
            territory.display_name = f"{territory.name} ({shown})" if shown else territory.name

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """What the engine finds comes first and in its order: it forgives accents, hyphens and typos.

        Whatever goes wrong with it, what was looked up before is still found.
        """
        kinds = self._kinds_asked_for(domain)
        found = self.browse()
        try:
            if kinds & {"department", "region"}:
                self._ensure_lists()
            if "commune" in kinds and len(name.strip()) >= ASK_FROM and operator == "ilike":
                found = self._find_communes(name.strip(), limit or 100)
        except (EngineUnavailable, EngineRefused):
            found = self.browse()
        known = super().name_search(name, domain, operator, limit)
        first = [(territory.id, territory.display_name) for territory in found.filtered_domain(domain or [])]
        shown = {territory_id for territory_id, _name in first}
        return (first + [pair for pair in known if pair[0] not in shown])[:limit]

    @api.model
    def _kinds_asked_for(self, domain):
        """Which kinds the field that asks accepts; all if its domain does not say."""
        kinds = {kind for kind, _label in self._fields["kind"].selection}
        for condition in Domain(domain or []).iter_conditions():
            if condition.field_expr == "kind":
                wanted = condition.value if isinstance(condition.value, (list, tuple, set)) else [condition.value]
                kinds &= set(wanted)
        return kinds

    @api.model
    def _membership(self):
        """The membership in whose name the engine is asked, or an empty one if the firm is in no network."""
        return self.env.company.sudo().bizoverbiz_membership_id.filtered(lambda one: one.state == "joined")

    @api.model
    def _find_communes(self, text, limit=20):
        """Communes by name or postcode, as the engine ranks them.

        :raises EngineUnavailable, EngineRefused:
        """
        if not (membership := self._membership()):
            return self.browse()
        params = {"q": text[:100], "limit": min(limit, 50)}
        communes = membership._request("GET", "/v1/communes", params=params, timeout=(3, 10))["communes"]
        return self._keep([self._prepare_commune(commune) for commune in communes])

    @api.model
    def _prepare_commune(self, commune):
        parents = [commune[kind]["name"] for kind in ("department", "region") if commune.get(kind)]
        return {
            "kind": "commune",
            "code": commune["code"],
            "name": commune["name"],
            "postcodes": " ".join(commune.get("postcodes") or ()),
            "parents": ", ".join(parents),
        }

    @api.model
    def _ensure_lists(self):
        """Departments and regions are few: all of them are fetched the first time one is asked for."""
        if self.sudo().search_count([("kind", "=", "department")], limit=1) or not (membership := self._membership()):
            return
        answer = membership._request("GET", "/v1/territories", timeout=(3, 10))
        lists = (("department", answer.get("departments")), ("region", answer.get("regions")))
        self._keep(
            [
                {"kind": kind, "code": item["code"], "name": item["name"]}
                for kind, items in lists
                for item in items or ()
            ]
        )

    @api.model
    def _keep(self, values):
        """These territories, made or brought up to date, in the order given."""
        territories = self.sudo()
        known = {}
        for kind in {value["kind"] for value in values}:
            codes = [value["code"] for value in values if value["kind"] == kind]
            for territory in territories.search([("kind", "=", kind), ("code", "in", codes)]):
                known[kind, territory.code] = territory
        kept = territories.browse()
        for value in values:
            territory = known.get((value["kind"], value["code"]))
            if not territory:
                territory = territories.create(value)
                known[value["kind"], value["code"]] = territory
            elif any((territory[name] or "") != content for name, content in value.items()):
                territory.write(value)
            kept |= territory
        return kept.with_env(self.env)

    @api.model
    def _commune_of_address(self, partner):
        """The commune of an address, if the engine knows one of its postcode and name or only one of its postcode.

        :raises EngineUnavailable, EngineRefused:
        """
        if not partner.zip:
            return self.browse()
        communes = self._find_communes(partner.zip, 50).filtered(lambda one: partner.zip in (one.postcodes or ""))
        named = communes.filtered(lambda one: one.name.casefold() == (partner.city or "").strip().casefold())
        return named[:1] or (communes if len(communes) == 1 else self.browse())
