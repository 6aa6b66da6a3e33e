from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.fields import Domain


class BizoverbizInvitationFigure(models.Model):
    """What is open between the firm and a partner in one currency, as the partner was told."""

    _name = "bizoverbiz.invitation.figure"
    _description = "Figure of an Invitation"
    _order = "invitation_id, id"

    invitation_id = fields.Many2one("bizoverbiz.invitation", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="invitation_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True)
    receivable = fields.Monetary("It Owes You")
    payable = fields.Monetary("You Owe It")
    between = fields.Monetary(
        "Mutual",
        compute="_compute_between",
        store=True,
        help="What could be set off as soon as it is a member, even if nobody else were.",
    )

    @api.depends("receivable", "payable")
    def _compute_between(self):
        for figure in self:
            figure.between = min(figure.receivable, figure.payable)

    def _prepare_commands(self, amounts):
        """These figures replaced by others: dict of currency to (receivable, payable)."""
        return [
            Command.clear(),
            *(
                Command.create({"currency_id": currency.id, "receivable": receivable, "payable": payable})
                for currency, (receivable, payable) in sorted(amounts.items(), key=lambda item: item[0].name)
            ),
        ]

    @api.model
    def _open_amounts(self, company, partners=None):
        """What each partner and the legal entity owe each other on open invoices and bills, less open credits.

        As many queries for many invoices as for few.

        :param partners: commercial partners; None for all
        :return: dict of partner to dict of currency to (receivable, payable); nothing where both are zero
        """
        scope = Domain("company_id", "child_of", company.id) & Domain("partner_id", "!=", False)
        if partners is not None:
            scope &= Domain("partner_id.commercial_partner_id", "in", partners.ids)
        found = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
        for partner, account_type, currency, amount in self._ledger(scope):
            receivable = account_type == "asset_receivable"
            found[partner.commercial_partner_id][currency][0 if receivable else 1] += amount if receivable else -amount
        for partner, partner_type, currency, amount in self._payments(scope):
            found[partner.commercial_partner_id][currency][0 if partner_type == "customer" else 1] -= amount
        return {
            partner: kept
            for partner, currencies in found.items()
            if (
                kept := {
                    currency: tuple(max(currency.round(amount), 0.0) for amount in amounts)
                    for currency, amounts in currencies.items()
                    if any(currency.round(amount) > 0 for amount in amounts)
                }
            )
        }

    @api.model
    def _ledger(self, scope):
        """Open invoices and bills, and whatever stands against them; other entries are owed on no invoice."""
        owed = Domain("move_id.move_type", "in", ("out_invoice", "in_invoice"))
        credit = (Domain("account_type", "=", "asset_receivable") & Domain("amount_residual_currency", "<", 0)) | (
            Domain("account_type", "=", "liability_payable") & Domain("amount_residual_currency", ">", 0)
        )
        return (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                self.env["bizoverbiz.open.invoice"]._open_lines(scope) & (owed | credit),
                ["partner_id", "account_type", "currency_id"],
                ["amount_residual_currency:sum"],
            )
        )

    @api.model
    def _payments(self, scope):
        """Payments registered without an entry, of the kind that settles an invoice."""
        usual = Domain([("partner_type", "=", "customer"), ("payment_type", "=", "inbound")]) | Domain(
            [("partner_type", "=", "supplier"), ("payment_type", "=", "outbound")]
        )
        return (
            self.env["account.payment"]
            .sudo()
            ._read_group(
                scope & usual & Domain("state", "=", "in_process") & Domain("move_id", "=", False),
                ["partner_id", "partner_type", "currency_id"],
                ["amount:sum"],
            )
        )
