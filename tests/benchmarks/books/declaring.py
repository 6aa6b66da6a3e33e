"""Declaring many open items to a real engine: everything, nothing new, and one change; under Odoo's Python."""

from . import ledger
from .watch import measuring

NAME = "declaring"


def measured(env, task):
    membership = ledger.join(env, task)
    firms = ledger.partners(env, task["partners"])
    half = task["items"] // 2
    for move_type in ("out_invoice", "in_invoice"):
        moves = ledger.invoices(env, move_type, half, firms)
    env.cr.execute("ANALYZE account_move, account_move_line")
    declarations = env["bizoverbiz.declaration"].sudo()
    figures = {}
    with measuring(env, figures, "reading"):
        lines, _told = declarations._prepare_lines(membership)
    with measuring(env, figures, "first"):
        declarations._declare(membership)
    env.cr.commit()
    with measuring(env, figures, "unchanged"):
        declarations._declare(membership)
    moves[-1].bizoverbiz_withheld = "choice"
    with measuring(env, figures, "changed"):
        declarations._declare(membership)
    last = declarations._last(membership)
    if (last.state, last.accepted_count) != ("sent", len(lines)):
        raise RuntimeError(f"the engine took {last.accepted_count} of {len(lines)} lines: {last.reason or last.answer}")
    sizes = {"lines": len(lines), "partners": len(firms), "parts": last.part_count}
    return figures | sizes | {"text_mb": round(len(last.payload) / 1e6, 1)}
