from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NetworkCase

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"


@tagged("post_install", "-at_install")
class TestKeysChanged(NetworkCase):
    def setUp(self):
        super().setUp()
        self.membership = self._join().sudo()
        self.old = self.membership.keyid

    def _rotate(self):
        return self.membership.with_user(self.administrator).action_rotate_key()

    def test_the_next_exchange_registers_the_new_key_and_signs_with_it(self):
        self._rotate()
        self.assertEqual(self.membership.keyid, self.old)
        self.assertTrue(self.membership._exchange_safely())
        self.assertNotEqual(self.membership.keyid, self.old)
        self.assertFalse(self.membership.next_private_key)
        self.assertTrue(self.membership.key_changed_at)
        del self.engine.members[self.old]
        self.assertTrue(self.membership._exchange_safely())

    def test_asking_twice_makes_one_new_key(self):
        self._rotate()
        ready = self.membership.next_keyid
        self._rotate()
        self.assertEqual(self.membership.next_keyid, ready)

    @mute_logger(ENGINE_LOGGER)
    def test_a_lost_answer_is_asked_for_again_with_the_same_request(self):
        self._rotate()
        self.engine.mood = "lost"
        self.assertFalse(self.membership._exchange_safely())
        self.assertEqual(self.membership.keyid, self.old)
        self.engine.mood = None
        self.assertTrue(self.membership._exchange_safely())
        first, second = [request for request in self.engine.requests if request.url.endswith("/member/keys")]
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])

    def test_joining_again_forgets_a_key_that_was_never_registered(self):
        self._rotate()
        self.membership.action_disconnect()
        self._join(secret=b"n" * 32)
        self.assertFalse(self.membership.next_private_key)

    def test_neutralizing_takes_the_next_key_away_too(self):
        self._rotate()
        self.env.flush_all()
        for query in get_neutralization_queries(["bizoverbiz_network"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.membership.next_private_key)

    def test_only_an_administrator_of_a_joined_firm_changes_keys(self):
        for user in (self.user, self.approver):
            with self.assertRaises(AccessError):
                self.membership.with_user(user).action_rotate_key()
        self.membership.action_disconnect()
        self.assertRaisesRegex(UserError, "takes part in no network", self._rotate)

    def test_why_the_firm_takes_no_part_is_told(self):
        told = self.engine.members[self.old]["member"]
        for absence in ("insolvent", "agreement", "left", "suspended"):
            told |= {"takes_part": False, "absence": absence}
            self.membership._exchange_safely()
            self.assertEqual(self.membership.member_status, absence)
        told |= {"takes_part": True, "absence": None}
        self.membership._exchange_safely()
        self.assertEqual(self.membership.member_status, "active")
