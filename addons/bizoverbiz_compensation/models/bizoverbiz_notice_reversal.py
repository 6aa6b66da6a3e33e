from odoo import api, fields, models
from odoo.tools import format_amount

from .bizoverbiz_notice_booking import BookingBlockedError, EntryItem


# pylint: disable=consider-merging-classes-inherited; reversals have a file of their own
class BizoverbizNotice(models.Model):
    """Reversal: what an earlier notice set off is opened again, all of it or a part.

    The entry turns the earlier one round, on the same accounts and partners. What it opens again is taken off the
    invoices first, so that they are open as before; the earlier entry's items are reconciled with the reversal's.
    Where only a part is opened again, the item is turned round wholly and the rest is set off anew, by the same entry:
    whatever follows from it (cash-basis VAT, exchange differences) bears the reversal's day.
    """

    _inherit = "bizoverbiz.notice"

    kind = fields.Selection(
        [("netting", "Set-off"), ("reversal", "Reversal")],
        default="netting",
        required=True,
        readonly=True,
        help="A reversal opens again what an earlier notice set off.",
    )

    @api.model
    def _prepare_values(self, membership, payload):
        return {**super()._prepare_values(membership, payload), "kind": payload.get("kind") or "netting"}

    def _prepare_items(self):
        if self.kind != "reversal":
            return super()._prepare_items()
        items = []
        for line in self.line_ids:
            line._require_reversed()
            items += line._reversing_items()
        return items

    def _entry_label(self, item):
        if self.kind != "reversal":
            return super()._entry_label(item)
        values = self._prepare_label(item)
        if item.amount > 0:
            return self.env._("Set-off of %(number)s, what the reversal of %(date)s leaves", **values)
        return self.env._("Reversal of the set-off of %(number)s, decided on %(date)s", **values)

    def _company_balances(self, company, day, items):
        """What is turned round has the rate at which it was booked."""
        if self.kind == "reversal":
            day = items[0].line.reversed_line_id.item_ids.move_id[:1].date or day
        return super()._company_balances(company, day, items)

    def _settle(self, entries, day):
        undone = self.env["account.partial.reconcile"].concat(
            *(item.undoes for items in entries.values() for item in items)
        )
        undone.sudo().with_context(bizoverbiz_reversal_date=day).unlink()
        return super()._settle(entries, day)

    def _excess_note(self, line):
        if self.kind != "reversal":
            return super()._excess_note(line)
        return self.env._(
            "What was set off on %(invoice)s had been reconciled otherwise in between: %(amount)s stays open on the "
            "account of %(partner)s. Reconcile it, or settle it with your partner.",
            invoice=line.number,
            amount=format_amount(self.env, line.excess, line.currency_id),
            partner=line.move_id.commercial_partner_id.name,
        )

    def _invoice_note(self, line, entry):
        if self.kind != "reversal":
            return super()._invoice_note(line, entry)
        return self.env._(
            "%(amount)s opened again by %(notice)s, entry %(entry)s. Still open: %(open)s.",
            amount=format_amount(self.env, line.set_off, line.currency_id),
            notice=self.reference,
            entry=entry,
            open=format_amount(self.env, line.move_id.amount_residual, line.move_id.currency_id),
        )


class BizoverbizNoticeLine(models.Model):
    _inherit = "bizoverbiz.notice.line"

    reverses = fields.Integer(
        "Reversed Notice Number", readonly=True, aggregator=None, help="The notice that set off what is opened again."
    )
    reversed_line_id = fields.Many2one("bizoverbiz.notice.line", readonly=True, index="btree_not_null")
    reversal_line_ids = fields.One2many("bizoverbiz.notice.line", "reversed_line_id", readonly=True)

    @api.model
    def _prepare_values(self, membership, line, statement_lines, currency, moves):
        values = super()._prepare_values(membership, line, statement_lines, currency, moves)
        return {**values, "reverses": line.get("reverses", 0)}

    def _require_reversed(self):
        """Find the line that is opened again.

        :raises BookingBlockedError: if these books do not contain it, or not as much
        """
        found = self.reversed_line_id or self.search(
            [
                ("notice_id.membership_id", "=", self.notice_id.membership_id.id),
                ("notice_id.number", "=", self.reverses),
                ("side", "=", self.side),
                ("counterpart", "=", self.counterpart),
                ("number", "=", self.number),
            ]
        )
        values = {"number": self.number, "notice": self.reverses}
        booked = found.filtered(lambda line: line.notice_id.state in ("booked", "acknowledged") and line.item_ids)
        if len(found) != 1 or not booked:
            raise BookingBlockedError(
                self.env._(
                    "This notice opens again what notice %(notice)s set off on %(number)s, and that notice is not "
                    "booked here: have it booked first.",
                    **values,
                ),
                "earlier",
            )
        left = found.set_off - sum((found.reversal_line_ids - self).filtered("item_ids").mapped("set_off"))
        if self.currency_id.compare_amounts(self.set_off, left) > 0:
            raise BookingBlockedError(
                self.env._(
                    "This notice opens again more than notice %(notice)s set off on %(number)s: ask the network's "
                    "operator.",
                    **values,
                ),
                "earlier",
            )
        self.write({"reversed_line_id": found.id, "move_id": found.move_id.id})

    def _reversing_items(self):
        """Turn round what carries the set-off: first what is open, then what was settled last.

        :rtype: list[EntryItem]
        """
        carriers = self._carriers()
        left, items = self.set_off, []
        for carrier in carriers:
            free = abs(carrier.amount_residual_currency)
            partials = self._settled_by(carrier)
            settled = sum(self._amount(carrier, partial) for partial in partials)
            taken = self.currency_id.round(min(left, free + settled))
            if self.currency_id.is_zero(taken):
                continue
            if self.currency_id.compare_amounts(taken, free) <= 0:
                items.append(EntryItem(self, carrier, -taken, carrier, partials.browse()))
            else:
                items.append(EntryItem(self, carrier, -(free + settled), carrier, partials))
                kept = self.currency_id.round(free + settled - taken)
                if kept:
                    terms = (partials.debit_move_id | partials.credit_move_id) - carrier
                    items.append(EntryItem(self, carrier, kept, terms, partials.browse()))
            left = self.currency_id.round(left - taken)
        if left:
            # Reconciled by hand with something else since: opened again on the partner's account, and flagged.
            nothing = carriers.browse()
            items.append(EntryItem(self, carriers[:1], -left, nothing, nothing.matched_debit_ids))
        return items

    def _carriers(self):
        """Journal items by which the set-off stands in the books: open ones first, the last instalment first."""
        lines = self.reversed_line_id | self.reversed_line_id.reversal_line_ids
        sign = 1 if self.side == "payable" else -1
        carrying = lines.item_ids.filtered(lambda item: item.amount_currency * sign > 0)
        return carrying.sorted(lambda item: (bool(item.amount_residual_currency), item.id), reverse=True)

    def _settled_by(self, carrier):
        """Reconciliations of a journal item with the line's invoice."""
        terms = self.move_id.line_ids
        return (carrier.matched_debit_ids | carrier.matched_credit_ids).filtered(
            lambda partial: (partial.debit_move_id in terms) or (partial.credit_move_id in terms)
        )

    @staticmethod
    def _amount(carrier, partial):
        if partial.debit_move_id == carrier:
            return partial.debit_amount_currency
        return partial.credit_amount_currency
