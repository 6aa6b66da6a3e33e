"""python -m tests.lifecycle.steps STEP…: steps in the life of one firm's books, run under Odoo's Python.

Prints, for each step `look`, what the books say as a line of JSON. The engine is a third party's server, answered from
memory; what it must remember from one process to the next is in a file.
"""

import argparse
import json
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import config

from tests.lifecycle.commitments import set_off_orders

#: Those of the first release, and those that came later with what they need of Odoo's.
ADDONS = ("bizoverbiz_network", "bizoverbiz_compensation")
LATER = ("bizoverbiz_compensation_edi", "bizoverbiz_compensation_order", "bizoverbiz_prospection")
PARTNERS = {"732829320": "Bois du Forez", "542065479": "Quincaillerie Roux"}


class Life:
    def __init__(self, database: str, memory: Path) -> None:
        self.database, self.memory = database, memory

    def run(self, step: str) -> None:
        if step in ("install", "extend", "update"):
            how = "upgrade_modules" if step == "update" else "install_modules"
            Registry.new(self.database, update_module=True, **{how: LATER if step == "extend" else ADDONS})
            return
        with Registry(self.database).cursor() as cr:
            getattr(self, step)(api.Environment(cr, SUPERUSER_ID, {}))
        if step == "uninstall":
            Registry.new(self.database, update_module=True)

    def book(self, env: api.Environment) -> None:
        """Join, and let a round set off a part of an invoice and a whole bill."""
        env.company.company_registry = "55210055400013"
        invoice, bill = (
            _invoice(env, *what) for what in (("out_invoice", 500, "732829320"), ("in_invoice", 300, "542065479"))
        )
        engine = self._engine()
        with engine.mock:
            membership = _join(env, engine)
            membership._exchange_safely()
            amounts = {f"account.move,{move.id}": 30000 for move in (invoice, bill)}
            engine.propose(amounts, deadline="2099-12-01T12:00:00Z")
            membership._exchange_safely()
            env["bizoverbiz.statement"].search([]).action_approve()
            engine.decide(amounts)
            membership._exchange_safely()
        self._remember(engine)

    def exchange(self, env: api.Environment) -> None:
        """Exchange as the member that joined before."""
        engine = self._engine()
        with engine.mock:
            env["bizoverbiz.membership"].search([("state", "=", "joined")])._exchange_safely()

    def commit(self, env: api.Environment) -> None:
        """Let a round set off orders that are not invoiced yet."""
        engine = self._engine()
        with engine.mock:
            membership = env["bizoverbiz.membership"].search([("state", "=", "joined")])
            set_off_orders(env, engine, membership.with_company(membership.company_id))
        self._remember(engine)

    def uninstall(self, env: api.Environment) -> None:
        env["ir.module.module"].search([("name", "in", ADDONS + LATER)]).button_uninstall()

    def rejoin(self, env: api.Environment) -> None:
        """Join again with a new key; the engine still has the notices, an administrator accepts the one approved."""
        engine = self._engine()
        with engine.mock:
            _join(env, engine)._exchange_safely()
            env["bizoverbiz.notice"].search([], order="number").action_accept()

    def look(self, env: api.Environment) -> None:
        moves = env["account.move"].search([("ref", "like", "AVIS-")], order="id")
        tied = "bizoverbiz.notice" in env
        memberships = env["bizoverbiz.membership"].search([]) if tied else ()
        seen = {
            "addons": sorted({*ADDONS, *LATER} & set(env["ir.module.module"]._installed())),
            "collected": sorted(
                [row.move_id.partner_id.name, row.total]
                for row in (env["bizoverbiz.collection"].search([]) if "bizoverbiz.collection" in env else ())
            ),
            "left behind": sorted(
                env["ir.model"].search([("model", "=like", "bizoverbiz.%")]).mapped("model") if not tied else ()
            ),
            "entries": [
                {
                    "name": move.name,
                    "date": str(move.date),
                    "state": move.state,
                    "lines": [
                        [line.account_id.code, line.partner_id.name, line.balance, bool(line.full_reconcile_id)]
                        for line in move.line_ids.sorted("id")
                    ],
                    "vouchers": env["ir.attachment"].search_count(
                        [("res_model", "=", "account.move"), ("res_id", "=", move.id), ("name", "=like", "%.jws")]
                    ),
                }
                for move in moves
            ],
            "open": {
                move.partner_id.name: move.amount_residual
                for move in env["account.move"].search([("move_type", "in", ("out_invoice", "in_invoice"))], order="id")
            },
            "journals": env["account.journal"].search([("id", "in", moves.journal_id.ids)]).mapped("code"),
            "writes to partners": [
                membership.email_partners for membership in memberships if "email_partners" in membership
            ],
            "notices": [
                {
                    "state": notice.state,
                    "entry": notice.move_id.name,
                    "tied": len(notice.line_ids.filtered("item_ids")) if "item_ids" in notice.line_ids else None,
                }
                for notice in (env["bizoverbiz.notice"].search([], order="number") if tied else ())
            ],
        }
        print(json.dumps(seen), flush=True)

    def _remember(self, engine) -> None:
        # The first release's engine answers for no commitments.
        kept = {name: getattr(engine, name, {}) for name in ("private_key", "notices", "commitments", "declarations")}
        kept["members"] = [{**member, "keyid": keyid} for keyid, member in engine.members.items()]
        self.memory.write_text(json.dumps(kept))

    def _engine(self):
        from odoo.addons.bizoverbiz_compensation.tests.engine import SetOffEngine
        from odoo.addons.bizoverbiz_network.tools import keys

        engine = SetOffEngine()
        if self.memory.exists():
            kept = json.loads(self.memory.read_text())
            engine.private_key, engine.notices = kept["private_key"], kept["notices"]
            engine.commitments, engine.declarations = kept["commitments"], kept["declarations"] or []
            engine.jwk = keys.public_jwk(engine.private_key)
            engine.members = {member.pop("keyid"): member for member in kept["members"]}
        engine.member, engine.also_members = "552100554", set(PARTNERS)
        return engine


def _join(env: api.Environment, engine):
    memberships = env["bizoverbiz.membership"]
    membership = memberships.browse(memberships.join(engine.invite(), True))
    return membership.with_company(membership.company_id)


def _invoice(env: api.Environment, move_type: str, amount: int, siren: str):
    partner = env["res.partner"].create(
        {"name": PARTNERS[siren], "is_company": True, "company_registry": siren, "country_id": env.ref("base.fr").id}
    )
    move = env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": partner.id,
            "invoice_date": "2026-09-01",
            "invoice_date_due": "2026-10-31",
            "ref": "QR-1" if move_type == "in_invoice" else False,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": []})],
        }
    )
    move.action_post()
    return move


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle.steps", description=__doc__)
    parser.add_argument("--rc", required=True)
    parser.add_argument("--db", required=True)
    parser.add_argument("--addons", type=Path, required=True, help="which version of the addons")
    parser.add_argument("--memory", type=Path, required=True, help="what the engine remembers")
    parser.add_argument("steps", nargs="+")
    options = parser.parse_args()
    quiet = ["--no-http", "--max-cron-threads=0", "--log-level=error"]
    config.parse_config(["-c", options.rc, "-d", options.db, f"--addons-path={options.addons}", *quiet])
    life = Life(options.db, options.memory)
    for step in options.steps:
        life.run(step)
    return 0


if __name__ == "__main__":
    sys.exit(main())
