"""Members: keys with overlap, leaving, flags, agreements, copies of the books."""

from alembic import op

from bizoverbiz.store.migrations.access import API, OWN, WORKER, secure

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Whoever takes no part is in no new round, and the decision gives its lines nothing. `agreement_lapsed` is set when a
# version of the framework agreement comes into force that the member has not accepted.
_STANDING = """
ALTER TABLE member
    DROP CONSTRAINT member_status_check,
    ADD CHECK (status IN ('active', 'suspended', 'left')),
    ADD insolvent_since date,
    ADD agreement_lapsed boolean NOT NULL DEFAULT false;
ALTER TABLE member ADD takes_part boolean NOT NULL
    GENERATED ALWAYS AS (status = 'active' AND insolvent_since IS NULL AND NOT agreement_lapsed) STORED;
"""

# A member may go, and with an invitation come back; suspending and taking back are the operator's.
_GUARD = """
CREATE FUNCTION guard_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = '{api}' AND NEW.status <> OLD.status AND NEW.status <> 'left'
        AND NOT (OLD.status = 'left' AND NEW.status = 'active' AND acting('invitation') IS NOT NULL)
    THEN
        RAISE EXCEPTION 'only the operator sets a member %', NEW.status USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_standing BEFORE UPDATE OF status ON member FOR EACH ROW EXECUTE FUNCTION guard_standing();
"""

_KEYS = """
ALTER TABLE member_key ADD expires_at timestamptz, ADD revoked_by text;
CREATE TABLE membership_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES member,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    answered_by text,
    content json NOT NULL
);
CREATE INDEX ON membership_event (member_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON membership_event EXECUTE FUNCTION refuse_change();
"""

_AGREEMENTS = """
CREATE TABLE agreement (
    version text PRIMARY KEY,
    in_force_from date NOT NULL UNIQUE,
    sha256 text,
    published_at timestamptz NOT NULL
);
CREATE TABLE agreement_acceptance (
    member_id uuid NOT NULL REFERENCES member,
    version text NOT NULL REFERENCES agreement,
    accepted_at timestamptz NOT NULL,
    answered_by text,
    keyid text,
    PRIMARY KEY (member_id, version)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_acceptance
    EXECUTE FUNCTION refuse_change();
-- What was accepted so far. The owner passes no policy: for this it is let through once.
INSERT INTO agreement SELECT agreement, created_at::date, NULL, created_at FROM network;
ALTER TABLE member NO FORCE ROW LEVEL SECURITY;
INSERT INTO agreement_acceptance (member_id, version, accepted_at)
SELECT member.id, agreement.version, joined_at FROM member JOIN agreement ON agreement.version = member.agreement;
ALTER TABLE member FORCE ROW LEVEL SECURITY;
"""

# What tells the live copy of a member's books from others; see bizoverbiz.members.lineage.
_COPIES = """
CREATE TABLE member_copy (
    member_id uuid PRIMARY KEY REFERENCES member,
    mark text,
    marked_at timestamptz,
    in_doubt_since timestamptz,
    disputed text[] NOT NULL DEFAULT '{}',
    refuted text[] NOT NULL DEFAULT '{}'
);
"""

# Nothing of it outlives a crash, and nothing needs to: it is not in the write-ahead log.
_LIMITS = """
CREATE UNLOGGED TABLE request_count (
    key text PRIMARY KEY,
    slot bigint NOT NULL,
    count bigint NOT NULL,
    previous bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON request_count (expires_at);
"""

_ACCESS = {
    "request_count": ("SELECT, INSERT, UPDATE", "key = (SELECT acting('counted'))", "SELECT, DELETE"),
    "member_copy": ("SELECT, INSERT, UPDATE", OWN, "SELECT, INSERT, UPDATE"),
    "membership_event": ("SELECT, INSERT", OWN, "SELECT, INSERT"),
    "agreement_acceptance": ("SELECT, INSERT", OWN, "SELECT, INSERT"),
}

_GRANTS = (
    f"UPDATE (status, agreement, agreement_lapsed) ON member TO {API}",
    f"SELECT ON agreement TO {API}",
    f"SELECT, INSERT ON agreement TO {WORKER}",
    f"UPDATE (agreement) ON network TO {WORKER}",
    f"DELETE ON stored_answer TO {API}",
    f"UPDATE (expires_at, revoked_by) ON member_key TO {API}",
    # The operator lets a member go as it would itself.
    f"INSERT ON answer TO {WORKER}",
    # It confirms the live copy of a member's books, which may lack a booking.
    f"UPDATE (acknowledged_at, booked) ON notice TO {WORKER}",
    f"DELETE ON declaration TO {WORKER}",
)


def upgrade() -> None:
    op.execute(_STANDING)
    op.execute(_GUARD.format(api=API))
    op.execute(_KEYS)
    op.execute(_AGREEMENTS)
    op.execute(_COPIES)
    op.execute(_LIMITS)
    secure(_ACCESS)
    for grant in _GRANTS:
        op.execute(f"GRANT {grant}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
