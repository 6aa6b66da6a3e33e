"""Row-level security, said the same way in every migration."""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

API = "bizoverbiz_api"
WORKER = "bizoverbiz_worker"
#: Whose row it is: the member's of the transaction, or one of the two parties'.
OWN = "member_id = (SELECT acting_member())"
PARTY = "(SELECT acting_member()) IN (creditor_id, debtor_id)"

#: table: (what the API role may do, the rows it may do it to, what the worker may do)
Access = Mapping[str, tuple[str | None, str | None, str]]


def secure(access: Access) -> None:
    """Force row-level security on each table, and let either role do to it what is said, and nothing else."""
    for table, (api, rows, worker) in access.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {worker} ON {table} TO {WORKER}")
        op.execute(f"CREATE POLICY worker ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
        if api:
            op.execute(f"GRANT {api} ON {table} TO {API}")
            op.execute(f"CREATE POLICY api ON {table} TO {API} USING ({rows}) WITH CHECK ({rows})")
