"""Firms that members put forward, waiting for the operator's answer."""

from alembic import op

from bizoverbiz.store.migrations.access import API, OWN, secure

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CANDIDATE = """
CREATE TABLE candidate (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES member,
    identifier text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    contact_name text NOT NULL,
    contact_email text NOT NULL,
    language text,
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'refused')),
    settled_at timestamptz,
    reason text,
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    UNIQUE (member_id, identifier)
);
"""


def upgrade() -> None:
    op.execute(_CANDIDATE)
    secure({"candidate": ("SELECT, INSERT", OWN, "SELECT, UPDATE")})
    # The answer is the operator's.
    op.execute(f"GRANT UPDATE (name, country, contact_name, contact_email, language) ON candidate TO {API}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
