"""Booking one long notice, and what Odoo itself takes to settle as many invoices; under Odoo's Python."""

import hashlib
import json

from odoo import Command
from odoo.addons.bizoverbiz_compensation.tests.engine import merkle, sign
from odoo.addons.bizoverbiz_compensation.tools.notice import leaf
from odoo.addons.bizoverbiz_network.tools import keys

from .watch import measuring

NAME = "booking"
#: Of 120.00 each: every second invoice is settled wholly, the others in part.
SHARES = (12000, 10000)


def measured(env, task):
    membership = env["bizoverbiz.membership"].search([("state", "=", "joined")])
    half = task["notice"] // 2
    batches = dict.fromkeys(("notice", "pairs", "payments"), ())
    for move_type in ("out_invoice", "in_invoice"):
        moves = _open_invoices(env, move_type, half * len(batches))
        for place, name in enumerate(batches):
            batches[name] += (moves[place * half : (place + 1) * half],)
    env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")
    figures = {"lines": task["notice"]}
    private_key = keys.new_private_key()
    membership.sudo().engine_keys = json.dumps({"keys": [keys.public_jwk(private_key)]})
    jws = sign(private_key, _payload(membership, *batches["notice"]))
    notices = env["bizoverbiz.notice"].sudo()
    with measuring(env, figures, "verifying"):
        notice = notices._receive(membership, notices._last_verified(membership) + 1, jws)
    # Nobody approved it here: an administrator accepts it, as after a restore.
    notice.write({"state": "received", "error": False})
    with measuring(env, figures, "booking"):
        notice._book()
    if notice.state != "booked" or notice.excess:
        raise RuntimeError(f"the notice was not booked: {notice.error}")
    env.cr.commit()
    with measuring(env, figures, "pairs"):
        _pair_by_pair(env, *batches["pairs"])
    env.cr.commit()
    with measuring(env, figures, "payments"):
        for moves in batches["payments"]:
            _pay(env, moves)
    env.cr.commit()
    return figures


def _open_invoices(env, move_type, count):
    """Some of those that were declared before."""
    moves = env["account.move"].search(
        [("move_type", "=", move_type), ("state", "=", "posted")], order="id", limit=count
    )
    if len(moves) < count:
        raise RuntimeError(f"a notice of this length takes {count} of each kind of invoice: declare more items")
    return moves


def _payload(membership, receivables, payables):
    number = membership.env["bizoverbiz.notice"]._last_verified(membership) + 1
    head = {
        "network": membership.network_name,
        "round": 1,
        "member": membership.identifier,
        "name": membership.company_id.name,
        "number": number,
        "decided_at": "2026-11-22T10:00:00Z",
        "currency": "EUR",
        "audit_head": "ab" * 32,
    }
    lines = [
        _line(move, side, index)
        for side, moves in (("receivable", receivables), ("payable", payables))
        for index, move in enumerate(moves)
    ]
    total = sum(line["set_off"] for line in lines if line["side"] == "receivable")
    root, proofs = merkle([leaf(line, membership.identifier, 1, "EUR") for line in lines])
    told = [{**line, "proof": proof} for line, proof in zip(lines, proofs, strict=True)]
    return {**head, "total": total, "round_root": root, "lines": told}


def _line(move, side, index):
    share = SHARES[index % 2]
    return {
        "id": f"00000000-0000-4000-8000-{move.id:012}",
        "side": side,
        "counterpart": move.commercial_partner_id._bizoverbiz_identifier(),
        "counterpart_name": move.partner_id.name,
        "number": move.name if side == "receivable" else move.ref,
        "reference": f"account.move,{move.id}",
        "due_date": str(move.invoice_date_due),
        "amount_open": 12000,
        "ceiling": 12000,
        "set_off": share,
        "remaining": 12000 - share,
        "salt": hashlib.sha256(str(move.id).encode()).hexdigest(),
    }


def _pair_by_pair(env, receivables, payables):
    """One entry for each invoice and bill; posted, then each of their items reconciled, one after the other."""
    sides = [
        moves.line_ids.filtered("date_maturity").sorted(lambda item: item.move_id.id)
        for moves in (receivables, payables)
    ]
    pairs = list(zip(*sides, strict=True))
    entries = env["account.move"].create(
        [
            {
                "date": "2026-11-22",
                "line_ids": [
                    Command.create(_prepare_item(term, sign * SHARES[index % 2] / 100))
                    for term, sign in zip(pair, (-1, 1), strict=True)
                ],
            }
            for index, pair in enumerate(pairs)
        ]
    )
    entries.action_post()
    for pair, entry in zip(pairs, entries, strict=True):
        for term, item in zip(pair, entry.line_ids.sorted("id"), strict=True):
            (term + item).reconcile()


def _prepare_item(term, balance):
    return {"account_id": term.account_id.id, "partner_id": term.partner_id.id, "balance": balance}


def _pay(env, moves):
    """Odoo's wizard to register payments, one payment an invoice."""
    wizards = env["account.payment.register"].with_context(active_model="account.move", active_ids=moves.ids)
    wizards.create({"group_payment": False})._create_payments()
