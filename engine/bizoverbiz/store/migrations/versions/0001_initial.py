"""The first schema: members, declarations, rounds, notices, audit log.

Every table that says something about a member has row-level security, forced on its owner too. The API role sees
the rows of the member set in the transaction (`bizoverbiz.member`), both parties' where a row has two; and before a
member is known, what the caller can already name: a key by its thumbprint, an invitation by its secret's hash, a
membership by the identifier asked for. The worker's role sees everything.
"""

from alembic import op

from bizoverbiz.store.migrations.access import API, OWN, PARTY, WORKER, secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MEMBERSHIP = """
-- PostgreSQL 13 knows no function bodies but strings.
CREATE FUNCTION acting(setting text) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('bizoverbiz.' || setting, true), '') $$;
CREATE FUNCTION acting_member() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('bizoverbiz.member', true), '')::uuid $$;

CREATE TABLE network (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    name text NOT NULL,
    agreement text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE engine_key (
    keyid text PRIMARY KEY,
    x text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE invitation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    identifier text,
    renews uuid,
    used_at timestamptz,
    used_by uuid
);
CREATE TABLE member (
    id uuid PRIMARY KEY,
    identifier text NOT NULL UNIQUE,
    name text NOT NULL,
    country text NOT NULL,
    agreement text NOT NULL,
    database uuid NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    joined_at timestamptz NOT NULL,
    last_notice integer NOT NULL DEFAULT 0
);
ALTER TABLE invitation ADD FOREIGN KEY (used_by) REFERENCES member, ADD FOREIGN KEY (renews) REFERENCES member;
CREATE TABLE member_key (
    keyid text PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES member,
    x text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE TABLE request_nonce (
    keyid text NOT NULL,
    nonce text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (keyid, nonce)
);
CREATE INDEX ON request_nonce (seen_at);
CREATE TABLE stored_answer (
    keyid text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer NOT NULL,
    body json NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (keyid, key)
);
CREATE INDEX ON stored_answer (created_at);
"""

_COLLECTION = """
CREATE TABLE declaration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES member,
    side text NOT NULL CHECK (side IN ('receivable', 'payable')),
    counterpart text NOT NULL,
    number text NOT NULL,
    number_key text NOT NULL,
    currency text NOT NULL,
    amount_total bigint NOT NULL,
    amount_open bigint NOT NULL CHECK (amount_open BETWEEN 0 AND amount_total),
    amount_disputed bigint NOT NULL CHECK (amount_disputed BETWEEN 0 AND amount_open),
    dispute_reason text,
    issue_date date NOT NULL,
    due_date date,
    reference text,
    last_notice integer NOT NULL,
    declared_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'unmatched',
    matched_amount bigint NOT NULL DEFAULT 0,
    reason text DEFAULT 'not compared yet',
    UNIQUE (member_id, side, counterpart, number, currency)
);
CREATE INDEX ON declaration (counterpart);
CREATE INDEX ON declaration (member_id, side, counterpart, number_key, currency);
-- Appended to by whoever changes what matching sees; emptied by matching.
CREATE TABLE declaration_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES member
);
CREATE TABLE obligation (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creditor_id uuid NOT NULL REFERENCES member,
    debtor_id uuid NOT NULL REFERENCES member CHECK (debtor_id <> creditor_id),
    number_key text NOT NULL,
    currency text NOT NULL,
    number text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    issue_date date NOT NULL,
    due_date date,
    UNIQUE (creditor_id, debtor_id, number_key, currency)
);
CREATE INDEX ON obligation (debtor_id);
CREATE TABLE discrepancy (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    creditor_id uuid NOT NULL REFERENCES member,
    debtor_id uuid NOT NULL REFERENCES member,
    creditor text NOT NULL,
    debtor text NOT NULL,
    number_key text NOT NULL,
    currency text NOT NULL,
    number text NOT NULL,
    creditor_amount bigint,
    debtor_amount bigint,
    issue_date date NOT NULL,
    due_date date,
    reason text NOT NULL,
    UNIQUE (creditor_id, debtor_id, number_key, currency, kind)
);
CREATE INDEX ON discrepancy (debtor_id);
"""

_ROUNDS = """
CREATE TABLE round (
    number integer PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('collection', 'frozen', 'proposed', 'decided', 'closed', 'abandoned')),
    approval_hours integer NOT NULL CHECK (approval_hours > 0),
    opened_at timestamptz NOT NULL,
    frozen_at timestamptz,
    proposed_at timestamptz,
    deadline timestamptz,
    decided_at timestamptz,
    ended_at timestamptz,
    root text,
    audit_head text
);
CREATE UNIQUE INDEX round_one_in_collection ON round (state) WHERE state = 'collection';
-- One obligation in one round. `key` is its name in the netting problem: the same whoever numbers the rows.
CREATE TABLE round_line (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round integer NOT NULL REFERENCES round,
    obligation_id uuid NOT NULL REFERENCES obligation,
    live boolean NOT NULL DEFAULT true,
    key text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    creditor_id uuid NOT NULL REFERENCES member,
    debtor_id uuid NOT NULL REFERENCES member,
    creditor text NOT NULL,
    debtor text NOT NULL,
    number text NOT NULL,
    issue_date date NOT NULL,
    due_date date,
    ceiling bigint NOT NULL CHECK (ceiling > 0),
    proposed bigint CHECK (proposed BETWEEN 0 AND ceiling),
    final_ceiling bigint CHECK (final_ceiling BETWEEN 0 AND ceiling),
    set_off bigint CHECK (set_off BETWEEN 0 AND final_ceiling),
    salt text,
    UNIQUE (round, obligation_id),
    UNIQUE (round, currency, key)
);
CREATE UNIQUE INDEX round_line_one_live_round ON round_line (obligation_id) WHERE live;
CREATE TABLE round_problem (
    round integer NOT NULL REFERENCES round,
    currency text NOT NULL,
    matched bigint NOT NULL,
    proposed bigint,
    proposal_certificate json,
    set_off bigint,
    decision_certificate json,
    PRIMARY KEY (round, currency)
);
CREATE TABLE statement (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    round integer NOT NULL REFERENCES round,
    member_id uuid NOT NULL REFERENCES member,
    currency text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'refused', 'decided', 'abandoned')),
    answered_by text,
    reason text,
    answered_at timestamptz,
    UNIQUE (round, member_id, currency)
);
CREATE INDEX ON statement (member_id);
-- What one party only knows of a round's line: its own mark, its own books, its own answer.
CREATE TABLE statement_line (
    statement_id uuid NOT NULL REFERENCES statement,
    line_id uuid NOT NULL REFERENCES round_line,
    member_id uuid NOT NULL REFERENCES member,
    side text NOT NULL CHECK (side IN ('receivable', 'payable')),
    reference text,
    amount_open bigint NOT NULL,
    counterpart_name text NOT NULL,
    approved bigint CHECK (approved >= 0),
    PRIMARY KEY (statement_id, line_id)
);
CREATE TABLE answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement_id uuid NOT NULL REFERENCES statement,
    member_id uuid NOT NULL REFERENCES member,
    at timestamptz NOT NULL,
    content json NOT NULL
);
CREATE INDEX ON answer (statement_id);
CREATE TABLE notice (
    member_id uuid NOT NULL REFERENCES member,
    number integer NOT NULL CHECK (number > 0),
    round integer NOT NULL REFERENCES round,
    currency text NOT NULL,
    total bigint NOT NULL CHECK (total > 0),
    jws text NOT NULL,
    acknowledged_at timestamptz,
    booked json,
    PRIMARY KEY (member_id, number),
    UNIQUE (round, member_id, currency)
);
-- What was decided, and in which notice either party learns of it.
CREATE TABLE set_off (
    line_id uuid PRIMARY KEY REFERENCES round_line,
    obligation_id uuid NOT NULL REFERENCES obligation,
    amount bigint NOT NULL CHECK (amount > 0),
    creditor_id uuid NOT NULL,
    creditor_notice integer NOT NULL,
    debtor_id uuid NOT NULL,
    debtor_notice integer NOT NULL,
    FOREIGN KEY (creditor_id, creditor_notice) REFERENCES notice,
    FOREIGN KEY (debtor_id, debtor_notice) REFERENCES notice
);
CREATE INDEX ON set_off (obligation_id);
CREATE TABLE audit_entry (
    round integer NOT NULL REFERENCES round,
    seq integer NOT NULL CHECK (seq > 0),
    at text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (round, seq)
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct by a new entry', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON set_off EXECUTE FUNCTION refuse_change();
"""

_KEY = "keyid = (SELECT acting('keyid'))"

#: What a declaration under the same key replaces.
_DECLARED = (
    "amount_total, amount_open, amount_disputed, dispute_reason, issue_date, due_date, reference, last_notice, "
    "declared_at"
)

_ACCESS = {
    "invitation": (
        "SELECT, UPDATE (used_at, used_by)",
        "secret_hash = (SELECT acting('invitation'))",
        "SELECT, INSERT, UPDATE",
    ),
    "member": ("SELECT, INSERT, UPDATE (database)", "id = (SELECT acting_member())", "SELECT, UPDATE"),
    "member_key": ("SELECT, INSERT, UPDATE (revoked_at)", f"{_KEY} OR {OWN}", "SELECT, UPDATE"),
    "request_nonce": ("SELECT, INSERT", _KEY, "SELECT, DELETE"),
    "stored_answer": ("SELECT, INSERT", _KEY, "SELECT, DELETE"),
    "declaration": (f"SELECT, INSERT, UPDATE ({_DECLARED}), DELETE", OWN, "SELECT, UPDATE"),
    "declaration_change": ("INSERT", OWN, "SELECT, INSERT, DELETE"),
    "obligation": ("SELECT", PARTY, "SELECT, INSERT, UPDATE"),
    "discrepancy": ("SELECT", PARTY, "SELECT, INSERT, UPDATE, DELETE"),
    "round_line": ("SELECT", PARTY, "SELECT, INSERT, UPDATE"),
    "round_problem": (None, None, "SELECT, INSERT, UPDATE"),
    "statement": ("SELECT, UPDATE (state, answered_by, reason, answered_at)", OWN, "SELECT, INSERT, UPDATE"),
    "statement_line": ("SELECT, UPDATE (approved)", OWN, "SELECT, INSERT"),
    "answer": ("SELECT, INSERT", OWN, "SELECT"),
    "notice": ("SELECT, UPDATE (acknowledged_at, booked)", OWN, "SELECT, INSERT"),
    "set_off": (None, None, "SELECT, INSERT"),
    "audit_entry": (None, None, "SELECT, INSERT"),
}


def upgrade() -> None:
    for part in (_MEMBERSHIP, _COLLECTION, _ROUNDS):
        op.execute(part)
    secure(_ACCESS)
    op.execute(
        f"CREATE POLICY asked ON member FOR SELECT TO {API}"
        " USING (identifier = ANY (string_to_array((SELECT acting('asked')), ',')))"
    )
    op.execute(f"GRANT SELECT ON network, engine_key, round TO {API}")
    op.execute(f"GRANT SELECT, INSERT ON network, engine_key TO {WORKER}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON round TO {WORKER}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
