-- name: audit_last
-- The head of the round's audit log.
SELECT seq, hash FROM audit_link WHERE round = %(round)s ORDER BY seq DESC LIMIT 1;

-- name: audit_insert
-- More entries, and their links of the chain; the hash of each covers the one before.
WITH said AS (
    SELECT %(round)s::integer AS round, seq, at, kind, body, salt, member_id, entry, hash
    FROM json_to_recordset(%(rows)s::json) AS found (seq integer, at text, kind text, body text, salt text,
        member_id uuid, entry text, hash text)),
linked AS (INSERT INTO audit_link (round, seq, entry, hash) SELECT round, seq, entry, hash FROM said)
INSERT INTO audit_entry (round, seq, at, kind, body, salt, member_id, hash)
SELECT round, seq, at, kind, body, salt, member_id, hash FROM said;

-- name: audit_entries
-- The round's audit log, each entry with its link of the chain.
SELECT seq, at, kind, body, salt, audit_entry.hash, entry, audit_link.hash AS link
FROM audit_entry FULL JOIN audit_link USING (round, seq) WHERE round = %(round)s ORDER BY seq;

-- name: audit_entries_own
-- What the log says of one member, and what it says to all; row-level security gives an API request nothing else.
SELECT seq, at, kind, body, salt FROM audit_entry
WHERE round = %(round)s AND (member_id = %(member)s OR (member_id IS NULL AND kind = ANY (%(kinds)s))) ORDER BY seq;

-- name: audit_links
-- The round's chain without what its entries say.
SELECT seq, entry, hash FROM audit_link WHERE round = %(round)s ORDER BY seq;

-- name: audit_heads
-- The last entry of every round's log.
SELECT number AS round, last.seq, last.hash FROM round
CROSS JOIN LATERAL (SELECT seq, hash FROM audit_link WHERE audit_link.round = number ORDER BY seq DESC LIMIT 1) last
ORDER BY number;

-- name: audit_openings
-- The first entry of every round's log, which names the heads of earlier rounds.
SELECT round, kind, body FROM audit_entry WHERE seq = 1 ORDER BY round;

-- name: audit_heads_named
-- The hash at every place in a log that a later round's first entry names.
SELECT audit_link.round, audit_link.seq, audit_link.hash FROM audit_entry opening
CROSS JOIN LATERAL json_to_recordset(opening.body::json -> 'previous') AS named (round integer, seq integer)
JOIN audit_link ON audit_link.round = named.round AND audit_link.seq = named.seq
WHERE opening.seq = 1 AND opening.kind = 'opened';

-- name: round_numbers
-- Every round there is.
SELECT number FROM round ORDER BY number;
