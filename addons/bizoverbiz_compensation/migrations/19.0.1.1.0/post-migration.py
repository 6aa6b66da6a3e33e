from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Tie the journal items of what was booked before to the lines of its notice, and keep its voucher with them.

    Nobody's customers are written to because of an update.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for notice in env["bizoverbiz.notice"].search([("state", "in", ("booked", "acknowledged"))]):
        for line in notice.line_ids:
            line._items_in(notice.move_ids).bizoverbiz_notice_line_id = line
        notice._keep_original_with_entries()
    env["bizoverbiz.membership"].search([])._leave_partners_untold()
