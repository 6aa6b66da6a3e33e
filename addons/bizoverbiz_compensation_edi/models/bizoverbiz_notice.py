from odoo import fields, models


class BizoverbizNotice(models.Model):
    _inherit = "bizoverbiz.notice"

    collection_ids = fields.One2many("bizoverbiz.collection", "notice_id", "Collections", readonly=True)

    def _book(self):
        result = super()._book()
        self.filtered(lambda notice: notice.state == "booked")._create_collections()
        return result

    def _create_collections(self):
        """Payment data of the customer invoices that these booked notices set off, where there is none yet."""
        collections = self.env["bizoverbiz.collection"].sudo()
        kept = self.sudo().collection_ids.notice_line_id
        values = []
        for line in self.line_ids.filtered(lambda line: line.move_id.is_sale_document()) - kept:
            if line.notice_id.kind == "reversal":
                values += collections._prepare_reversal_values(line)
                continue
            settlements = line.move_id._bizoverbiz_settlements()
            own = [settlement for settlement in settlements if settlement.notice == line.notice_id]
            # What the invoice could not take any more is an open credit: not collected on this invoice.
            for settlement in own:
                before = sum(earlier.amount for earlier in settlements[: settlements.index(settlement)])
                values += collections._prepare_values(line, settlement, before)
        return collections.create(values)
