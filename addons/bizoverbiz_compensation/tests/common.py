from freezegun import freeze_time
from odoo import Command
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.tests import new_test_user

from .engine import SetOffEngine

TODAY = "2026-11-22 11:00:00"


class SetOffBase(AccountTestInvoicingCommon):
    """Atelier Morin in a network with two partners, under whatever chart of accounts."""

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """The database's own company, if it has the chart asked for and no books yet: loading a chart takes seconds."""
        main = cls.env.ref("base.main_company")
        asked = main.chart_template == cls.chart_template and main.country_code == cls.country_code
        if asked and not cls.env["account.move"].search_count([("company_id", "child_of", main.id)], limit=1):
            main.partner_id.lang = "en_US"
            return main
        return super().setup_independent_company(**kwargs)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TODAY))
        cls.company = cls.company_data["company"]
        cls.company.company_registry = "55210055400013"
        cls.customer = cls._new_partner("Bois du Forez", "732829320")
        cls.vendor = cls._new_partner("Quincaillerie Roux", "542065479")
        cls.stranger = cls.env["res.partner"].create({"name": "Jeanne Martin"})
        cls.administrator = cls._new_user("administrator", "bizoverbiz_network.group_administrator")
        cls.approver = cls._new_user("approver", "bizoverbiz_network.group_approver")
        cls.accountant = cls._new_user("accountant", "account.group_account_user")
        cls.no_tax = cls.env["account.tax"]

    @classmethod
    def _new_partner(cls, name, siren):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "country_id": cls.env.ref("base.fr").id,
                "company_registry": siren,
                "property_payment_term_id": False,
                "property_supplier_payment_term_id": False,
            }
        )

    @classmethod
    def _new_user(cls, login, group):
        return new_test_user(
            cls.env,
            login=f"set_off_{login}",
            email=f"{login}@morin.example",
            groups=group,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.engine = SetOffEngine()
        self.engine.also_members = {"732829320", "542065479", "775670417"}
        self.engine.mock.start()
        self.addCleanup(self.engine.mock.stop, allow_assert=False)
        memberships = self.env["bizoverbiz.membership"].with_user(self.administrator)
        membership_id = memberships.join(self.engine.invite(), True)
        self.membership = self.env["bizoverbiz.membership"].sudo().browse(membership_id)
        self.engine.member = self.membership.identifier

    @classmethod
    def _invoice(cls, amount, move_type="out_invoice", partner=None, taxes=None, due="2026-10-31", **values):
        """A posted invoice or bill of 2026-09-01 over ``amount`` before tax."""
        incoming = move_type.startswith("in")
        values.setdefault("ref", f"F-{amount}" if incoming else False)
        return cls._create_invoice(
            move_type,
            invoice_date="2026-09-01",
            post=True,
            partner_id=partner or (cls.vendor if incoming else cls.customer),
            invoice_date_due=due,
            invoice_line_ids=[cls._prepare_invoice_line(price_unit=amount, name="Work", tax_ids=taxes or cls.no_tax)],
            **values,
        )

    @classmethod
    def _bill(cls, amount, **values):
        return cls._invoice(amount, "in_invoice", **values)

    @classmethod
    def _branch(cls, name="Morin Lyon"):
        branch = cls.env["res.company"].sudo().create({"name": name, "parent_id": cls.company.id})
        cls.env["account.chart.template"].sudo().try_loading("fr", company=branch, install_demo=False)
        cls.env.user.company_ids |= branch
        return branch

    def _draft_in(self, company, move_type, partner, amount):
        moves = self.env["account.move"].with_context(allowed_company_ids=[company.id, self.company.id])
        return moves.create(
            {
                "move_type": move_type,
                "company_id": company.id,
                "partner_id": partner.id,
                "invoice_date": "2026-09-01",
                "invoice_line_ids": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": []})],
            }
        )

    def _exchange(self, expect=True):
        """One exchange, as if every earlier transaction had been committed."""
        self._notices().filtered(lambda notice: notice.state == "booked").booking_transaction = "0"
        self.assertEqual(self.membership._exchange_safely(), expect, self.membership.last_error)

    def _notices(self):
        return self.env["bizoverbiz.notice"].sudo().search([("membership_id", "=", self.membership.id)], order="number")

    def _statement(self, user=None):
        statements = self.env["bizoverbiz.statement"].with_user(user or self.approver)
        return statements.search([("membership_id", "=", self.membership.id)], limit=1)

    def _declaration(self):
        return self.env["bizoverbiz.declaration"].sudo().search([("membership_id", "=", self.membership.id)], limit=1)

    def _declared(self):
        """Lines the engine was told last, by number."""
        return {line["number"]: line for line in self.engine.declarations[-1]["lines"]}

    def _round(self, set_offs, approve=True, **proposal):
        """Declare, propose and (unless told otherwise) approve ``set_offs``: minor units by invoice."""
        self._exchange()
        amounts = {self._reference(move): amount for move, amount in set_offs.items()}
        self.engine.propose(amounts, **proposal)
        self._exchange()
        if approve:
            self.assertIs(self._statement().action_approve(), True)
        return amounts

    def _booked_round(self, set_offs, **decision):
        """A whole round; returns the notice as this Odoo keeps it."""
        amounts = self._round(set_offs)
        self.engine.decide(amounts, **decision)
        self._exchange()
        return self._notices()[-1:]

    @staticmethod
    def _reference(move):
        return f"account.move,{move.id}"


class SetOffCase(SetOffBase):
    """Atelier Morin with the French chart of accounts."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    @AccountTestInvoicingCommon.setup_chart_template("fr")
    def setUpClass(cls):
        super().setUpClass()
