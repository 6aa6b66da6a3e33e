-- name: contact_requests_lock
-- Two calls of a member that ask for contacts wait for each other: each counts what the other has added.
SELECT pg_advisory_xact_lock(hashtextextended('contacts ' || %(member)s::text, 8070));

-- name: contact_requests_count
-- How many of the member's requests nobody has answered.
SELECT count(*) AS count FROM contact_request WHERE asker_id = %(member)s AND state = 'open';

-- name: contact_request_last
-- The newest request of one member to another.
SELECT id, state, answered_at FROM contact_request WHERE asker_id = %(member)s AND asked_id = %(asked)s
ORDER BY number DESC LIMIT 1;

-- name: contact_request_insert
-- A member asks another for a contact.
INSERT INTO contact_request (id, asker_id, asked_id, asker, asker_name, asked, asked_name, message, asked_by, asked_at)
VALUES (%(id)s, %(member)s, %(asked_id)s, %(asker)s, %(asker_name)s, %(asked)s, %(asked_name)s, %(message)s,
    %(asked_by)s, %(now)s);

-- name: contact_request_say
-- The same request with another message.
UPDATE contact_request SET message = %(message)s, asked_by = %(asked_by)s
WHERE id = %(id)s AND asker_id = %(member)s AND state = 'open';

-- name: contact_request_get
-- One request of either side.
SELECT id, asker_id, asked_id, asker, asker_name, asked, asked_name, message, asked_by, asked_at, state, answered_by,
    answered_at, contact
FROM contact_request WHERE id = %(id)s AND %(member)s IN (asker_id, asked_id);

-- name: contact_requests_page
-- The requests a member has made or received, newest first.
SELECT id, asker_id, asked_id, asker, asker_name, asked, asked_name, message, asked_by, asked_at, state, answered_by,
    answered_at, contact, -number AS place
FROM contact_request
WHERE CASE %(side)s WHEN 'sent' THEN asker_id ELSE asked_id END = %(member)s
    AND (%(after_place)s IS NULL OR -number > %(after_place)s)
ORDER BY -number LIMIT %(size)s;

-- name: contact_request_answer
-- The answer of whom was asked.
UPDATE contact_request SET state = %(state)s, answered_by = %(answered_by)s, answered_at = %(now)s,
    contact = %(contact)s
WHERE id = %(id)s AND asked_id = %(member)s;

-- name: contacts_take_back
-- Who withdraws gives no contact any more, and is waited for by nobody.
UPDATE contact_request SET contact = NULL,
    state = CASE state WHEN 'open' THEN 'declined' ELSE state END,
    answered_by = coalesce(answered_by, %(edited_by)s), answered_at = coalesce(answered_at, %(now)s)
WHERE asked_id = %(member)s AND (state = 'open' OR contact IS NOT NULL);

-- name: contact_requests_forget
-- A year after they were answered, or made if nobody did.
DELETE FROM contact_request WHERE coalesce(answered_at, asked_at) < %(before)s;
