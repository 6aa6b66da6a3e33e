from odoo.tests import BaseCase, tagged

from ..tools.minor_units import from_minor, to_minor


@tagged("post_install", "-at_install")
class TestMinorUnits(BaseCase):
    def test_every_cent_survives_the_way_there_and_back(self):
        for units in (*range(0, 30_000, 7), 10**13 + 1, 99_999_999_999_999):
            self.assertEqual(to_minor(from_minor(units, 2), 2), units)

    def test_float_noise_does_not_move_a_cent(self):
        self.assertEqual(to_minor(0.1 + 0.2, 2), 30)
        self.assertEqual(to_minor(1.005 * 1000, 2), 100500)
        self.assertEqual(to_minor(50_000.000000000007, 2), 5_000_000)

    def test_currencies_without_cents_and_with_three_decimals(self):
        self.assertEqual(to_minor(1500.0, 0), 1500)
        self.assertEqual(from_minor(1234, 3), 1.234)
