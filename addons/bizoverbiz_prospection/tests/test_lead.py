from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ARMOR, LYS, ProspectionCase
from .directory import firm


@tagged("post_install", "-at_install")
class TestLead(ProspectionCase):
    def _partner(self, identifier, **values):
        france = self.env.ref("base.fr").id
        return self.env["res.partner"].create(
            {"name": "Armor", "is_company": True, "country_id": france, "company_registry": identifier, **values}
        )

    def test_a_supplier_becomes_an_opportunity_of_the_sourcing_team(self):
        lead = self._leads(self._found().hit_ids[:1])
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "Boulonnerie Armor – vis",
                    "type": "opportunity",
                    "team_id": self.env.ref("bizoverbiz_prospection.crm_team_sourcing").id,
                    "user_id": self.salesperson.id,
                    "company_id": self.company.id,
                    "tag_ids": self.env.ref("bizoverbiz_prospection.crm_tag_supplier").ids,
                    "source_id": self.env.ref("bizoverbiz_prospection.utm_source_bizoverbiz").id,
                    "partner_name": "Boulonnerie Armor",
                    "city": "Cesson-Sévigné",
                    "country_id": self.env.ref("base.fr").id,
                    "bizoverbiz_identifier": ARMOR,
                    "bizoverbiz_keywords": "vis",
                    "bizoverbiz_reasons": "sells “vis” · 12 km away",
                    "bizoverbiz_potential": "medium",
                    "bizoverbiz_potential_round": 7,
                    "email_from": False,
                }
            ],
        )

    def test_a_customer_stays_in_the_sales_pipeline(self):
        lead = self._leads(self._found(direction="customers").hit_ids[:1])
        self.assertNotEqual(lead.team_id, self.env.ref("bizoverbiz_prospection.crm_team_sourcing"))
        self.assertEqual(lead.tag_ids, self.env.ref("bizoverbiz_prospection.crm_tag_customer"))

    def test_type_team_salesperson_and_tags_are_chosen(self):
        team = self.env["crm.team"].create({"name": "Buyers"})
        tag = self.env["crm.tag"].create({"name": "Steel"})
        leads = self._leads(
            self._found(self.manager).hit_ids,
            type="lead",
            team_id=team.id,
            user_id=self.salesperson.id,
            tag_ids=tag.ids,
        )
        self.assertEqual(set(leads.mapped("type")), {"lead"})
        self.assertEqual((leads.team_id, leads.user_id, leads.tag_ids), (team, self.salesperson, tag))

    def test_a_contact_shown_to_everybody_is_on_the_lead(self):
        contact = {"name": "Yann Armor", "email": "yann@armor.example", "phone": None}
        self.directory.firms = [firm(ARMOR, "Boulonnerie Armor", contact=contact)]
        lead = self._leads(self._found().hit_ids)
        self.assertEqual((lead.contact_name, lead.email_from), ("Yann Armor", "yann@armor.example"))

    def test_a_firm_is_never_a_lead_twice(self):
        lead = self._leads(self._found().hit_ids[:1])
        again = self._found(direction="customers").hit_ids[0]
        self.assertEqual((again.known_as, again.lead_id), ("lead", lead))
        with self.assertRaisesRegex(UserError, "a lead or a contact of each of these firms already"):
            self._leads(again)
        self.assertEqual(again.action_open_known()["res_id"], lead.id)
        lead.action_set_lost()
        again.invalidate_recordset()
        self.assertEqual(again.known_as, "lead", "a lost one counts too")

    def test_a_lead_made_by_hand_counts_if_its_contact_is_the_firm(self):
        partner = self._partner(ARMOR)
        lead = self.env["crm.lead"].create({"name": "Call", "partner_id": partner.id, "company_id": self.company.id})
        self.assertEqual(self._found().hit_ids[0].lead_id, lead)

    def test_a_contact_is_offered_instead_unless_a_lead_on_it_is_asked_for(self):
        partner = self._partner(ARMOR)
        hits = self._found().hit_ids
        self.assertEqual((hits[0].known_as, hits[0].partner_id), ("partner", partner))
        (lead,) = self._leads(hits)
        self.assertEqual(lead.bizoverbiz_identifier, LYS)
        hits.invalidate_recordset()
        (lead,) = self._leads(hits[0], include_contacts=True)
        self.assertEqual((lead.partner_id, lead.bizoverbiz_identifier), (partner, ARMOR))

    def test_the_dialog_shows_which_firms_become_leads(self):
        self._partner(ARMOR)
        hits = self._found().hit_ids
        wizard = (
            self.env["bizoverbiz.lead.creation"]
            .with_user(self.salesperson)
            .browse(hits.action_create_leads()["res_id"])
        )
        self.assertEqual((wizard.new_hit_ids.identifier, wizard.known_hit_ids.identifier), (LYS, ARMOR))
        wizard.include_contacts = True
        self.assertEqual((wizard.new_hit_ids, len(wizard.known_hit_ids)), (hits, 0))

    def test_the_same_firm_in_another_company_is_another_lead(self):
        self._leads(self._found().hit_ids[:1])
        other = self._new_company("Fonderie Lys", "404833048")
        leads = self.env["crm.lead"]._bizoverbiz_leads(other, [ARMOR])
        self.assertFalse(leads)

    def test_a_lead_that_is_won_becomes_a_contact_with_its_siren_and_a_member(self):
        lead = self._leads(self._found().hit_ids[:1])
        lead.action_set_won()
        partner = lead.partner_id.with_user(self.user).with_company(self.company)
        self.assertRecordValues(
            partner.sudo(),
            [{"name": "Boulonnerie Armor", "is_company": True, "bizoverbiz_identifier": ARMOR, "supplier_rank": 1}],
        )
        self.assertTrue(partner.is_bizoverbiz_member)

    def test_a_firm_that_has_yet_to_join_is_no_member_once_it_is_won(self):
        self.directory.firms = [firm(ARMOR, "Boulonnerie Armor", member=False)]
        lead = self._leads(self._found().hit_ids)
        lead.action_set_won()
        self.assertEqual(lead.partner_id.bizoverbiz_identifier, ARMOR)
        self.assertFalse(lead.partner_id.with_user(self.user).with_company(self.company).is_bizoverbiz_member)

    def test_a_lead_won_with_a_person_makes_the_firm_and_the_person(self):
        lead = self._leads(self._found(direction="customers").hit_ids[:1])
        lead.write({"contact_name": "Yann Armor", "email_from": "yann@armor.example"})
        lead.action_set_won()
        self.assertEqual(lead.partner_id.name, "Yann Armor")
        entity = lead.partner_id.commercial_partner_id
        self.assertEqual((entity.name, entity.company_registry, entity.customer_rank), ("Boulonnerie Armor", ARMOR, 1))

    def test_a_firm_that_has_become_a_contact_meanwhile_is_not_made_twice(self):
        lead = self._leads(self._found().hit_ids[:1])
        partner = self._partner(ARMOR)
        lead.action_set_won()
        self.assertEqual(lead.partner_id, partner)

    def test_a_contact_chosen_by_hand_gets_the_siren_it_lacks(self):
        lead = self._leads(self._found().hit_ids[:1])
        lead.partner_id = self.env["res.partner"].create({"name": "Armor", "is_company": True})
        lead.action_set_won()
        self.assertEqual(lead.partner_id.bizoverbiz_identifier, ARMOR)

    def test_a_firm_abroad_gets_its_vat_number(self):
        self.directory.firms = [firm("BE0477472701", "Vis SA")]
        lead = self._leads(self._found().hit_ids)
        lead.action_set_won()
        self.assertEqual((lead.partner_id.vat, lead.partner_id.country_code), ("BE0477472701", "BE"))

    def test_merging_keeps_what_the_directory_said(self):
        found = self._leads(self._found().hit_ids[:1])
        older = self.env["crm.lead"].create(
            {"name": "Fair", "type": "opportunity", "probability": 90, "company_id": self.company.id}
        )
        merged = (older | found.sudo()).merge_opportunity()
        self.assertEqual((merged.bizoverbiz_identifier, merged.bizoverbiz_keywords), (ARMOR, "vis"))

    def test_leads_of_two_searches_at_once_are_refused(self):
        hits = self._found().hit_ids | self._found(keywords="boulons").hit_ids
        with self.assertRaisesRegex(UserError, "one search at a time"):
            hits.action_create_leads()
