"""Many posted invoices at once: Odoo posts one of each kind, PostgreSQL copies it.

Posting 50,000 invoices through the ORM would take most of an hour and is not what is measured.
"""

from psycopg2 import sql

#: What two invoices never share; everything else is copied.
_OWN_OF_MOVE = {
    "name": "m.name || '-' || i",
    "sequence_number": "1000 + i",
    "ref": "m.ref || '-' || i",
    "payment_reference": "m.name || '-' || i",
    "access_token": "NULL",
    "invoice_date_due": "DATE '2026-10-01' + i %% 120",
}


def join(env, task):
    """Make the company a firm of its own and join the engine's network; returns the membership."""
    env.company.write({"name": "Atelier Morin", "company_registry": "55210055400013"})
    memberships = env["bizoverbiz.membership"].with_context(lang="en_US")
    identifier = memberships.join(task["invitation"], True)
    return memberships.browse(identifier)


def partners(env, sirens):
    return env["res.partner"].create(
        [
            {
                "name": f"Firm {siren}",
                "is_company": True,
                "country_id": env.ref("base.fr").id,
                "company_registry": siren,
                "customer_rank": 1,
                "supplier_rank": 1,
            }
            for siren in sirens
        ]
    )


def invoices(env, move_type, count, firms):
    """`count` posted invoices over 120.00, spread over `firms`, due on the days around a quarter's end."""
    original = env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": firms[0].id,
            "invoice_date": "2026-09-01",
            "ref": "B-2026" if move_type == "in_invoice" else False,
            "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 120, "tax_ids": []})],
        }
    )
    original.action_post()
    env.flush_all()
    count -= 1
    first = _reserve(env, "account_move", count)
    partner = "(%(firms)s::int[])[1 + i %% %(size)s]"
    own = _OWN_OF_MOVE | {"id": "%(first)s + i", "partner_id": partner, "commercial_partner_id": partner}
    values = {"first": first, "count": count, "original": original.id, "firms": firms.ids, "size": len(firms)}
    _copy(env, "account_move", own, "m.id = %(original)s", values)
    # or the lines' foreign keys are checked by reading the whole table, which was small when that was planned
    env.cr.execute("ANALYZE account_move")
    for line in original.line_ids:
        start = _reserve(env, "account_move_line", count)
        own_of_line = {
            "id": "%(start)s + i",
            "move_id": "%(first)s + i",
            "move_name": "m.move_name || '-' || i",
            "partner_id": partner,
        }
        if line.date_maturity:
            own_of_line["date_maturity"] = _OWN_OF_MOVE["invoice_date_due"]
        _copy(env, "account_move_line", own_of_line, "m.id = %(line)s", {**values, "start": start, "line": line.id})
    env.invalidate_all()
    return env["account.move"].browse(range(first + 1, first + count + 1))


def _reserve(env, table, count):
    """The id before the first of `count` that nobody else gets."""
    env.cr.execute("SELECT setval(%s, nextval(%s) + %s)", [f"{table}_id_seq", f"{table}_id_seq", count])
    return env.cr.fetchone()[0] - count


def _copy(env, table, own, which, values):
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    columns = [name for (name,) in env.cr.fetchall()]
    chosen = [sql.SQL(own[name]) if name in own else sql.SQL("m.{}").format(sql.Identifier(name)) for name in columns]
    query = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} m, generate_series(1, %(count)s) i WHERE {which}"
    ).format(
        which=sql.SQL(which),
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        chosen=sql.SQL(", ").join(chosen),
    )
    env.cr._obj.execute(query, values)
