from odoo.tests import TransactionCase, tagged

from ..tools.identification import member_identifier


@tagged("post_install", "-at_install")
class TestIdentification(TransactionCase):
    def test_a_firm_is_its_siren_or_else_its_vat_number(self):
        for registry, vat, country, expected in (
            ("552100554", None, "FR", "552100554"),
            ("552 100 554 00013", None, "FR", "552100554"),
            ("552100554", "FR83404833048", "FR", "552100554"),
            ("552100554", None, None, "552100554"),
            ("552100554", None, "RE", "552100554"),
            # wrong check digits: the VAT number decides
            ("552100555", "FR83404833048", "FR", "404833048"),
            ("552100555", None, "FR", None),
            # nine digits elsewhere are no SIREN
            ("552100554", None, "PT", None),
            (None, "FR 83 404 833 048", "FR", "404833048"),
            (None, "83404833048", "FR", "404833048"),
            (None, "fr83404833048", None, "404833048"),
            # a French firm's permanent establishment abroad keeps its French number
            (None, "FR83404833048", "BE", "404833048"),
            # a VAT number of Monaco begins like a French one and contains no SIREN
            (None, "FR53000004605", "MC", "FR53000004605"),
            (None, "53000004605", "MC", "FR53000004605"),
            (None, "BE 0428.759.497", "BE", "BE0428759497"),
            (None, "0428759497", "BE", "BE0428759497"),
            (None, "EL094259216", "GR", "EL094259216"),
            (None, "094259216", "GR", "EL094259216"),
            (None, "CHE-107.787.577 IVA", "CH", "CHE107787577"),
            (None, "CHE-107.787.577 TVA", "CH", "CHE107787577"),
            (None, "GB980780684", "GB", "GB980780684"),
            (None, "/", "FR", None),
            ("", "", "", None),
            ("not a number", "neither", "XX", None),
        ):
            with self.subTest(registry=registry, vat=vat, country=country):
                self.assertEqual(member_identifier(registry, vat, country), expected)

    def test_a_contact_is_identified_by_its_firm(self):
        firm = self.env["res.partner"].create(
            {
                "name": "Bois du Forez",
                "is_company": True,
                "country_id": self.env.ref("base.fr").id,
                "company_registry": "40483304800022",
            }
        )
        contact = self.env["res.partner"].create({"name": "Claire", "parent_id": firm.id})
        self.assertEqual(contact._bizoverbiz_identifier(), "404833048")

    def test_a_person_without_numbers_is_nobody_in_the_network(self):
        self.assertIs(self.env["res.partner"].create({"name": "Paul"})._bizoverbiz_identifier(), False)

    def test_a_branch_is_identified_by_its_legal_entity(self):
        root = self.env["res.company"].create({"name": "Atelier Morin", "country_id": self.env.ref("base.fr").id})
        root.company_registry = "552100554"
        branch = self.env["res.company"].create({"name": "Lyon", "parent_id": root.id})
        self.assertEqual(branch._bizoverbiz_identifier(), "552100554")
