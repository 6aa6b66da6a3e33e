"""Rounds: the network's options and calendar, mandates, reminders, previews, reversals."""

from alembic import op

from bizoverbiz.store.migrations.access import API, OWN, WORKER, secure

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPTIONS = """
ALTER TABLE network ADD COLUMN options json NOT NULL DEFAULT '{}', ADD COLUMN previewed_at timestamptz;
ALTER TABLE round ADD COLUMN options json NOT NULL DEFAULT '{}',
    -- When the calendar cuts the round off; null where the operator does.
    ADD COLUMN cut_at timestamptz,
    ADD COLUMN kind text NOT NULL DEFAULT 'netting' CHECK (kind IN ('netting', 'reversal')),
    ADD COLUMN reverses integer REFERENCES round,
    ADD CHECK ((kind = 'reversal') = (reverses IS NOT NULL));
"""

# A round of a million obligations writes two million statement lines. Its lines and statement lines come from one query
# each over the very tables they refer to, of which no role may delete anything: to look up every row's references
# again takes longer than to net. An obligation stands once in a round because its key does. Room is left on each page,
# because every line is changed twice (proposed, decided) and a change that stays on its page touches no index.
_SCALE = """
ALTER TABLE round_line DROP CONSTRAINT round_line_creditor_id_fkey, DROP CONSTRAINT round_line_debtor_id_fkey,
    DROP CONSTRAINT round_line_round_fkey, DROP CONSTRAINT round_line_obligation_id_fkey,
    DROP CONSTRAINT round_line_round_obligation_id_key, SET (fillfactor = 45);
ALTER TABLE statement_line DROP CONSTRAINT statement_line_member_id_fkey,
    DROP CONSTRAINT statement_line_statement_id_fkey, DROP CONSTRAINT statement_line_line_id_fkey,
    SET (fillfactor = 80);
"""

_APPROVAL = """
-- Whether the audit log tells of the answer; the worker sees to it, an API request has no say in it.
ALTER TABLE answer ADD COLUMN logged boolean NOT NULL DEFAULT false;
CREATE INDEX ON answer (id) WHERE NOT logged;
CREATE TABLE mandate (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    member_id uuid NOT NULL REFERENCES member,
    given_by text NOT NULL,
    given_at timestamptz NOT NULL,
    valid_until date NOT NULL,
    rules json NOT NULL,
    ended_at timestamptz,
    ended_by text
);
CREATE UNIQUE INDEX mandate_one_in_force ON mandate (member_id) WHERE ended_at IS NULL;
-- What a member that has not answered is told, once at each hour before the deadline that the network has set.
CREATE TABLE reminder (
    statement_id uuid NOT NULL REFERENCES statement,
    member_id uuid NOT NULL REFERENCES member,
    due_at timestamptz NOT NULL,
    made_at timestamptz,
    PRIMARY KEY (statement_id, due_at)
);
CREATE INDEX ON reminder (due_at) WHERE made_at IS NULL;
"""

_PREVIEW = """
CREATE TABLE preview (
    member_id uuid NOT NULL REFERENCES member,
    currency text NOT NULL,
    computed_at timestamptz NOT NULL,
    set_off bigint NOT NULL CHECK (set_off >= 0),
    PRIMARY KEY (member_id, currency)
);
"""

# A reversal opens again what was set off: its amount counts as negative wherever set-offs are added up.
_REVERSAL = """
ALTER TABLE round_line ADD COLUMN reverses uuid REFERENCES round_line;
CREATE INDEX ON round_line (reverses) WHERE reverses IS NOT NULL;
ALTER TABLE set_off DROP CONSTRAINT set_off_amount_check, ADD CHECK (amount <> 0);
"""

_ACCESS = {
    "mandate": ("SELECT, INSERT, UPDATE (ended_at, ended_by)", OWN, "SELECT, UPDATE (ended_at, ended_by)"),
    "reminder": ("SELECT", OWN, "SELECT, INSERT, UPDATE (made_at)"),
    "preview": ("SELECT", OWN, "SELECT, INSERT, UPDATE, DELETE"),
}


def upgrade() -> None:
    for part in (_OPTIONS, _SCALE, _APPROVAL, _PREVIEW, _REVERSAL):
        op.execute(part)
    secure(_ACCESS)
    op.execute(f"GRANT UPDATE (options, previewed_at) ON network TO {WORKER}")
    op.execute(f"GRANT INSERT, UPDATE (logged) ON answer TO {WORKER}")
    op.execute(f"REVOKE INSERT ON answer FROM {API}")
    op.execute(f"GRANT INSERT (statement_id, member_id, at, content) ON answer TO {API}")
    op.execute(f"GRANT UPDATE (approved) ON statement_line TO {WORKER}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
