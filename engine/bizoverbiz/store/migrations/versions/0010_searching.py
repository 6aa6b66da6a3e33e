"""A member's search of the directory reads indexes, and only of the side it asks for."""

from alembic import op

from bizoverbiz.store.migrations.access import API, WORKER

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SIDES = """
ALTER TABLE listing ADD COLUMN sold tsvector, ADD COLUMN bought tsvector;
ALTER TABLE listing NO FORCE ROW LEVEL SECURITY;
UPDATE listing SET sold = ts_filter(words, '{a,b}'),
    bought = setweight(ts_filter(words, '{c}'), 'A') || setweight(ts_filter(words, '{d}'), 'B');
ALTER TABLE listing FORCE ROW LEVEL SECURITY;
-- Keywords weigh A, texts B.
ALTER TABLE listing ALTER COLUMN sold SET NOT NULL, ALTER COLUMN bought SET NOT NULL, DROP COLUMN words;
-- Profiles change seldom and are searched often: what waits to be put into the index would be read by every search.
CREATE INDEX listing_sold ON listing USING gin (sold) WITH (fastupdate = off);
CREATE INDEX listing_bought ON listing USING gin (bought) WITH (fastupdate = off);
-- When it was last seen whether anybody still says the word.
ALTER TABLE lexicon ADD COLUMN looked_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX lexicon_looked_at ON lexicon (looked_at, word);
"""


def upgrade() -> None:
    op.execute(_SIDES)
    op.execute(f"GRANT SELECT (sold, bought) ON listing TO {API}")
    op.execute(f"GRANT UPDATE (looked_at) ON lexicon TO {WORKER}")
    # A policy that has to be looked at comes before every operator that might tell of what it looks at, and those of
    # text search and trigrams are such: no index would be read for a member. What stands here is for everybody.
    for table in ("listing", "listing_reach"):
        op.execute(f"ALTER POLICY found ON {table} USING (true)")
    op.execute("DROP POLICY api ON lexicon")
    op.execute(f"CREATE POLICY found ON lexicon FOR SELECT TO {API} USING (true)")


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
