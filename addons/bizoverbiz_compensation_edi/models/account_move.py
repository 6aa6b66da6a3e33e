from collections import defaultdict
from typing import NamedTuple

from odoo import models
from odoo.tools import format_amount, format_date

#: UNTDID 4461, payment means: clearing between partners.
CLEARING = "97"
#: UNTDID 1001, type of document: prepayment invoice, and the credit note of one as France wants it (XP Z12-014).
DEPOSIT_INVOICE, DEPOSIT_CREDIT_NOTE = "386", "503"


class Settlement(NamedTuple):
    """What one counterpart entry settled of an invoice, in the invoice's currency."""

    date: object
    entry: object
    amount: float
    partials: object

    @property
    def notice(self):
        return self.entry.bizoverbiz_notice_id


class AccountMove(models.Model):
    _inherit = "account.move"

    def _bizoverbiz_settlements(self):
        """Whatever settled this invoice so far, oldest first: set-offs, payments, credit notes.

        A set-off's day is that of the decision, also where the entry had to be booked later.

        :rtype: list[Settlement]
        """
        self.ensure_one()
        terms = self.line_ids.filtered(
            lambda line: line.account_type in ("asset_receivable", "liability_payable")
        ).sudo()
        by_entry = defaultdict(list)
        for partial in terms.matched_debit_ids | terms.matched_credit_ids:
            if partial.debit_move_id in terms:
                by_entry[partial.credit_move_id.move_id].append((partial, partial.debit_amount_currency))
            else:
                by_entry[partial.debit_move_id.move_id].append((partial, partial.credit_amount_currency))
        found = []
        for entry, settled in by_entry.items():
            amount = self.currency_id.round(sum(amount for _partial, amount in settled))
            if not self.currency_id.is_zero(amount):
                day = entry.bizoverbiz_notice_id.decision_date or entry.date
                partials = terms.matched_debit_ids.browse(partial.id for partial, _amount in settled)
                found.append(Settlement(day, entry, amount, partials))
        return sorted(found, key=lambda settlement: (settlement.date, settlement.entry.id))

    def _bizoverbiz_set_offs(self):
        """The settlements that are set-offs."""
        return [settlement for settlement in self._bizoverbiz_settlements() if settlement.notice]

    def _bizoverbiz_is_wholly_set_off(self):
        """Nothing else than set-offs settled the invoice, and nothing is left to pay."""
        set_off = sum(settlement.amount for settlement in self._bizoverbiz_set_offs())
        return (
            self.move_type == "out_invoice"
            and bool(set_off)
            and self.currency_id.is_zero(self.amount_residual)
            and self.currency_id.compare_amounts(set_off, self.amount_total) == 0
        )

    def _bizoverbiz_edi_note(self):
        """What of the invoice was set off, by which notice and when, and what remains: one sentence each (BT-22)."""
        self.ensure_one()
        sentences = [
            self.env._(
                "%(amount)s set off on %(date)s by notice %(notice)s.",
                amount=format_amount(self.env, settlement.amount, self.currency_id),
                date=format_date(self.env, settlement.date),
                notice=settlement.notice.reference,
            )
            for settlement in self._bizoverbiz_set_offs()
        ]
        if sentences:
            remaining = format_amount(self.env, self.amount_residual, self.currency_id)
            sentences.append(self.env._("Remaining to pay: %(amount)s.", amount=remaining))
        # Amounts are formatted with spaces that plain-text readers of XML files stumble upon.
        return " ".join(sentences).replace("\u202f", " ").replace("\xa0", " ")

    def _bizoverbiz_edi_values(self):
        """What a set-off or a deposit changes in an electronic invoice; empty for one that has none.

        ``note`` (BT-22); ``payment_means`` (BT-81) where it is another than the remainder's own; ``process`` (BT-23)
        and ``due_date`` (BT-9) where nothing is left to pay; ``process`` too where a deposit went before.

        :rtype: dict
        """
        self.ensure_one()
        values = {}
        if self._bizoverbiz_deposits() and self._bizoverbiz_takes_french_codes():
            values["process"] = f"{self._bizoverbiz_supply()}4"
        set_offs = self._bizoverbiz_set_offs() if self.move_type == "out_invoice" else []
        if not set_offs:
            return values
        values["note"] = self._bizoverbiz_edi_note()
        if self._bizoverbiz_is_wholly_set_off():
            values["payment_means"] = CLEARING
        if self.currency_id.is_zero(self.amount_residual):
            values["due_date"] = self._bizoverbiz_settlements()[-1].date
            if self._bizoverbiz_takes_french_codes() and "process" not in values:
                values["process"] = f"{self._bizoverbiz_supply()}2"
        return values

    def _bizoverbiz_deposits(self):
        """Deposit invoices that this final invoice deducts."""
        self.ensure_one()
        if self.move_type != "out_invoice" or self._is_downpayment():
            return self.browse()
        return self.invoice_line_ids._get_downpayment_lines().move_id.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )

    def _bizoverbiz_preceding(self):
        """Invoices that this one cites (BG-3): the deposits it deducts, or the deposit it credits."""
        self.ensure_one()
        if self.move_type == "out_refund" and self._is_downpayment():
            return self.reversed_entry_id
        return self._bizoverbiz_deposits().sorted("id")

    def _bizoverbiz_document_type(self):
        """BT-3 of a deposit invoice or its credit note; None for others, and where Peppol's list lacks the code."""
        self.ensure_one()
        if self.move_type == "out_invoice" and self._is_downpayment():
            return DEPOSIT_INVOICE
        if self.move_type == "out_refund" and self._is_downpayment() and self._bizoverbiz_takes_french_codes():
            return DEPOSIT_CREDIT_NOTE
        return None

    def _bizoverbiz_takes_french_codes(self):
        """French codes of BT-23 and BT-3 are for French firms, and not for files that go over Peppol.

        Peppol's rule R007 allows its own profile only, and its list of credit notes has no 503.
        """
        parties = self.company_id.partner_id.commercial_partner_id | self.commercial_partner_id
        over_peppol = self.commercial_partner_id.with_company(self.company_id).invoice_sending_method == "peppol"
        return set(parties.mapped("country_code")) == {"FR"} and not over_peppol

    def _bizoverbiz_supply(self):
        """What is invoiced, as BT-23 tells it in France: B goods, S services, M both or unknown."""
        kinds = set()
        for line in self.invoice_line_ids.filtered(lambda line: line.display_type == "product"):
            scope = line.tax_ids.mapped("tax_scope")[:1] or [line.product_id.type]
            kinds.add({"consu": "B", "combo": "B", "service": "S"}.get(scope[0], "M"))
        return kinds.pop() if len(kinds) == 1 else "M"

    def _bizoverbiz_vat(self):
        """The invoice by VAT rate and moment the tax falls due, positive, in the invoice's currency.

        Fixed taxes (eco-taxes) belong to the base of the rate they are taxed at.

        :return: dict of (rate, exigibility) to [total with tax, tax]
        """
        self.ensure_one()
        amounts = defaultdict(lambda: [0.0, 0.0])
        sign = 1 if self.move_type in ("out_refund", "in_invoice") else -1
        for line in self.line_ids.filtered(
            lambda line: (
                line.account_type not in ("asset_receivable", "liability_payable")
                and line.display_type not in ("line_section", "line_subsection", "line_note", "cogs")
            )
        ):
            is_vat = line.tax_line_id.amount_type == "percent"
            taxes = line.tax_line_id if is_vat else line.tax_ids.flatten_taxes_hierarchy()
            tax = taxes.filtered(lambda tax: tax.amount_type == "percent")[:1]
            amount = amounts[tax.amount, tax.tax_exigibility or "on_invoice"]
            amount[0] += sign * line.amount_currency
            amount[1] += sign * line.amount_currency if is_vat else 0.0
        return {
            key: [self.currency_id.round(total), self.currency_id.round(tax)]
            for key, (total, tax) in sorted(amounts.items())
            if not self.currency_id.is_zero(total)
        }
