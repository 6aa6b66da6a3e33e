from odoo.tests import tagged

from . import fec
from .common import ElectronicInvoiceCase


@tagged("post_install", "-at_install")
class TestFec(ElectronicInvoiceCase):
    def test_the_export_after_set_offs_is_what_the_law_asks_for(self):
        whole = self._sale((self.service, 1000, "20% S"))
        part = self._sale((self.service, 1234.56, "20% S"), (self.service, 789.01, "5.5% S"))
        notices = self._set_off(whole, 120000) | self._set_off(part, 100000)
        content, name = self._export_fec()
        self.assertEqual(fec.check(content, name), [])
        rows = fec.read(content)
        for notice in notices:
            booked = [row for row in rows if row["EcritureNum"] == notice.move_id.name]
            self.assertEqual({row["PieceRef"] for row in booked}, {notice.reference})
            self.assertEqual({row["EcritureDate"] for row in booked}, {"20261122"})
            self.assertEqual({row["CompteNum"] for row in booked}, {"401100", "411100"})

        # What core leaves blank: letters of partial reconciliations.
        def letters(move, account):
            return {
                row["EcritureLet"] for row in rows if row["EcritureNum"] == move.name and row["CompteNum"] == account
            }

        self.assertEqual(len(letters(whole, "411100") - {""}), 1)
        self.assertEqual(letters(part, "411100"), {""})

    def test_the_checker_finds_what_is_wrong(self):
        self._set_off(self._sale((self.goods, 1000, "20% G")), 120000)
        content, name = self._export_fec()
        good = content.decode().split("\r\n")
        cells = good[1].split("|")
        for column, value, expected in (
            (3, "2026-11-22", "EcritureDate is"),
            (8, "", "PieceRef is blank"),
            (11, "1.000,00", "Debit is"),
            (4, "41", "not an account of the general chart"),
            (14, "20261122", "go together") if not cells[14] else (14, "", "go together"),
        ):
            bad = [*good]
            bad[1] = "|".join([*cells[:column], value, *cells[column + 1 :]])
            self.assertIn(expected, " ".join(fec.check("\r\n".join(bad).encode(), name)))
        self.assertIn("out of balance", " ".join(fec.check("\r\n".join(good[:-1]).encode(), name)))
        self.assertIn("names", fec.check("\r\n".join(["a|b", *good[1:]]).encode(), name)[0])
        self.assertIn("the file's name", fec.check(content, "fec.txt")[0])
        shuffled = [good[0], good[-1], *good[1:-1]]
        self.assertTrue(fec.check("\r\n".join(shuffled).encode(), name))
