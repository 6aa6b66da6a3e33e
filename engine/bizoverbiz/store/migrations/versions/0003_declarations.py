"""Declarations in parts and in order, encumbrances, suggestions, commitments, matching by pairs of firms."""

from alembic import op

from bizoverbiz.store.migrations.access import API, OWN, PARTY, secure

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DECLARATION = """
ALTER TABLE declaration
    ADD dispute_code text,
    ADD encumbrance text CHECK (encumbrance IN ('factored', 'pledged', 'blocked', 'retention')),
    ADD amount_encumbered bigint CHECK (amount_encumbered BETWEEN 0 AND amount_open),
    ADD commitment text,
    -- The key of the number as declared; null as long as `number_key` is that. They differ once both sides have
    -- confirmed that the number means another one.
    ADD own_key text,
    -- The call that declared it last, as `declarant.version` counts them.
    ADD version bigint NOT NULL DEFAULT 0;
ALTER TABLE declaration SET (fillfactor = 50);
DROP INDEX declaration_member_id_side_counterpart_number_key_currency_idx;
-- A plan takes two firms for a handful of lines, however many thousands there are, and would rather read all of them
-- for each line than use a longer key. So nothing else begins as the unique key does, and who looks for a number_key
-- writes counterpart || '' so as not to use the unique one's first columns.
CREATE INDEX declaration_number ON declaration (member_id, number_key);
CREATE INDEX declaration_commitment ON declaration (commitment) WHERE commitment IS NOT NULL;
-- Null: everything by or about the member.
ALTER TABLE declaration_change ADD counterpart text;
-- One row a member that declares: whoever writes its declarations holds it.
CREATE TABLE declarant (
    member_id uuid PRIMARY KEY REFERENCES member,
    version bigint NOT NULL DEFAULT 0,
    sequence bigint
);
-- A full declaration in several parts.
CREATE TABLE declaration_batch (
    member_id uuid NOT NULL REFERENCES member,
    name text NOT NULL,
    parts integer NOT NULL CHECK (parts > 0),
    received integer[] NOT NULL DEFAULT '{}',
    version bigint NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'superseded')),
    begun_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, name)
);
"""

_OBLIGATION = """
-- Matching takes both parties from `member`, whose rows are never deleted: checking them again costs a fifth of it.
ALTER TABLE obligation DROP CONSTRAINT obligation_creditor_id_fkey, DROP CONSTRAINT obligation_debtor_id_fkey;
ALTER TABLE obligation ADD kind text NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice', 'commitment'));
ALTER TABLE discrepancy
    ADD disputed_by text CHECK (disputed_by IN ('creditor', 'debtor', 'both')),
    ADD dispute_code text;
"""

_SUGGESTION = """
-- Two lines that may be one obligation. It is about numbers, not rows: a line declared again is still meant.
CREATE TABLE suggestion (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    creditor_id uuid NOT NULL REFERENCES member,
    debtor_id uuid NOT NULL REFERENCES member,
    creditor text NOT NULL,
    debtor text NOT NULL,
    currency text NOT NULL,
    creditor_number text NOT NULL,
    debtor_number text NOT NULL,
    number_key text NOT NULL,
    amount_total bigint NOT NULL,
    issue_date date NOT NULL,
    due_date date,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'rejected')),
    UNIQUE (creditor_id, debtor_id, currency, creditor_number, debtor_number, amount_total)
);
CREATE INDEX ON suggestion (debtor_id);
CREATE UNIQUE INDEX suggestion_confirmed_once ON suggestion (debtor_id, creditor_id, currency, debtor_number)
    WHERE state = 'confirmed';
CREATE TABLE suggestion_answer (
    suggestion_id uuid NOT NULL REFERENCES suggestion ON DELETE CASCADE,
    member_id uuid NOT NULL REFERENCES member,
    answer text NOT NULL CHECK (answer IN ('confirm', 'reject')),
    answered_by text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (suggestion_id, member_id)
);
"""

_COMMITMENT = """
-- One side's registration of a commitment; both sides' together are the commitment.
CREATE TABLE commitment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL CHECK (length(reference) = 13),
    member_id uuid NOT NULL REFERENCES member,
    side text NOT NULL CHECK (side IN ('receivable', 'payable')),
    creditor_id uuid NOT NULL REFERENCES member,
    debtor_id uuid NOT NULL REFERENCES member CHECK (debtor_id <> creditor_id),
    creditor text NOT NULL,
    debtor text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    agreed_on date NOT NULL,
    due_date date NOT NULL,
    expires_on date NOT NULL CHECK (expires_on BETWEEN agreed_on AND due_date),
    description text,
    nettable boolean NOT NULL,
    registered_at timestamptz NOT NULL,
    fulfilled_at timestamptz,
    CHECK (member_id = CASE side WHEN 'receivable' THEN creditor_id ELSE debtor_id END),
    UNIQUE (creditor_id, debtor_id, reference, side)
);
CREATE INDEX ON commitment (debtor_id);
CREATE INDEX ON commitment (member_id, reference);
CREATE INDEX ON commitment (expires_on);
"""

#: What a declaration under the same key replaces, beyond what the first migration allows.
_DECLARED = "dispute_code, encumbrance, amount_encumbered, commitment, version"

_ACCESS = {
    "declarant": ("SELECT, INSERT, UPDATE", OWN, "SELECT, INSERT, UPDATE"),
    "declaration_batch": ("SELECT, INSERT, UPDATE, DELETE", OWN, "SELECT, UPDATE, DELETE"),
    "suggestion": ("SELECT", PARTY, "SELECT, INSERT, UPDATE, DELETE"),
    "suggestion_answer": ("SELECT, INSERT, UPDATE", OWN, "SELECT, UPDATE, DELETE"),
}


def upgrade() -> None:
    for part in (_DECLARATION, _OBLIGATION, _SUGGESTION, _COMMITMENT):
        op.execute(part)
    op.execute(f"GRANT UPDATE ({_DECLARED}) ON declaration TO {API}")
    secure(_ACCESS)
    # Each side writes its own registration, and reads the other's about the same two firms.
    secure({"commitment": (None, None, "SELECT, UPDATE")})
    op.execute(f"GRANT SELECT, INSERT, DELETE ON commitment TO {API}")
    op.execute(
        f"GRANT UPDATE (currency, amount, agreed_on, due_date, expires_on, description, nettable, registered_at)"
        f" ON commitment TO {API}"
    )
    op.execute(f"CREATE POLICY party ON commitment FOR SELECT TO {API} USING ({PARTY})")
    for action, rows in (
        ("INSERT", f"WITH CHECK ({OWN})"),
        ("UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})"),
        ("DELETE", f"USING ({OWN})"),
    ):
        op.execute(f"CREATE POLICY own_{action.lower()} ON commitment FOR {action} TO {API} {rows}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
