from odoo.tests import tagged

from .common import SetOffCase


@tagged("post_install", "-at_install")
class TestPreview(SetOffCase):
    def _previews(self):
        return self.membership.with_user(self.accountant).preview_ids

    def _tell(self, **amounts):
        self.engine.preview = [
            {"currency": code, "set_off": amount, "computed_at": "2026-11-22T03:00:00Z"}
            for code, amount in amounts.items()
        ]
        self._exchange()

    def test_the_membership_shows_what_the_network_foresees_and_forgets_what_it_does_not(self):
        self._tell(EUR=4500000, USD=120000)
        self.assertEqual(
            [(one.currency_id.name, one.set_off) for one in self._previews()], [("EUR", 45000.0), ("USD", 1200.0)]
        )
        self._tell(EUR=3100000)
        self.assertEqual([(one.currency_id.name, one.set_off) for one in self._previews()], [("EUR", 31000.0)])
        self._tell()
        self.assertFalse(self._previews())

    def test_a_currency_that_odoo_does_not_know_is_passed_over(self):
        self._tell(XTS=4500000, EUR=20000)
        self.assertEqual(self._previews().currency_id.name, "EUR")
