import json

import responses
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import EngineRefused
from .common import NetworkCase, problem

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
HERE = "http://127.0.0.1:8071"


@tagged("post_install", "-at_install")
class TestDemonstration(NetworkCase):
    """The button that joins the demonstration on this machine, which hands out an invitation of its own."""

    def _wizard(self):
        wizards = self.env["bizoverbiz.join"].with_user(self.administrator)
        return wizards.browse(wizards._open_demonstration(self.company)["res_id"])

    def _doorman(self, invitation, address=HERE):
        return self.engine.mock.add(responses.POST, f"{address}/invitations", json={"invitation": invitation})

    def test_the_button_asks_for_an_invitation_and_goes_on_to_the_agreement(self):
        invitation = self.engine.invite(url="http://127.0.0.1:8070")
        asked = self._doorman(invitation)
        wizard = self._wizard()
        self.assertEqual(json.loads(asked.calls[0].request.body), {"identifier": "552100554"})
        self.assertEqual((wizard.step, wizard.network_name), ("agreement", "Réseau du Forez"))
        self.assertTrue(wizard.demonstration)
        self.assertFalse(wizard.agreement_accepted, "accepting is left to the user")
        self.assertEqual(self.company.bizoverbiz_membership_id.state, "draft")

    def test_another_port_is_a_system_parameter(self):
        self.env["ir.config_parameter"].set_param("bizoverbiz_network.demonstration_url", "http://127.0.0.1:9999/")
        self._doorman(self.engine.invite(url="http://127.0.0.1:8070"), "http://127.0.0.1:9999")
        self.assertEqual(self._wizard().step, "agreement")

    @mute_logger(ENGINE_LOGGER)
    def test_no_demonstration_is_explained(self):
        with self.assertRaisesRegex(UserError, "No demonstration answers at http://127.0.0.1:8071.*make demo"):
            self._wizard()

    @mute_logger(ENGINE_LOGGER)
    def test_what_the_demonstration_refuses_is_told(self):
        status, body = problem(409, "refused", "Atelier Morin takes part in the demonstration")
        self.engine.mock.add(responses.POST, f"{HERE}/invitations", json=body, status=status)
        with self.assertRaisesRegex(EngineRefused, "takes part in the demonstration"):
            self._wizard()

    def test_neither_the_parameter_nor_the_answer_leads_to_another_machine(self):
        self._doorman(self.engine.invite(url="https://engine.example.com"))
        with self.assertRaisesRegex(UserError, "elsewhere: this is no demonstration"):
            self._wizard()
        for address in ("http://192.168.1.2:8071", "http://localhost.example:8071", "no address"):
            self.env["ir.config_parameter"].set_param("bizoverbiz_network.demonstration_url", address)
            with self.subTest(address), self.assertRaisesRegex(UserError, "is elsewhere"):
                self._wizard()
        self.assertFalse(self.company.bizoverbiz_membership_id)

    def test_a_company_without_number_is_told_before_anything_is_asked(self):
        self.company.company_registry = False
        with self.assertRaisesRegex(UserError, "cannot be identified"):
            self._wizard()
