"""What the API may say of the engine's state: the schema's version, and when a worker last looked."""

from alembic import op

from bizoverbiz.store.migrations.access import API, WORKER

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE worker_look (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            seen_at timestamptz NOT NULL,
            keyid text
        )
    """)
    # What is still to be delivered is asked for at every look of the worker and every scrape.
    op.execute("CREATE INDEX notice_unacknowledged ON notice (round) WHERE acknowledged_at IS NULL")
    op.execute(f"GRANT SELECT ON worker_look, alembic_version TO {API}, {WORKER}")
    op.execute(f"GRANT INSERT, UPDATE ON worker_look TO {WORKER}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
