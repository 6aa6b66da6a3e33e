from odoo.addons.bizoverbiz_network.tools import keys
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SetOffCase
from .engine import sign


@tagged("post_install", "-at_install")
class TestNotice(SetOffCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice, cls.bill = cls._invoice(500), cls._bill(400)

    def setUp(self):
        super().setUp()
        self.amounts = self._round({self.invoice: 30000, self.bill: 30000})

    def _assert_refused(self, words, number=1):
        notice = self._notices().filtered(lambda notice: notice.number == number)
        self.assertRecordValues(notice, [{"state": "rejected"}])
        self.assertIn(words, notice.error)
        self.assertFalse(notice.move_ids)
        self.assertEqual(self.invoice.amount_residual, 500.0)
        reminded = notice.activity_ids
        self.assertIn(self.administrator, reminded.user_id)
        self._exchange()
        self.assertEqual(notice.activity_ids, reminded, "the same refusal is told once")
        self.assertFalse(self.engine.acknowledged)
        return notice

    def test_a_wrong_signature_is_refused(self):
        self.engine.decide(self.amounts)
        header, body, _signature = self.engine.notices[0]["jws"].split(".")
        self.engine.deliver(f"{header}.{body}.{keys.base64url(bytes(64))}", 1)
        self._exchange()
        self._assert_refused("its signature is wrong")

    def test_an_altered_payload_is_refused(self):
        payload = self.engine.decide(self.amounts)
        header, _body, signature = self.engine.notices[0]["jws"].split(".")
        _header, altered, _signature = sign(self.engine.private_key, {**payload, "total": 1}).split(".")
        self.engine.deliver(f"{header}.{altered}.{signature}", 1)
        self._exchange()
        self._assert_refused("its signature is wrong")

    def test_a_key_that_is_not_pinned_is_refused(self):
        self.engine.decide(self.amounts, private_key=keys.new_private_key())
        self._exchange()
        self._assert_refused("not among the network's pinned keys")

    def test_a_notice_for_another_member_is_refused(self):
        self.engine.decide(self.amounts, member="732829320")
        self._exchange()
        self._assert_refused("addressed to 732829320")

    def test_an_unbalanced_notice_is_refused(self):
        self.engine.decide({**self.amounts, self._reference(self.bill): 29999})
        self._exchange()
        self._assert_refused("do not add up")

    def test_a_wrong_inclusion_proof_is_refused(self):
        payload = self.engine.decide(self.amounts)
        payload["lines"][0]["proof"][0][1] = "00" * 32
        self.engine.deliver(sign(self.engine.private_key, payload), 1)
        self._exchange()
        self._assert_refused("not proved to stand in the round")

    def test_a_gap_in_the_numbers_is_refused_until_it_is_filled(self):
        statement = self.engine.statements[-1]
        second = self.engine.decide(self._round({self.invoice: 10000, self.bill: 10000}, number=2), number=2)
        self._exchange()
        self._assert_refused("its number is 2 where 1 is due", number=2)
        self.engine.decide(self.amounts, number=1, statement=statement)
        self.engine.notices.sort(key=lambda notice: notice["number"])
        self._exchange()
        self.assertEqual(self._notices().mapped("state"), ["booked", "booked"])
        self.assertEqual(second["number"], 2)

    def test_the_envelope_and_the_signed_number_must_agree(self):
        self.engine.decide(self.amounts)
        self.engine.deliver(self.engine.notices[0]["jws"], 2)
        self.engine.notices = self.engine.notices[-1:]
        self._exchange()
        self._assert_refused("its number is 2 where 1 is due", number=2)

    def test_more_than_was_approved_is_refused_and_an_administrator_may_accept_a_restored_copys_notice(self):
        line = self._statement().line_ids.filtered(lambda line: line.move_id == self.bill)
        line.sudo().approval_limit = 299.99
        self.engine.decide(self.amounts)
        self._exchange()
        notice = self._assert_refused("more than was approved")
        self.assertEqual(notice.rejection, "unapproved")
        with self.assertRaises(AccessError):
            notice.with_user(self.approver).action_accept()
        notice.with_user(self.administrator).action_accept()
        self.assertEqual((notice.state, self.invoice.amount_residual), ("booked", 200.0))

    def test_an_invalid_notice_is_never_accepted_by_hand(self):
        self.engine.decide(self.amounts, private_key=keys.new_private_key())
        self._exchange()
        self._notices().with_user(self.administrator).action_accept()
        self.assertEqual(self._notices().state, "rejected")
        self.assertFalse(self._notices().move_ids)

    def test_a_genuine_copy_replaces_one_that_did_not_verify_and_both_are_kept(self):
        payload = self.engine.decide(self.amounts, private_key=keys.new_private_key())
        forged = self.engine.notices[0]["jws"]
        self._exchange()
        genuine = sign(self.engine.private_key, payload)
        self.engine.deliver(genuine, 1)
        self._exchange()
        notice = self._notices()
        self.assertRecordValues(notice, [{"state": "booked", "jws": genuine, "error": False}])
        attachment = notice.message_ids.attachment_ids
        self.assertEqual(attachment.raw.decode(), forged)

    def test_another_document_under_a_kept_number_raises_the_alarm_and_changes_nothing(self):
        payload = self.engine.decide(self.amounts)
        genuine = self.engine.notices[0]["jws"]
        self._exchange()
        other = sign(self.engine.private_key, {**payload, "name": "Other"})
        self.env["bizoverbiz.notice"].sudo()._receive(self.membership, 1, other)
        notice = self._notices()
        self.assertRecordValues(notice, [{"state": "booked", "jws": genuine}])
        self.assertIn("another document under this number", notice.message_ids[0].body)
        self.assertIn(self.administrator, notice.activity_ids.user_id)

    def test_a_verified_notice_is_neither_altered_nor_deleted(self):
        self.engine.decide(self.amounts)
        self._exchange()
        with self.assertRaisesRegex(UserError, "never altered"):
            self._notices().jws = "x"
        with self.assertRaisesRegex(UserError, "are kept"):
            self._notices().unlink()

    def test_the_same_notice_twice_is_booked_once(self):
        self.engine.decide(self.amounts)
        self._exchange()
        jws = self.engine.notices[0]["jws"]
        self.assertEqual(self.env["bizoverbiz.notice"].sudo()._receive(self.membership, 1, jws), self._notices())
        self._notices().state = "received"
        self._exchange()
        self._notices()._book()
        self.assertEqual(len(self._notices().move_ids), 1)
        self.assertEqual(self.invoice.amount_residual, 200.0)

    def test_two_entries_for_one_notice_are_impossible_in_the_database(self):
        self.engine.decide(self.amounts)
        self._exchange()
        notice = self._notices()
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "_bizoverbiz_notice_uniq"):
            notice.move_ids.copy().bizoverbiz_notice_id = notice
            self.env.flush_all()

    def test_acknowledged_only_once_committed_and_until_the_engine_has_it(self):
        self.engine.decide(self.amounts)
        self._exchange()
        self.membership._exchange_safely()
        self.assertFalse(self.engine.acknowledged, "the booking's own transaction must not acknowledge it")
        self.engine.broken = {"notices/[0-9]+/acknowledgement"}
        self._exchange(expect=False)
        self.assertEqual(self._notices().state, "booked")
        self.assertIn("cannot be reached", self.membership.last_error)
        self.engine.broken = set()
        self._exchange()
        entry = self._notices().move_id
        self.assertEqual(
            self.engine.acknowledged,
            {1: [{"entry": entry.name, "date": "2026-11-22", "currency": "EUR", "amount": 30000}]},
        )
        first, second = self.engine.sent("/acknowledgement")
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])
        self.assertEqual(self._notices().state, "acknowledged")

    def test_a_booked_notice_calls_for_the_exchange_that_acknowledges_it(self):
        self.engine.decide(self.amounts)
        cron = self.env.ref("bizoverbiz_network.ir_cron_exchange")
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self._exchange()
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_the_next_declaration_names_the_notice_the_books_contain(self):
        self.engine.decide(self.amounts)
        self._exchange()
        self.assertEqual(self.engine.declarations[-1]["last_notice"], 1)
        self.assertEqual(self._declared()[self.invoice.name]["amount_open"], 20000)
