from dataclasses import dataclass, field

from odoo import api, fields, models

#: What the engine is told a part is that the invoice's own switch withholds (protocol, field ``encumbrance``).
ENCUMBRANCES = {"choice": "blocked", "factored": "factored", "pledged": "pledged", "retention": "retention"}


@dataclass(frozen=True)
class Hold:
    """Why an open invoice, or a part of it, is kept out of set-offs."""

    kind: str
    reason: str
    #: In the invoice's currency; None for all of it.
    amount: float | None = None
    #: As what the engine is told of the part; None if nothing of the invoice leaves the books.
    encumbrance: str | None = "blocked"


@dataclass
class RuleFacts:
    """What the rules look at, read once for all invoices."""

    membership: object
    today: object
    journals: frozenset
    accounts: frozenset
    partners: frozenset
    insolvent: frozenset
    #: The latest due date that is offered, or None without limit.
    horizon: object
    #: Ids of customers at risk, or None if that plays no part.
    risky: set | None
    #: (company, currency, kind of invoice) that have something open on the other side, or None if that plays no part.
    balanced: set | None
    #: Smallest amount by currency.
    smallest: dict = field(default_factory=dict)


class BizoverbizDeclarationRule(models.AbstractModel):
    """The company's rules of what is declared, and the switches of its partners and invoices.

    A journal or a partner that is kept out leaves the books with nothing. Whatever else is held back is declared as
    not offered: the partner would otherwise find its invoice missing here. It learns neither the reason nor the rule.
    """

    _name = "bizoverbiz.declaration.rule"
    _description = "Rules of What Is Declared"

    @api.model
    def _apply(self, company, invoices):
        """Put on each invoice what the rules hold back of it.

        :param company: the legal entity
        :param invoices: all open invoices of the partners they are of, see ``bizoverbiz.open.invoice``
        """
        facts = self._prepare_facts(company, invoices)
        for invoice in invoices:
            whole = (rule(invoice, facts) for rule in self._whole_rules())
            if hold := next(filter(None, whole), None):
                invoice.holds = [hold]
            else:
                invoice.holds = self._portion_holds(invoice, facts)

    @api.model
    def _prepare_facts(self, company, invoices):
        membership = company.sudo().bizoverbiz_membership_id
        today = fields.Date.context_today(self)
        days = {"overdue": -1, "horizon": membership.horizon_days}.get(membership.due_rule)
        facts = RuleFacts(
            membership=membership,
            today=today,
            journals=frozenset(membership.rule_journal_ids.ids),
            accounts=frozenset(membership.rule_account_ids.ids),
            partners=frozenset(membership.rule_partner_ids.commercial_partner_id.ids),
            insolvent=frozenset(membership.insolvent_partner_ids.commercial_partner_id.ids),
            horizon=None if days is None else fields.Date.add(today, days=days),
            risky=self._risky_customers(membership, company, invoices, today) if membership.risky_only else None,
            balanced=self._balanced_branches(company) if membership.branches_apart else None,
        )
        if membership.smallest_amount > 0:
            for currency in {invoice.move.currency_id for invoice in invoices}:
                facts.smallest[currency] = company.currency_id._convert(
                    membership.smallest_amount, currency, company, today
                )
        return facts

    @api.model
    def _risky_customers(self, membership, company, invoices, today):
        """Customers marked as bad debtors, and those who are late with an invoice for longer than the company bears."""
        patience = fields.Date.subtract(today, days=membership.risky_days)
        late, customers = set(), set()
        for invoice in invoices:
            if invoice.move.move_type == "out_invoice":
                customer = invoice.move.commercial_partner_id.id
                customers.add(customer)
                if invoice.open > 0 and (invoice.due_date or invoice.move.invoice_date) < patience:
                    late.add(customer)
        customers = self.env["res.partner"].with_company(company).browse(customers)
        customers.fetch(["trust"])
        return late | set(customers.filtered(lambda customer: customer.trust == "bad").ids)

    @api.model
    def _balanced_branches(self, company):
        """Where an entry of one company, in one currency, can have both sides."""
        groups = self.env["account.move"]._read_group(
            [
                ("company_id", "child_of", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "in_invoice")),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
            ["company_id", "currency_id", "move_type"],
        )
        opposite = {"out_invoice": "in_invoice", "in_invoice": "out_invoice"}
        return {(branch.id, currency.id, opposite[move_type]) for branch, currency, move_type in groups}

    # Rules about an invoice as a whole, in the order in which they are told

    @api.model
    def _whole_rules(self):
        return (
            self._hold_journal,
            self._hold_partner,
            self._hold_insolvent,
            self._hold_branch,
            self._hold_smallest,
            self._hold_risky_only,
        )

    @staticmethod
    def _is_out(rule, chosen, record_id):
        return rule != "all" and (record_id in chosen) == (rule == "except")

    def _hold_journal(self, invoice, facts):
        journal = invoice.move.journal_id
        if not self._is_out(facts.membership.journal_rule or "all", facts.journals, journal.id):
            return None
        reason = self.env._("The company's rules leave out journal %(journal)s.", journal=journal.display_name)
        return Hold("private", reason, encumbrance=None)

    def _hold_partner(self, invoice, facts):
        partner = invoice.move.commercial_partner_id
        if not self._is_out(facts.membership.partner_rule or "all", facts.partners, partner.id):
            return None
        reason = self.env._("%(partner)s is kept out of set-offs.", partner=partner.name)
        return Hold("private", reason, encumbrance=None)

    def _hold_insolvent(self, invoice, facts):
        partner = invoice.move.commercial_partner_id
        if partner.id not in facts.insolvent:
            return None
        return Hold("held", self.env._("%(partner)s is marked as insolvent.", partner=partner.name))

    def _hold_branch(self, invoice, facts):
        move = invoice.move
        if facts.balanced is None or (move.company_id.id, move.currency_id.id, move.move_type) in facts.balanced:
            return None
        reason = self.env._(
            "%(branch)s has nothing open on the other side in %(currency)s: its books could not balance.",
            branch=move.company_id.name,
            currency=move.currency_id.name,
        )
        return Hold("held", reason)

    def _hold_smallest(self, invoice, facts):
        currency = invoice.move.currency_id
        smallest = facts.smallest.get(currency)
        if smallest is None or currency.compare_amounts(invoice.open, smallest) >= 0:
            return None
        reason = self.env._(
            "Less is open than the smallest amount of the company's rules, %(smallest)s.",
            smallest=currency.format(smallest),
        )
        return Hold("held", reason)

    def _hold_risky_only(self, invoice, facts):
        partner = invoice.move.commercial_partner_id
        if facts.risky is None or invoice.move.move_type != "out_invoice" or partner.id in facts.risky:
            return None
        reason = self.env._(
            "%(partner)s is no customer at risk: neither a bad debtor nor more than %(days)s days late.",
            partner=partner.name,
            days=facts.membership.risky_days,
        )
        return Hold("held", reason)

    # Rules about a part of an invoice

    @api.model
    def _portion_holds(self, invoice, facts):
        """What is held back of an invoice that no rule leaves out as a whole."""
        amounts = {}
        for portion in invoice.portions:
            if reason := self._portion_reason(portion, facts):
                amounts[reason] = amounts.get(reason, 0.0) + portion.residual
        holds = [Hold("held", reason, amount) for reason, amount in amounts.items() if amount > 0]
        return [*self._hold_withheld(invoice), *holds]

    def _hold_withheld(self, invoice):
        """What the invoice's own switch keeps out: all of it, or an amount."""
        move = invoice.move
        if not move.bizoverbiz_withheld:
            return []
        reason = dict(move._fields["bizoverbiz_withheld"]._description_selection(self.env))[move.bizoverbiz_withheld]
        if amount := move.bizoverbiz_withheld_amount:
            reason = self.env._(
                "%(reason)s: %(amount)s kept out.", reason=reason, amount=move.currency_id.format(amount)
            )
        return [Hold("withheld", reason, amount or None, ENCUMBRANCES[move.bizoverbiz_withheld])]

    def _portion_reason(self, portion, facts):
        if self._is_out(facts.membership.account_rule or "all", facts.accounts, portion.account.id):
            return self.env._(
                "The company's rules leave out account %(account)s.", account=portion.account.display_name
            )
        if facts.horizon and portion.due_date and portion.due_date > facts.horizon:
            if facts.membership.due_rule == "overdue":
                return self.env._("Not overdue yet: the company's rules offer only what is late.")
            return self.env._(
                "Due in more than %(days)s days, beyond the horizon of the company's rules.",
                days=facts.membership.horizon_days,
            )
        return None
