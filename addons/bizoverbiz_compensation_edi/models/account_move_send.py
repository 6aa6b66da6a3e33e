from markupsafe import Markup
from odoo import api, models
from odoo.tools import format_amount


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_mail_body(self, move, mail_template, mail_lang):
        """Core's text names the invoice's total and asks for payment: say what of it is not to be paid any more."""
        body = super()._get_default_mail_body(move, mail_template, mail_lang)
        if not body or move.move_type != "out_invoice" or not move.bizoverbiz_set_off:
            return body
        told = move.with_context(lang=mail_lang or self.env.lang)
        amounts = {
            "set_off": format_amount(told.env, move.bizoverbiz_set_off, move.currency_id, mail_lang),
            "remaining": format_amount(told.env, move.amount_residual, move.currency_id, mail_lang),
        }
        if move.currency_id.is_zero(move.amount_residual):
            sentence = told.env._("Of this invoice, %(set_off)s was set off. Nothing remains to be paid.", **amounts)
        else:
            sentence = told.env._(
                "Of this invoice, %(set_off)s was set off. Please pay the remaining %(remaining)s only.", **amounts
            )
        return body + Markup("<p><strong>%s</strong></p>") % sentence
