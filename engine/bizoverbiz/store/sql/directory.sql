-- name: profile_own
-- What a member says of itself, as far as it is not withdrawn.
SELECT content, edited_by, edited_at, published_at FROM profile WHERE member_id = %(member)s AND content IS NOT NULL;

-- name: profile_lock
-- Two changes of one member's profile wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('profile ' || %(member)s::text, 8070));

-- name: profile_put
-- What a member says of itself, in place of what it said before.
INSERT INTO profile (member_id, content, edited_by, edited_at, published_at)
VALUES (%(member)s, %(content)s, %(edited_by)s, %(now)s, %(published_at)s)
ON CONFLICT (member_id) DO UPDATE SET content = excluded.content, edited_by = excluded.edited_by,
    edited_at = excluded.edited_at, published_at = excluded.published_at;

-- name: listing_remove
-- Nobody finds the firm any more.
DELETE FROM listing WHERE identifier = %(identifier)s;

-- name: listings_remove
-- Nobody finds these firms any more; the operator's loading.
DELETE FROM listing WHERE identifier IN (SELECT identifier FROM json_to_recordset(%(rows)s::json) AS row (identifier text));

-- name: listings_insert
-- What everybody finds; in what is sold and in what is bought, keywords weigh A and texts B, an activity's name C.
INSERT INTO listing (id, identifier, member_id, name, shown, sells, buys, sold, bought, naf, naf_version, commune,
    department, region, latitude, longitude, serves, learnt)
SELECT id, identifier, member, name, shown, sells, buys,
    setweight(to_tsvector('bizoverbiz_french', sells_keywords), 'A')
        || setweight(to_tsvector('bizoverbiz_french', sells), 'B')
        || setweight(to_tsvector('bizoverbiz_french', label), 'C'),
    setweight(to_tsvector('bizoverbiz_french', buys_keywords), 'A')
        || setweight(to_tsvector('bizoverbiz_french', buys), 'B'),
    naf, naf_version, commune, department, region, latitude, longitude, serves, %(learnt)s
FROM json_to_recordset(%(rows)s::json) AS row (id uuid, identifier text, member uuid, name text,
    shown json, sells text, buys text, label text, sells_keywords text, buys_keywords text, naf text, naf_version text,
    commune text, department text, region text, latitude float, longitude float, serves text);

-- name: listing_reaches_insert
-- The communes served, each with its radius.
INSERT INTO listing_reach (listing_id, member_id, latitude, longitude, radius_km)
SELECT listing, member, latitude, longitude, radius_km
FROM json_to_recordset(%(rows)s::json) AS row (listing uuid, member uuid, latitude float, longitude float,
    radius_km integer);

-- name: listings_spoken_for
-- Firms that have said themselves whether they want to be found, and members that are not to be found for now.
SELECT identifier FROM member LEFT JOIN profile ON profile.member_id = member.id
WHERE profile.member_id IS NOT NULL OR status <> 'active' OR insolvent_since IS NOT NULL ORDER BY identifier;

-- name: listings_unlearnt
-- What is said in profiles published since the last look.
SELECT id, sells, buys, shown FROM listing WHERE NOT learnt ORDER BY id LIMIT %(most)s;

-- name: lexicon_learn
-- The words of what profiles say.
INSERT INTO lexicon (word, stem)
SELECT word, (ts_lexize('french_stem', word))[1] FROM (
    SELECT DISTINCT regexp_split_to_table(unaccent(lower(said)), '[^a-z0-9]+') AS word
    FROM json_to_recordset(%(rows)s::json) AS row (said text)) AS said
WHERE length(word) BETWEEN 4 AND 40 AND (ts_lexize('french_stem', word))[1] IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: listings_learnt
-- Their words are in the lexicon.
UPDATE listing SET learnt = true WHERE id = ANY (%(ids)s);

-- name: lexicon_forget
-- Of the words that were looked at longest ago: those that nobody's profile holds any more go.
WITH oldest AS MATERIALIZED (
    SELECT word, to_tsquery('bizoverbiz_french', word) AS query, to_tsquery('bizoverbiz_french', word || ':AB') AS own
    FROM lexicon ORDER BY looked_at, word LIMIT %(most)s
), held AS MATERIALIZED (
    SELECT word, EXISTS (SELECT FROM listing WHERE sold @@ own) OR EXISTS (SELECT FROM listing WHERE bought @@ query)
        AS held
    FROM oldest
), gone AS (
    DELETE FROM lexicon USING held WHERE lexicon.word = held.word AND NOT held.held
)
UPDATE lexicon SET looked_at = clock_timestamp() FROM held WHERE lexicon.word = held.word AND held.held;

-- name: words_similar
-- For words that no profile holds: those that look most like them, or null.
SELECT asked.place, near.word, near.likeness
FROM json_to_recordset(%(rows)s::json) AS asked (place integer, word text)
LEFT JOIN LATERAL (
    SELECT lexicon.word, similarity(lexicon.word, asked.word) AS likeness FROM lexicon
    WHERE lexicon.word %% asked.word AND similarity(lexicon.word, asked.word) >= 0.4
    ORDER BY likeness DESC, lexicon.word LIMIT 10) AS near ON true
WHERE (ts_lexize('french_stem', asked.word))[1] IS NOT NULL
    AND NOT EXISTS (SELECT FROM lexicon WHERE stem = (ts_lexize('french_stem', asked.word))[1])
ORDER BY asked.place, near.likeness DESC, near.word;

-- name: directory_search
-- The firms that fit best, with how well: words by how rare they are among the firms that fit else, NAF, distance and
-- set-off potential. What depends on the direction alone is decided before the query is planned: one index is read.
WITH term AS MATERIALIZED (
    SELECT place, weight, to_tsquery('bizoverbiz_french', query) AS query
    FROM json_to_recordset(%(rows)s::json) AS row (place integer, weight float, query text)
), matched AS MATERIALIZED (
    SELECT listing.id, place, identifier, naf_version, listing.latitude, listing.longitude,
        max(weight * least(1, ts_rank('{0, 0.2, 0.6, 1}',
            CASE %(direction)s WHEN 'suppliers' THEN sold ELSE bought END, query) / 0.6079)) AS rank
    FROM listing LEFT JOIN term ON (%(direction)s = 'suppliers' AND sold @@ query)
        OR (%(direction)s = 'customers' AND bought @@ query)
    WHERE (NOT %(by_words)s OR place IS NOT NULL)
        AND (%(naf)s::text IS NULL OR (naf_version = %(naf_version)s AND naf LIKE %(naf)s || '%%')
            OR (naf_version <> %(naf_version)s AND left(naf, 2) = ANY (%(divisions)s)))
        AND (NOT %(by_territory)s
            OR (%(department)s::text IS NOT NULL AND department = %(department)s)
            OR (%(region)s::text IS NOT NULL AND region = %(region)s)
            OR (%(radius_km)s::float IS NOT NULL AND listing.latitude BETWEEN %(south)s AND %(north)s
                AND kilometres(%(latitude)s, %(longitude)s, listing.latitude, listing.longitude) <= %(radius_km)s)
            OR string_to_array(serves, ' ') && %(served)s::text[]
            OR (%(radius_km)s::float IS NOT NULL AND EXISTS (
                SELECT FROM listing_reach AS reach WHERE reach.listing_id = listing.id
                    -- A degree is 111 km from north to south, and at least 60 from west to east as far north as that.
                    AND abs(reach.latitude - %(latitude)s::float) * 111 <= reach.radius_km + 1
                    AND abs(reach.longitude - %(longitude)s::float) * 60 <= reach.radius_km + 1
                    AND kilometres(%(latitude)s, %(longitude)s, reach.latitude, reach.longitude)
                        <= greatest(reach.radius_km, 1))))
        AND identifier <> coalesce(%(own)s, '') AND (%(identifier)s::text IS NULL OR identifier = %(identifier)s)
    GROUP BY listing.id, place
), rarity AS MATERIALIZED (
    SELECT place, 1 / ln(2 + count(*)) AS weight FROM matched WHERE place IS NOT NULL GROUP BY place
), firm AS (
    SELECT id, min(identifier) AS identifier, min(naf_version) AS naf_version, min(latitude) AS latitude,
        min(longitude) AS longitude, sum(rank * rarity.weight) / (SELECT sum(weight) FROM rarity) AS fit
    FROM matched LEFT JOIN rarity USING (place) GROUP BY id
), found AS (
    SELECT id, firm.identifier, coalesce(fit, 0) AS worded,
        CASE WHEN naf_version = %(naf_version)s THEN 1.0 ELSE 0.5 END AS classed,
        CASE WHEN %(latitude)s::float IS NOT NULL AND latitude IS NOT NULL
            THEN kilometres(%(latitude)s, %(longitude)s, latitude, longitude) END AS distance,
        potential.band
    FROM firm
    LEFT JOIN potential ON potential.member_id = %(member)s AND potential.direction = %(direction)s
        AND potential.identifier = firm.identifier
    WHERE (%(least_band)s = 0 OR potential.band >= %(least_band)s)
        AND (%(identifier)s::text IS NOT NULL OR NOT EXISTS (SELECT FROM declaration
            WHERE declaration.member_id = %(member)s AND counterpart = firm.identifier))
), scored AS (
    SELECT id, distance, band, (%(words_weight)s * worded + %(naf_weight)s * classed
        + %(distance_weight)s * coalesce(1 / (1 + distance / 50), 0)
        + %(potential_weight)s * coalesce(band, 0) / 3.0) / greatest(
            %(words_weight)s + %(naf_weight)s + %(distance_weight)s + %(potential_weight)s, 1) AS score, identifier
    FROM found
), ranked AS (
    SELECT id, distance, band, score, row_number() OVER (ORDER BY score DESC, identifier) AS place
    FROM (SELECT id, distance, band, score, identifier FROM scored
        ORDER BY score DESC, identifier LIMIT %(most)s) AS best
)
SELECT ranked.place, listing.id, listing.identifier, listing.name, score, distance, band, shown, naf, naf_version,
    commune, department, region, naf_version = %(naf_version)s AS same_version
FROM ranked JOIN listing ON listing.id = ranked.id
WHERE place > coalesce(%(after_place)s, 0) ORDER BY place LIMIT %(size)s;

-- name: directory_reasons
-- Of some firms, by which of the words they were found; a word that only a product category holds, by the category, and
-- one that only the name of its activity holds, by the NAF.
SELECT listing.id, row.place, coalesce(category.name, row.value) AS value, row.weight, naf, naf_version,
    CASE WHEN category.name IS NOT NULL THEN 'category'
        WHEN %(direction)s = 'suppliers'
            AND NOT ts_filter(sold, '{a,b}') @@ to_tsquery('bizoverbiz_french', row.query) THEN 'naf'
        ELSE row.kind END AS kind
FROM json_to_recordset(%(rows)s::json) AS row (place integer, kind text, value text, weight float, query text)
JOIN listing ON listing.id = ANY (%(ids)s) AND CASE %(direction)s WHEN 'suppliers' THEN sold ELSE bought END
    @@ to_tsquery('bizoverbiz_french', row.query)
LEFT JOIN LATERAL (
    SELECT said.name FROM json_array_elements_text(shown -> 'categories') AS said (name)
    WHERE row.kind = 'keyword' AND %(direction)s = 'suppliers'
        AND to_tsvector('bizoverbiz_french', said.name) @@ to_tsquery('bizoverbiz_french', row.query)
        AND NOT to_tsvector('bizoverbiz_french', concat_ws(' ', listing.sells, (
                SELECT string_agg(word, ' ') FROM json_array_elements_text(shown -> 'sells_keywords') AS own (word))))
            @@ to_tsquery('bizoverbiz_french', row.query)
    LIMIT 1) AS category ON true
ORDER BY listing.id, row.place, row.weight DESC, value;

-- name: listing_get
-- A firm as everybody finds it.
SELECT identifier, name FROM listing WHERE identifier = %(identifier)s;

-- name: listings_among
-- Which of these firms everybody finds.
SELECT identifier FROM listing WHERE identifier = ANY (%(identifiers)s) ORDER BY identifier;

-- name: appearances_insert
-- Who was found by whom today, and by which words; said once a day.
INSERT INTO appearance (finder_id, identifier, day, keyword)
SELECT %(member)s, identifier, %(day)s, keyword
FROM json_to_recordset(%(rows)s::json) AS row (identifier text, keyword text) ON CONFLICT DO NOTHING;

-- name: appearances_forget
-- What was found before the last twelve months.
DELETE FROM appearance WHERE day < %(before)s;

-- name: appearances_uncount
-- Of those found since the last look the counts are made anew.
DELETE FROM appearance_count WHERE member_id IN (
    SELECT member.id FROM appearance JOIN member ON member.identifier = appearance.identifier WHERE NOT counted);

-- name: appearances_count
-- How often each was found, and by which words at least three members found it.
INSERT INTO appearance_count (member_id, keyword, found, since)
SELECT member.id, keyword, count(*), min(day) FROM appearance JOIN member ON member.identifier = appearance.identifier
WHERE appearance.identifier IN (SELECT identifier FROM appearance WHERE NOT counted)
GROUP BY member.id, keyword HAVING keyword = '' OR count(DISTINCT finder_id) >= 3;

-- name: appearances_counted
-- They are counted.
UPDATE appearance SET counted = true WHERE NOT counted;

-- name: appearance_counts
-- How often the member was found; all in all under an empty word.
SELECT keyword, found, since FROM appearance_count WHERE member_id = %(member)s ORDER BY found DESC, keyword;

-- name: listings_analyze
-- After many were loaded, so that searches are planned well.
ANALYZE listing;
