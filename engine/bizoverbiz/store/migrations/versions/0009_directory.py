"""The directory: profiles, what of them everybody finds, requests for contact, bands of set-off potential."""

from alembic import op
from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bizoverbiz.store.migrations.access import API, OWN, secure

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Accents are taken off before the stem is: profiles and searches lose them alike.
_WORDS = """
CREATE TEXT SEARCH CONFIGURATION bizoverbiz_french (COPY = pg_catalog.french);
ALTER TEXT SEARCH CONFIGURATION bizoverbiz_french
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
CREATE FUNCTION kilometres(north float, east float, other_north float, other_east float) RETURNS float
    LANGUAGE sql IMMUTABLE AS $$
    SELECT 12742 * asin(sqrt(least(1, sin(radians(other_north - north) / 2) ^ 2
        + cos(radians(north)) * cos(radians(other_north)) * sin(radians(other_east - east) / 2) ^ 2)))
$$;
"""

_PROFILES = """
-- What a member says of itself, published or not. Withdrawn, the row stays without content: who has withdrawn is not
-- put into the directory by anybody else.
CREATE TABLE profile (
    member_id uuid PRIMARY KEY REFERENCES member,
    content json,
    edited_by text NOT NULL,
    edited_at timestamptz NOT NULL,
    published_at timestamptz,
    CHECK (content IS NOT NULL OR published_at IS NULL)
);
-- What of a published profile everybody in the network finds. Of a firm that is no member, the operator put it there.
CREATE TABLE listing (
    id uuid PRIMARY KEY,
    identifier text NOT NULL UNIQUE,
    member_id uuid UNIQUE REFERENCES member,
    name text NOT NULL,
    -- Not taking part: suspended, or in insolvency proceedings.
    hidden boolean NOT NULL DEFAULT false,
    shown json NOT NULL,
    sells text NOT NULL,
    buys text NOT NULL,
    -- Keywords sold A, text sold B, keywords bought C, text bought D.
    words tsvector NOT NULL,
    naf text,
    naf_version text,
    commune text,
    department text,
    region text,
    latitude double precision,
    longitude double precision,
    -- Territories served: department:35, region:53, country:FR, and in which the communes served lie.
    serves text NOT NULL,
    -- Whether its words are in the lexicon.
    learnt boolean NOT NULL DEFAULT false
);
CREATE INDEX listing_words ON listing USING gin (words);
CREATE INDEX listing_naf ON listing (naf text_pattern_ops);
CREATE INDEX listing_department ON listing (department);
CREATE INDEX listing_latitude ON listing (latitude);
CREATE INDEX listing_unlearnt ON listing (id) WHERE NOT learnt;
-- Communes served, with the radius around them.
CREATE TABLE listing_reach (
    listing_id uuid NOT NULL REFERENCES listing ON DELETE CASCADE,
    member_id uuid,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    radius_km integer NOT NULL
);
CREATE INDEX listing_reach_latitude ON listing_reach (latitude);
CREATE INDEX listing_reach_listing ON listing_reach (listing_id);
-- Words of published profiles, for slips of the pen; whose they are is not told.
CREATE TABLE lexicon (
    word text PRIMARY KEY,
    stem text NOT NULL
);
CREATE INDEX lexicon_stem ON lexicon (stem);
CREATE INDEX lexicon_word ON lexicon USING gin (word gin_trgm_ops);
"""

_CONTACTS = """
CREATE TABLE contact_request (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    asker_id uuid NOT NULL REFERENCES member,
    asked_id uuid NOT NULL REFERENCES member CHECK (asked_id <> asker_id),
    asker text NOT NULL,
    asker_name text NOT NULL,
    asked text NOT NULL,
    asked_name text NOT NULL,
    message text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'declined')),
    answered_by text,
    answered_at timestamptz,
    contact json,
    CHECK ((state = 'open') = (answered_at IS NULL)),
    CHECK (contact IS NULL OR state = 'accepted')
);
CREATE UNIQUE INDEX contact_request_one_open ON contact_request (asker_id, asked_id) WHERE state = 'open';
CREATE INDEX contact_request_asked ON contact_request (asked_id);
-- Who found whom by what on which day. Only the worker reads it, and counts.
CREATE TABLE appearance (
    finder_id uuid NOT NULL REFERENCES member,
    identifier text NOT NULL,
    day date NOT NULL,
    keyword text NOT NULL,
    counted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (finder_id, identifier, day, keyword)
);
CREATE INDEX appearance_identifier ON appearance (identifier);
CREATE INDEX appearance_uncounted ON appearance (identifier) WHERE NOT counted;
CREATE INDEX appearance_day ON appearance (day);
CREATE TABLE appearance_count (
    member_id uuid NOT NULL REFERENCES member,
    keyword text NOT NULL,
    found integer NOT NULL,
    since date NOT NULL,
    PRIMARY KEY (member_id, keyword)
);
"""

_POTENTIAL = """
-- For whom bands are wanted, and from which round they are.
CREATE TABLE potential_run (
    member_id uuid PRIMARY KEY REFERENCES member,
    wanted_at timestamptz NOT NULL,
    round integer REFERENCES round
);
CREATE TABLE potential (
    member_id uuid NOT NULL REFERENCES member,
    identifier text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('suppliers', 'customers')),
    band integer NOT NULL CHECK (band BETWEEN 1 AND 3),
    PRIMARY KEY (member_id, direction, identifier)
);
-- What blurs the bands' edges; never shown to anybody.
CREATE TABLE potential_salt (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    salt text NOT NULL
);
"""

_CONTACT_PARTY = "(SELECT acting_member()) IN (asker_id, asked_id)"
_MEMBERS = "(SELECT acting_member()) IS NOT NULL"
_ITSELF = "identifier = (SELECT member.identifier FROM member WHERE member.id = (SELECT acting_member()))"
_SHOWN = (
    "id, identifier, name, hidden, shown, sells, buys, words, naf, naf_version, commune, department, region, latitude, "
    "longitude, serves"
)

_ACCESS = {
    "profile": ("SELECT, INSERT, UPDATE", OWN, "SELECT"),
    "listing": (None, None, "SELECT, INSERT, UPDATE, DELETE"),
    "listing_reach": (None, None, "SELECT, INSERT, DELETE"),
    "lexicon": ("SELECT", _MEMBERS, "SELECT, INSERT, DELETE"),
    "contact_request": (
        "SELECT, INSERT, UPDATE (message, asked_by, asked_at, state, answered_by, answered_at, contact)",
        _CONTACT_PARTY,
        "SELECT, UPDATE, DELETE",
    ),
    "appearance": (None, None, "SELECT, UPDATE, DELETE"),
    "appearance_count": ("SELECT", OWN, "SELECT, INSERT, DELETE"),
    "potential_run": ("SELECT, INSERT, UPDATE (wanted_at)", OWN, "SELECT, UPDATE"),
    "potential": ("SELECT", OWN, "SELECT, INSERT, DELETE"),
    "potential_salt": (None, None, "SELECT, INSERT"),
}


def upgrade() -> None:
    _extensions()
    for part in (_WORDS, _PROFILES, _CONTACTS, _POTENTIAL):
        op.execute(part)
    secure(_ACCESS)
    # Everybody in the network finds what is published; each changes what is its own.
    op.execute(f"GRANT SELECT ({_SHOWN}), INSERT, DELETE ON listing TO {API}")
    op.execute(f"GRANT SELECT (listing_id, latitude, longitude, radius_km), INSERT ON listing_reach TO {API}")
    for table in ("listing", "listing_reach"):
        op.execute(f"CREATE POLICY found ON {table} FOR SELECT TO {API} USING ({_MEMBERS})")
        op.execute(f"CREATE POLICY own_in ON {table} FOR INSERT TO {API} WITH CHECK ({OWN})")
    # Also what the operator has said of the firm before it joined.
    op.execute(f"CREATE POLICY own_out ON listing FOR DELETE TO {API} USING ({_ITSELF})")
    op.execute(f"GRANT INSERT ON appearance TO {API}")
    op.execute(
        f"CREATE POLICY found ON appearance FOR INSERT TO {API} WITH CHECK (finder_id = (SELECT acting_member()))"
    )


def _extensions() -> None:
    """Both are PostgreSQL's own, and trusted since its version 13: whoever may create in a database may have them."""
    connection = op.get_bind()
    there = set(connection.execute(text("SELECT extname FROM pg_extension")).scalars())
    for name in sorted({"unaccent", "pg_trgm"} - there):
        try:
            connection.execute(text(f"CREATE EXTENSION {name}"))
        except DBAPIError as error:
            raise CommandError(
                f"the directory's search needs PostgreSQL's extension {name} ({str(error.orig).splitlines()[0]}): "
                f"install PostgreSQL's contrib modules, or let a superuser run CREATE EXTENSION {name} in this database"
            ) from error


def downgrade() -> None:
    raise NotImplementedError("decided set-offs cannot be taken back by a downgrade: restore a backup instead")
