from dateutil.relativedelta import relativedelta
from odoo import Command, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable

#: How many products and expense accounts a text is begun with.
MENTIONED = 12
CUSTOMER_SIDE, VENDOR_SIDE = ("out_invoice", "out_refund"), ("in_invoice", "in_refund")


# pylint: disable=consider-merging-classes-inherited; a file for each thing a profile does
class BizoverbizProfile(models.Model):
    """A first draft out of the firm's own books, for a person to correct."""

    _inherit = "bizoverbiz.profile"

    def action_prefill(self):
        """Fill what is empty; what somebody has written stays."""
        self.env["bizoverbiz.membership"]._check_group("sales_team.group_sale_manager")
        self.check_access("write")
        self.sudo()._prefill()

    def _prefill(self):
        self.ensure_one()
        values = {name: value for name, value in self._prepare_prefill().items() if value and not self[name]}
        self.write(values)

    def _prepare_prefill(self):
        sold, bought = self._traded(CUSTOMER_SIDE), self._traded(VENDOR_SIDE)
        company = self.company_id
        return {
            "sells": self._word(product.name for product in sold),
            "buys": self._word(product.name for product in bought) or self._word(self._expense_names()),
            "sells_keyword_ids": self._keyword_commands(sold.categ_id),
            "buys_keyword_ids": self._keyword_commands(bought.categ_id),
            "category_ids": [Command.set(self._telling(sold.categ_id).ids)],
            "naf": self._naf_of_company(),
            "commune_id": self._commune_of_company(),
            "language_ids": [Command.set(self._languages().ids)],
            "contact_id": company.partner_id.id,
        }

    def _year(self):
        return [
            ("company_id", "child_of", self.company_id.id),
            ("parent_state", "=", "posted"),
            ("display_type", "=", "product"),
            ("invoice_date", ">=", fields.Date.context_today(self) - relativedelta(years=1)),
        ]

    def _traded(self, move_types):
        """Products invoiced in the last year, the largest turnover first."""
        groups = self.env["account.move.line"]._read_group(
            [*self._year(), ("move_type", "in", move_types), ("product_id", "!=", False)],
            ["product_id"],
            ["balance:sum"],
        )
        ranked = sorted(groups, key=lambda group: (-abs(group[1]), group[0].id))
        return self.env["product.product"].union(*(product for product, _balance in ranked))

    def _expense_names(self):
        """What the accounts of the bills are called: bills are often entered without products."""
        groups = self.env["account.move.line"]._read_group(
            [*self._year(), ("move_type", "in", VENDOR_SIDE), ("account_id.internal_group", "=", "expense")],
            ["account_id"],
            ["balance:sum"],
        )
        ranked = sorted(groups, key=lambda group: (-abs(group[1]), group[0].id))
        return [account.name for account, _balance in ranked]

    @staticmethod
    def _word(names):
        return "\n".join(list(dict.fromkeys(filter(None, names)))[:MENTIONED])[:2000]

    def _telling(self, categories):
        """Categories that say something: not Odoo's own two, which every product is in until somebody sorts it."""
        own = [
            self.env.ref(name, raise_if_not_found=False)
            for name in (
                "product.product_category_goods",
                "product.product_category_services",
                "product.product_category_expenses",
            )
        ]
        return categories - self.env["product.category"].union(*filter(None, own))

    def _keyword_commands(self, categories):
        keywords = self.env["bizoverbiz.keyword"].sudo()
        for category in self._telling(categories)[:MENTIONED]:
            word = category.name.strip().lower()[:80]
            known = self.env["bizoverbiz.keyword"].sudo().search([("name", "=", word)], limit=1)
            keywords |= known or keywords.create({"name": word})
        return [Command.set(keywords.ids)]

    def _naf_of_company(self):
        """The APE code, a field that Odoo's French localisation gives to companies."""
        code = self.company_id["ape"] if "ape" in self.company_id._fields else ""
        compact = (code or "").replace(".", "").replace(" ", "").upper()
        naf = f"{compact[:2]}.{compact[2:]}"
        return naf if len(compact) == 5 and compact[:4].isdecimal() and compact[4].isalpha() else False

    def _commune_of_company(self):
        try:
            return (
                self.env["bizoverbiz.territory"]
                .with_company(self.company_id)
                ._commune_of_address(self.company_id.partner_id)
                .id
            )
        except (EngineUnavailable, EngineRefused):
            return False

    def _languages(self):
        code = self.company_id.partner_id.lang or self.env.lang or "en_US"
        return self.env["res.lang"].search([("code", "=", code)])
