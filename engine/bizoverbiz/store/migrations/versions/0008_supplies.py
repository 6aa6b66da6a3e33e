"""What is sold, on the lines of a round that are commitments."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# As the round froze them: a registration may be corrected while the round goes on.
_SUPPLY = """
ALTER TABLE round_line ADD COLUMN commitment text, ADD COLUMN description text;
ALTER TABLE round_line NO FORCE ROW LEVEL SECURITY;
UPDATE round_line SET commitment = number WHERE key LIKE '%>commitment %';
ALTER TABLE round_line FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(_SUPPLY)


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
