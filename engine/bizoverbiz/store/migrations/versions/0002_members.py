"""Members: keys with overlap, leaving, flags, agreements, copies of the books."""

from alembic import op

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


def upgrade() -> None:
    op.execute(_STANDING)


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
