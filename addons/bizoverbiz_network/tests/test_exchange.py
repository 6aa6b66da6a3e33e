from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import EngineRefused, EngineUnavailable
from .common import NetworkCase, problem

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"
EXCHANGE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_membership_exchange"


@tagged("post_install", "-at_install")
class TestExchange(NetworkCase):
    def setUp(self):
        super().setUp()
        self.membership = self._join()

    def _copy_the_database(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "1b671a64-40d5-491e-99b0-da01ff1f3341")

    def test_an_exchange_brings_the_members_status(self):
        self.engine.members[self.membership.keyid]["status"] = "suspended"
        self.assertTrue(self.membership._exchange_safely())
        self.assertEqual(self.membership.member_status, "suspended")
        self.assertTrue(self.membership.last_exchange)

    @mute_logger(ENGINE_LOGGER)
    def test_no_usable_answer_is_kept_as_the_last_error_and_the_next_exchange_clears_it(self):
        for mood, words in (
            ("down", "no connection"),
            ("slow", "no answer in time"),
            ((503, {"detail": "restarting"}), "HTTP 503"),
            ((429, {}), "HTTP 429"),
            ((200, "<html>Welcome to nginx</html>"), "something else answered"),
            ((404, "<html>not found</html>"), "something else answered"),
            ((200, ["a list"]), "something else answered"),
            ((302, {}), "HTTP 302"),
        ):
            with self.subTest(mood):
                self.engine.mood = mood
                self.assertFalse(self.membership._exchange_safely())
                self.assertIn(words, self.membership.last_error)
                self.assertRaises(EngineUnavailable, self.membership._request, "GET", "/v1/member")
                self.engine.mood = None
                self.assertTrue(self.membership._exchange_safely())
                self.assertFalse(self.membership.last_error)

    @mute_logger(ENGINE_LOGGER)
    def test_a_refusal_reaches_the_caller_with_the_engines_words(self):
        status, body = problem(422, "lines-refused", "line 3: amount_open is negative")
        self.engine.mood = status, {**body, "lines": [{"index": 3}]}
        with self.assertRaisesRegex(EngineRefused, "line 3: amount_open is negative") as caught:
            self.membership._request("POST", "/v1/members", payload={}, idempotency_key="k")
        self.assertEqual(caught.exception.status, 422)
        self.assertEqual(caught.exception.slug, "lines-refused")
        self.assertEqual(caught.exception.problem["lines"], [{"index": 3}])
        self.assertFalse(self.membership._exchange_safely())
        self.assertIn("line 3: amount_open is negative", self.membership.last_error)

    @mute_logger(ENGINE_LOGGER)
    def test_a_failed_exchange_leaves_nothing_half_done(self):
        def half(membership):
            membership.agreement = "half done"
            raise EngineUnavailable("the line went dead")

        with patch.object(type(self.membership), "_exchange", half):
            self.assertFalse(self.membership._exchange_safely())
        self.assertNotEqual(self.membership.agreement, "half done")
        self.assertEqual(self.membership.last_error, "the line went dead")

    @mute_logger(ENGINE_LOGGER)
    def test_the_button_tells_how_it_went(self):
        membership = self.membership.with_user(self.approver)
        self.assertEqual(membership.action_exchange()["params"]["type"], "success")
        self.engine.mood = "down"
        shown = membership.action_exchange()["params"]
        self.assertEqual((shown["type"], shown["sticky"]), ("warning", True))
        self.assertIn("Nothing is lost", shown["message"])
        self.assertIn("no connection", shown["message"])

    def test_testing_the_connection_says_as_whom_the_network_knows_the_firm(self):
        message = self.membership.with_user(self.approver).action_test()["params"]["message"]
        self.assertEqual(message, "Réseau du Forez knows Atelier Morin as 552100554.")

    def test_members_are_asked_for_in_pieces(self):
        firms = {f"{number:09}" for number in range(620)}
        self.engine.also_members = {"000000001", "000000619", "999999999"}
        before = len(self.engine.requests)
        self.assertEqual(self.membership._members_among([*firms, False, None, ""]), {"000000001", "000000619"})
        urls = [request.url for request in self.engine.requests[before:]]
        self.assertEqual(len(urls), 3)
        self.assertLess(max(map(len, urls)), 8000)

    def test_nothing_is_asked_about_nobody(self):
        before = len(self.engine.requests)
        self.assertEqual(self.membership._members_among([]), set())
        self.assertEqual(len(self.engine.requests), before)

    def test_a_copy_of_the_database_does_not_speak_for_the_firm(self):
        before = len(self.engine.requests)
        self._copy_the_database()
        with self.assertRaisesRegex(EngineRefused, "This database is a copy") as caught:
            self.membership._request("GET", "/v1/member")
        self.assertEqual(caught.exception.slug, "not-the-live-copy")
        self.assertFalse(self.membership._exchange_safely())
        self.assertIn("This database is a copy", self.membership.last_error)
        self.assertEqual(len(self.engine.requests), before)

    def test_a_copy_that_became_the_live_one_joins_again(self):
        self._copy_the_database()
        self.assertEqual(self._join(secret=b"n" * 32).state, "joined")
        self.assertTrue(self.membership._exchange_safely())

    def test_neutralizing_disconnects_and_takes_the_key_away(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["bizoverbiz_network"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(self.membership.state, "disconnected")
        self.assertFalse(self.membership.sudo().private_key)
        self.assertRaisesRegex(UserError, "takes part in no network", self.membership._request, "GET", "/v1/member")
        self.assertRaisesRegex(UserError, "has no key any more", self.membership.action_reconnect)

    def test_disconnecting_is_undone_by_connecting_again(self):
        self.membership.action_disconnect()
        self.assertEqual(self.membership.state, "disconnected")
        self.assertRaises(UserError, self.membership._request, "GET", "/v1/member")
        self.membership.action_reconnect()
        self.assertTrue(self.membership._exchange_safely())

    @mute_logger(ENGINE_LOGGER, EXCHANGE_LOGGER)
    def test_one_failing_membership_does_not_stop_the_others(self):
        second, third = self._new_company("Bois du Forez", "404833048"), self._new_company("Cuivre & Cie", "542107651")
        self.administrator.company_ids |= second | third
        others = self.membership
        for number, company in enumerate(second | third):
            others |= self._join(self.memberships.with_company(company), secret=bytes([number]) * 32)
        self.assertEqual(len(others), 3)
        exchange = type(self.membership)._exchange

        def sometimes(membership):
            if membership.company_id == self.company:
                raise ZeroDivisionError("a bug")
            if membership.company_id == second:
                raise UserError(membership.env._("The date lies in a locked period."))
            return exchange(membership)

        with patch.object(type(self.membership), "_exchange", sometimes), self.enter_registry_test_mode():
            self.env.ref("bizoverbiz_network.ir_cron_exchange").method_direct_trigger()
        first, middle, last = others.sorted("id")
        self.assertIn("failed unexpectedly", first.last_error)
        self.assertEqual(middle.last_error, "The date lies in a locked period.")
        self.assertFalse(last.last_error)
        self.assertEqual([bool(one.last_exchange) for one in (first, middle, last)], [False, False, True])

    def test_a_trigger_has_the_exchange_run_soon(self):
        cron = self.env.ref("bizoverbiz_network.ir_cron_exchange")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.membership.with_user(self.approver)._trigger_exchange()
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), triggers + 1)

    def test_a_reader_neither_exchanges_nor_tests_nor_disconnects(self):
        for user, actions in (
            (self.user, ("action_exchange", "action_test", "action_disconnect", "action_reconnect")),
            (self.approver, ("action_disconnect", "action_reconnect")),
        ):
            for action in actions:
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    getattr(self.membership.with_user(user), action)()
