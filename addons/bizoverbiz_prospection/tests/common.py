from odoo import Command
from odoo.addons.bizoverbiz_network.tests.common import NetworkCase
from odoo.tests import new_test_user

from .directory import Directory, firm

ARMOR, LYS = "732829320", "383474814"


class ProspectionCase(NetworkCase):
    """Atelier Morin, a member, in a directory with two other firms; its salesperson and its sales administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = cls._new_seller("salesperson", "sales_team.group_sale_salesman")
        cls.manager = cls._new_seller("manager", "sales_team.group_sale_manager")
        cls.partner = cls.env["res.partner"].create(
            {"name": "Claire Aubin", "email": "claire@morin.example", "phone": "02 40 00 10 14"}
        )

    @classmethod
    def _new_seller(cls, login, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=f"bizoverbiz_{login}",
            email=f"{login}@morin.example",
            groups=f"{group},base.group_partner_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.directory = Directory(self.engine)
        self.directory.firms = [
            firm(ARMOR, "Boulonnerie Armor"),
            firm(LYS, "Visserie Lys", distance_km=None, potential=None, potential_round=None, score=0.4),
        ]
        self.membership = self._join().sudo()

    def _exchange(self):
        self.assertTrue(self.membership._exchange_safely(), self.membership.last_error)

    def _profile(self, **values):
        """The firm's profile as its sales administrator sees it."""
        profiles = self.env["bizoverbiz.profile"].with_user(self.manager).with_company(self.company)
        profile = profiles.browse(profiles.action_open()["res_id"])
        profile.write({"sells": "Caisses en bois", "contact_id": self.partner.id, **values})
        return profile

    def _published(self, **values):
        profile = self._profile(**values)
        profile.action_publish()
        return profile

    def _search(self, user=None, **values):
        searches = self.env["bizoverbiz.search"].with_user(user or self.salesperson).with_company(self.company)
        return searches.create({"keywords": "vis", **values})

    def _found(self, user=None, **values):
        search = self._search(user, **values)
        search.action_search()
        return search

    def _leads(self, hits, **values):
        """Leads of these hits, made as the dialog makes them."""
        wizard = (
            self.env["bizoverbiz.lead.creation"].with_user(hits.env.user).browse(hits.action_create_leads()["res_id"])
        )
        wizard.write(values)
        action = wizard.with_company(self.company).action_create()
        return self.env["crm.lead"].with_user(hits.env.user).search(action["domain"], order="id")
