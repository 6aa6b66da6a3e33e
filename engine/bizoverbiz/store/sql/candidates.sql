-- name: candidates_lock
-- Two calls of a member that put firms forward wait for each other: each counts what the other has added.
SELECT pg_advisory_xact_lock(hashtextextended('candidates ' || %(member)s::text, 8070));

-- name: candidates_count
-- How many firms the member has put forward that nobody has answered.
SELECT count(*) AS count FROM candidate WHERE member_id = %(member)s AND state = 'pending';

-- name: candidate_own
-- A firm that the member has put forward.
SELECT id, identifier, name, state, reason, asked_at, settled_at FROM candidate
WHERE member_id = %(member)s AND identifier = %(identifier)s;

-- name: candidate_put_forward
-- A firm asks to join; again, its contact is corrected unless it was answered.
INSERT INTO candidate (id, member_id, identifier, name, country, contact_name, contact_email, language, asked_at)
VALUES (%(id)s, %(member)s, %(identifier)s, %(name)s, %(country)s, %(contact_name)s, %(contact_email)s, %(language)s,
    %(now)s)
ON CONFLICT (member_id, identifier) DO UPDATE SET name = excluded.name, country = excluded.country,
    contact_name = excluded.contact_name, contact_email = excluded.contact_email, language = excluded.language
WHERE candidate.state = 'pending';

-- name: candidates_page
-- The firms the member has put forward, by identifier, from one on.
SELECT id, identifier, name, state, reason, asked_at, settled_at FROM candidate
WHERE member_id = %(member)s AND (%(after_identifier)s IS NULL OR identifier > %(after_identifier)s)
ORDER BY identifier LIMIT %(size)s;

-- name: candidates_all
-- Every firm that was put forward, with who did it, for the operator: those not answered first.
SELECT candidate.id, candidate.identifier, candidate.name, candidate.country, contact_name, contact_email, language,
    asked_at, settled_at, state, reason, member.identifier AS put_forward_by, member.name AS put_forward_by_name
FROM candidate JOIN member ON member.id = member_id
ORDER BY CASE state WHEN 'pending' THEN 0 ELSE 1 END, asked_at, candidate.id;

-- name: candidate_lock
-- One candidate, held until the transaction ends.
SELECT id, identifier, name, state, settled_at, contact_name, contact_email, language FROM candidate
WHERE id = %(id)s FOR UPDATE;

-- name: candidate_settle
-- The operator's answer; whoever is refused is not written to any more.
UPDATE candidate SET state = %(state)s, reason = %(reason)s, settled_at = %(now)s,
    contact_name = CASE %(state)s WHEN 'refused' THEN '' ELSE contact_name END,
    contact_email = CASE %(state)s WHEN 'refused' THEN '' ELSE contact_email END
WHERE id = %(id)s;
