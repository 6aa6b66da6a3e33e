from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import EngineRefused
from .common import NetworkCase, problem

ENGINE_LOGGER = "odoo.addons.bizoverbiz_network.models.bizoverbiz_engine"


@tagged("post_install", "-at_install")
class TestCopies(NetworkCase):
    """Marks tell this copy of the books from another; every exchange here stands for a transaction of its own."""

    def setUp(self):
        super().setUp()
        self.membership = self._join().sudo()

    def _commit(self):
        self.membership.lineage_transaction = "0"

    def _write(self, expect=True):
        """One exchange that writes: it registers a key. Returns the mark it bore."""
        self.membership.with_user(self.administrator).action_rotate_key()
        self.assertEqual(self.membership._exchange_safely(), expect, self.membership.last_error)
        return self.engine.requests[-1 if not expect else -2].headers.get("BizOverBiz-Lineage")

    def test_a_token_is_used_once_an_earlier_transaction_has_committed_it(self):
        self.assertIsNone(self._write())
        self._commit()
        self.assertRegex(self._write(), r"^\.[A-Za-z0-9_-]{22}$")

    def test_each_exchange_that_writes_follows_the_one_before(self):
        marks = []
        for _exchange in range(3):
            self._commit()
            marks.append(self._write().split("."))
        self.assertEqual(marks[0][0], "")
        self.assertEqual([first for first, _new in marks[1:]], [new for _first, new in marks[:2]])

    def test_an_exchange_that_only_reads_uses_no_token_up(self):
        self._commit()
        first = self._write()
        self._commit()
        self.assertTrue(self.membership._exchange_safely())
        self.assertTrue(self.membership._exchange_safely())
        self.assertEqual(self._write().split(".")[0], first.split(".")[1])

    @mute_logger(ENGINE_LOGGER)
    def test_a_lost_answer_has_the_same_mark_sent_again(self):
        self._commit()
        self.engine.mood = "lost"
        first = self._write(expect=False)
        self.engine.mood = None
        self._commit()
        self.assertEqual(self._write(), first)

    def test_what_is_sent_beside_an_exchange_bears_the_mark_of_the_next_one(self):
        self._commit()
        self._write()
        self._commit()
        self.membership._request("POST", "/v1/member/keys", self._any_key(), idempotency_key="beside")
        beside = self.engine.requests[-1].headers["BizOverBiz-Lineage"]
        self.assertEqual(self._write(), beside)

    @mute_logger(ENGINE_LOGGER)
    def test_doubt_is_shown_and_ended_by_an_administrator(self):
        known = self.engine.members[self.membership.keyid]
        known["member"]["in_doubt_since"] = "2026-11-22T10:00:00Z"
        self.membership._exchange_safely()
        self.assertTrue(self.membership.in_doubt_since)
        self.engine.mood = problem(409, "not-the-live-copy")
        with self.assertRaisesRegex(EngineRefused, "another copy of the firm's books"):
            self.membership._request("POST", "/v1/member/keys", {}, idempotency_key="k")
        self.engine.mood = None
        self.membership.with_user(self.administrator).action_confirm_copy()
        self.assertFalse(self.membership.in_doubt_since)
        self.assertIn("4, 5", self.membership.message_ids[0].body)
        self.assertTrue(self.membership._exchange_safely())

    def test_a_copy_is_confirmed_as_the_live_one_from_its_own_database(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "1b671a64-40d5-491e-99b0-da01ff1f3341")
        self.assertTrue(self.membership.is_copy)
        self.membership.with_user(self.administrator).action_confirm_copy()
        self.membership.invalidate_recordset(["is_copy"])
        self.assertFalse(self.membership.is_copy)
        confirmed = self.engine.members[self.membership.keyid]["confirmed"]
        self.assertEqual(confirmed["database"], "1b671a64-40d5-491e-99b0-da01ff1f3341")
        self.assertEqual(confirmed["last_notice"], 0)
        self.assertTrue(self.membership._exchange_safely())

    def test_joining_again_begins_a_new_lineage(self):
        self._commit()
        self._write()
        self.membership.action_disconnect()
        self._join(secret=b"n" * 32)
        self._commit()
        self.assertRegex(self._write(), r"^\.[A-Za-z0-9_-]{22}$")

    def test_only_an_administrator_of_a_joined_firm_confirms(self):
        for user in (self.user, self.approver):
            with self.assertRaises(AccessError):
                self.membership.with_user(user).action_confirm_copy()
        self.membership.action_disconnect()
        with self.assertRaisesRegex(UserError, "takes part in no network"):
            self.membership.with_user(self.administrator).action_confirm_copy()

    def _any_key(self):
        membership = self.membership
        membership.with_user(self.administrator).action_rotate_key()
        payload = membership._prepare_key()
        membership.write({"next_private_key": False, "next_keyid": False})
        return payload
