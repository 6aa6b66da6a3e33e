from odoo import models

from .bizoverbiz_notice_booking import BookingBlockedError


# pylint: disable=consider-merging-classes-inherited; what outlives the addon has a file of its own
class BizoverbizNotice(models.Model):
    """What outlives the addon: entries stay in the books, with the signed notice attached, and are recognised again."""

    _inherit = "bizoverbiz.notice"

    def _keep_original_with_entries(self):
        """Attach the signed notice to its entries: an entry keeps its voucher whatever becomes of this addon."""
        name = f"{self.reference}.jws"
        attachments = self.env["ir.attachment"].sudo()
        kept = attachments.search(
            [("res_model", "=", "account.move"), ("res_id", "in", self.move_ids.ids), ("name", "=", name)]
        ).mapped("res_id")
        attachments.create(
            [
                {
                    "name": name,
                    "raw": self.jws.encode(),
                    "mimetype": "application/jose",
                    "res_model": "account.move",
                    "res_id": move.id,
                }
                for move in self.move_ids
                if move.id not in kept
            ]
        )

    def _take_over_entries(self):
        """Recognise entries that book this notice already: made before the addon was uninstalled, or by hand.

        :return: whether the books contain the notice
        :rtype: bool
        :raises BookingBlockedError: if posted entries bear the notice's reference and do not say the same
        """
        found = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("ref", "=", self.reference),
                    ("move_type", "=", "entry"),
                    ("state", "=", "posted"),
                    ("bizoverbiz_notice_id", "=", False),
                    ("reversed_entry_id", "=", False),
                    ("reversal_move_ids", "=", False),
                    ("company_id", "child_of", self.company_id.id),
                ]
            )
        )
        if not found:
            return False
        items = {line: line._items_in(found) for line in self.line_ids}
        covered = found.line_ids.browse().concat(*items.values())
        if (
            len(found.company_id) < len(found)
            or len(covered) != len(found.line_ids)
            or set(covered) != set(found.line_ids)
            or not all(line._is_booked_by(own) for line, own in items.items())
        ):
            raise BookingBlockedError(
                self.env._(
                    "%(entries)s bear the reference of this notice and do not say the same: it is not booked a second "
                    "time. Compare them with the notice; give them another reference if they are something else.",
                    entries=", ".join(found.mapped("name")),
                ),
                "entry",
            )
        found.bizoverbiz_notice_id = self
        for line, own in items.items():
            own.bizoverbiz_notice_line_id = line
            if self.kind == "reversal":
                line._require_reversed()
        if not self.company_id.bizoverbiz_journal_id:
            self.company_id.bizoverbiz_journal_id = found.journal_id[:1]
        self.message_post(
            body=self.env._("Booked already, by %(entries)s.", entries=", ".join(found.mapped("name"))),
        )
        return True


class BizoverbizNoticeLine(models.Model):
    _inherit = "bizoverbiz.notice.line"

    def _items_in(self, moves):
        """The items of entries that book this line, by partner, kind of account and the number in their label."""
        self.move_id = self.move_id or self._find_invoice()
        kind = "asset_receivable" if self.side == "receivable" else "liability_payable"
        return moves.line_ids.filtered(
            lambda item: (
                item.account_type == kind
                and item.partner_id.commercial_partner_id == self.move_id.commercial_partner_id
                and f" {self.number}," in (item.name or "")
            )
        )

    def _is_booked_by(self, items):
        sign = 1 if self.side == "payable" else -1
        total = sum(items.mapped("amount_currency")) * sign * (-1 if self.notice_id.kind == "reversal" else 1)
        return items.currency_id == self.currency_id and self.currency_id.compare_amounts(total, self.set_off) == 0
