-- name: potential_want
-- A member in the directory has searched: its bands are to be computed from the last closed round.
INSERT INTO potential_run (member_id, wanted_at) VALUES (%(member)s, %(now)s)
ON CONFLICT (member_id) DO UPDATE SET wanted_at = excluded.wanted_at;

-- name: potential_own
-- From which round the member's bands are; null: not computed yet.
SELECT round FROM potential_run WHERE member_id = %(member)s;

-- name: potential_wanted
-- Members whose bands are older than the last closed round, those waiting longest first.
SELECT potential_run.member_id, member.identifier, closed.number AS round FROM potential_run
JOIN member ON member.id = potential_run.member_id JOIN listing ON listing.member_id = member.id
CROSS JOIN (SELECT max(number) AS number FROM round WHERE state = 'closed' AND kind = 'netting') AS closed
WHERE closed.number IS NOT NULL AND potential_run.round IS DISTINCT FROM closed.number
    AND wanted_at > %(since)s
ORDER BY wanted_at, potential_run.member_id LIMIT %(most)s;

-- name: potential_arcs
-- What was left open after a round, of whom to whom, in minor units.
SELECT currency, debtor, creditor, sum(ceiling - coalesce(set_off, 0))::bigint AS amount
FROM round_line WHERE round = %(round)s GROUP BY currency, debtor, creditor
HAVING sum(ceiling - coalesce(set_off, 0)) > 0 ORDER BY currency, debtor, creditor;

-- name: potential_firms
-- Members that are found in the directory.
SELECT identifier FROM listing WHERE member_id IS NOT NULL ORDER BY identifier;

-- name: potential_salt_insert
-- What blurs the bands' edges, made once.
INSERT INTO potential_salt (salt) VALUES (%(salt)s) ON CONFLICT DO NOTHING;

-- name: potential_salt
-- What blurs the bands' edges.
SELECT salt FROM potential_salt;

-- name: potential_forget
-- In place of a member's bands before.
DELETE FROM potential WHERE member_id = %(member)s;

-- name: potential_insert
-- A member's bands above none.
INSERT INTO potential (member_id, identifier, direction, band)
SELECT %(member)s, identifier, direction, band
FROM json_to_recordset(%(rows)s::json) AS row (identifier text, direction text, band integer);

-- name: potential_computed
-- From which round a member's bands are.
UPDATE potential_run SET round = %(round)s WHERE member_id = %(member)s;
