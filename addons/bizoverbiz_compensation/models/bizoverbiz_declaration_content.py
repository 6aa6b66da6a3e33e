from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import format_amount

from ..tools.minor_units import from_minor, to_minor

#: Most lines a member has declared at once.
MOST_DECLARED = 250_000


# pylint: disable=consider-merging-classes-inherited; what is said and how it is sent are long enough for a file each
class BizoverbizDeclaration(models.Model):
    """What a declaration says, and what it does not."""

    _inherit = "bizoverbiz.declaration"

    @api.model
    def _prepare_lines(self, membership):
        """Open invoices and bills of the legal entity with members of the network; others' only if it has opted in.

        :return: the lines of the protocol, in a fixed order, and values of the rows for what is not declared in full
        """
        invoices = self.env["bizoverbiz.open.invoice"]._list(membership.company_id)
        members = membership._members_among(
            invoice.move.commercial_partner_id._bizoverbiz_identifier() for invoice in invoices
        )
        return self._sort_out(membership, invoices, members)

    @api.model
    def _reasons(self, membership, moves):
        """Why invoices are not declared in full, from these books and what is known of the network.

        :rtype: dict[int, list[str]]
        """
        invoices = self.env["bizoverbiz.open.invoice"]._list(membership.company_id, moves.commercial_partner_id)
        _lines, told = self._sort_out(membership, invoices, membership._known_members())
        refused = self.env["bizoverbiz.declaration.line"].search(
            [("membership_id", "=", membership.id), ("move_id", "in", moves.ids), ("kind", "=", "refused")]
        )
        reasons = defaultdict(list)
        for values in told:
            if values["move_id"] in moves.ids:
                reasons[values["move_id"]].append(values["reason"])
        for row in refused:
            reasons[row.move_id.id].append(self.env._("Refused by the network: %(reason)s", reason=row.reason))
        return reasons

    @api.model
    def _sort_out(self, membership, invoices, members):
        """Lines to declare, and rows for what is not declared in full."""
        lines, told = [], []
        for invoice in invoices:
            if invoice.residual <= 0:
                continue
            counterpart = invoice.move.commercial_partner_id._bizoverbiz_identifier()
            if obstacle := self._prepare_obstacle(membership, counterpart, invoice, members):
                told.append(obstacle)
                continue
            if invoice.credits:
                told.append(self._prepare_reduced(invoice))
            if invoice.open <= 0:
                continue
            number = self._number(invoice.move)
            if not number or len(lines) == MOST_DECLARED:
                told.append(self._prepare_skipped(invoice, number))
                continue
            line = self._prepare_line(counterpart, number, invoice)
            told += self._prepare_not_offered(invoice, line)
            lines.append(line)
        return lines, told

    @api.model
    def _prepare_row(self, invoice, kind, reason, amount=None, **values):
        move = invoice.move
        return {
            "move_id": move.id,
            "kind": kind,
            "reason": reason,
            "partner_id": move.commercial_partner_id.id,
            "currency_id": move.currency_id.id,
            "amount": max(invoice.open, 0.0) if amount is None else amount,
            "due_date": invoice.due_date or move.invoice_date,
            **values,
        }

    @api.model
    def _prepare_obstacle(self, membership, counterpart, invoice, members):
        """Why nothing of an invoice leaves the books, or None."""
        partner = invoice.move.commercial_partner_id.name
        if not counterpart:
            return self._prepare_row(
                invoice,
                "unidentified",
                self.env._(
                    "%(partner)s has no valid SIREN, SIRET or VAT number: enter it if this is a firm.", partner=partner
                ),
            )
        if counterpart == membership.identifier:
            return self._prepare_row(invoice, "private", self.env._("%(partner)s is your own firm.", partner=partner))
        if counterpart not in members and not membership.declare_non_members:
            return self._prepare_row(
                invoice, "stranger", self.env._("%(partner)s is no member of the network.", partner=partner)
            )
        if invoice.is_private:
            return self._prepare_row(invoice, "private", invoice.holds[0].reason)
        return None

    @api.model
    def _number(self, move):
        """The seller's number, as this side knows it."""
        return ((move.name if move.is_sale_document() else move.ref) or "").strip()

    @api.model
    def _prepare_line(self, counterpart, number, invoice):
        move = invoice.move
        digits = move.currency_id.decimal_places
        return {
            "side": "receivable" if move.is_inbound() else "payable",
            "counterpart": counterpart,
            "number": number,
            "currency": move.currency_id.name,
            "amount_total": to_minor(move.amount_total, digits),
            "amount_open": to_minor(invoice.open, digits),
            **move._bizoverbiz_prepare_dispute(invoice.open),
            "issue_date": fields.Date.to_string(move.invoice_date),
            "due_date": fields.Date.to_string(invoice.due_date or move.invoice_date),
            "reference": f"account.move,{move.id}",
            **self._prepare_encumbrance(invoice),
        }

    @api.model
    def _prepare_encumbrance(self, invoice):
        """What of the line is not offered; the engine keeps from the partner why."""
        held = invoice.held
        if not held:
            return {}
        digits = invoice.move.currency_id.decimal_places
        return {"encumbrance": invoice.holds[0].encumbrance, "amount_encumbered": to_minor(held, digits)}

    @api.model
    def _prepare_not_offered(self, invoice, line):
        """Rows for the parts of a declared invoice that are not set off."""
        rows = [
            self._prepare_row(
                invoice, hold.kind, hold.reason, invoice.open if hold.amount is None else min(hold.amount, invoice.open)
            )
            for hold in invoice.holds
        ]
        if line["amount_disputed"]:
            disputed = from_minor(line["amount_disputed"], invoice.move.currency_id.decimal_places)
            reason = line["dispute_reason"] or self.env._("In dispute")
            rows.append(self._prepare_row(invoice, "disputed", reason, disputed))
        return rows

    @api.model
    def _prepare_reduced(self, invoice):
        """Say which credits are counted against an invoice although the books have not reconciled them yet."""
        currency = invoice.move.currency_id
        credits = ", ".join(
            f"{record.display_name} ({format_amount(self.env, amount, currency)})" for record, amount in invoice.credits
        )
        if invoice.open > 0:
            reason = self.env._(
                "Declared for %(open)s of %(residual)s, less what is not reconciled yet: %(credits)s.",
                open=format_amount(self.env, invoice.open, currency),
                residual=format_amount(self.env, invoice.residual, currency),
                credits=credits,
            )
        else:
            reason = self.env._("Not declared: covered by what is not reconciled yet: %(credits)s.", credits=credits)
        taken = sum(amount for _record, amount in invoice.credits)
        return self._prepare_row(invoice, "reduced", reason, currency.round(taken))

    @api.model
    def _prepare_skipped(self, invoice, number):
        if number:
            reason = self.env._("The network takes %(most)s lines; those due first are declared.", most=MOST_DECLARED)
            return self._prepare_row(invoice, "skipped", reason)
        reason = self.env._("The bill has no reference: enter the vendor's invoice number in its Bill Reference.")
        return self._prepare_row(invoice, "skipped", reason, field_name="ref")
