"""The directory holds nobody who is not to be found, and the name of its activity counts little for what it sells."""

from alembic import op

from bizoverbiz.store.migrations.access import API

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_LISTING = """
ALTER TABLE listing NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lexicon NO FORCE ROW LEVEL SECURITY;
-- Suspended, or in insolvency proceedings: what it published comes back from its profile.
DELETE FROM listing WHERE hidden;
ALTER TABLE listing DROP COLUMN hidden;
-- Keywords weigh A, the firm's own words B; the words that only its activity's name holds weigh C from now on.
UPDATE listing SET sells = shown ->> 'sells',
    sold = ts_filter(sold, '{a}') || setweight(to_tsvector('bizoverbiz_french', shown ->> 'sells'), 'B')
        || setweight(ts_delete(ts_filter(sold, '{b}'),
            tsvector_to_array(to_tsvector('bizoverbiz_french', shown ->> 'sells'))), 'C')
WHERE naf IS NOT NULL;
-- Slips of the pen are looked up among the words that firms say.
DELETE FROM lexicon
WHERE NOT EXISTS (SELECT FROM listing WHERE sold @@ to_tsquery('bizoverbiz_french', word || '\\:AB'))
    AND NOT EXISTS (SELECT FROM listing WHERE bought @@ to_tsquery('bizoverbiz_french', word));
ALTER TABLE lexicon FORCE ROW LEVEL SECURITY;
ALTER TABLE listing FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(_LISTING)
    # A firm that changes its name keeps its number.
    op.execute(f"GRANT UPDATE (name) ON member TO {API}")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
