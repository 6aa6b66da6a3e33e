"""Audit: each entry sealed with a salt, so that the chain can be shown without what it says of others.

`audit_link` is the chain alone: hashes that say nothing of anybody, which any member may read. Of `audit_entry` a
member reads what is said of it, and the kinds that are said to all.
"""

from alembic import op

from bizoverbiz.store.migrations.access import API, secure

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AUDIT = """
ALTER TABLE audit_entry
    ADD salt text NOT NULL DEFAULT '',
    ADD member_id uuid REFERENCES member;
ALTER TABLE audit_entry ALTER salt DROP DEFAULT;
CREATE INDEX ON audit_entry (member_id) WHERE member_id IS NOT NULL;
CREATE TABLE audit_link (
    round integer NOT NULL REFERENCES round,
    seq integer NOT NULL CHECK (seq > 0),
    entry text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (round, seq)
);
-- Hashes in base64: to look for what could be compressed in gigabytes of them takes minutes and gains little.
ALTER TABLE notice ALTER jws SET STORAGE EXTERNAL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link EXECUTE FUNCTION refuse_change();
"""

#: What a member may read of the log; `rounds.audit.PUBLIC` says the same.
_READABLE = (
    "member_id = (SELECT acting_member()) OR ((SELECT acting_member()) IS NOT NULL AND member_id IS NULL"
    " AND kind IN ('opened', 'notices', 'closed'))"
)

_ACCESS = {"audit_link": ("SELECT", "(SELECT acting_member()) IS NOT NULL", "SELECT, INSERT")}


def upgrade() -> None:
    op.execute(_AUDIT)
    secure(_ACCESS)
    op.execute(f"GRANT SELECT ON audit_entry TO {API}")
    op.execute(f"CREATE POLICY api ON audit_entry FOR SELECT TO {API} USING ({_READABLE})")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
