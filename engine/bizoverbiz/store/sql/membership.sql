-- name: network
-- The network this engine serves; no row before `bizoverbiz network init`.
SELECT name, agreement, created_at FROM network;

-- name: network_insert
-- Found the network, once.
INSERT INTO network (name, agreement, created_at) VALUES (%(name)s, %(agreement)s, %(now)s);

-- name: engine_keys
-- Public parts of the engine's signing keys, newest first.
SELECT keyid, x FROM engine_key ORDER BY created_at DESC, keyid;

-- name: engine_key_insert
-- Publish a signing key.
INSERT INTO engine_key (keyid, x, created_at) VALUES (%(keyid)s, %(x)s, %(now)s) ON CONFLICT (keyid) DO NOTHING;

-- name: invitation_insert
-- Keep a new invitation, by its secret's hash only.
INSERT INTO invitation (secret_hash, created_at, expires_at, identifier, renews)
VALUES (%(secret_hash)s, %(now)s, %(expires_at)s, %(identifier)s, %(renews)s);

-- name: invitation_lock
-- The invitation whose hash is set in the transaction, held until the transaction ends.
SELECT id, expires_at, used_at, identifier, renews FROM invitation WHERE secret_hash = %(secret_hash)s FOR UPDATE;

-- name: invitation_use
-- An invitation works once.
UPDATE invitation SET used_at = %(now)s, used_by = %(member)s WHERE id = %(id)s;

-- name: member_insert
-- A firm joins; touches no row if its identifier is taken.
INSERT INTO member (id, identifier, name, country, agreement, database, joined_at)
VALUES (%(id)s, %(identifier)s, %(name)s, %(country)s, %(agreement)s, %(database)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: member_move
-- The member's books are in another database from now on; one that had left is back, one that is suspended stays so.
UPDATE member SET database = %(database)s, status = CASE status WHEN 'left' THEN 'active' ELSE status END
WHERE id = %(member)s;

-- name: member_rename
-- The member is called otherwise from now on; touches no row if it is called so already.
UPDATE member SET name = %(name)s WHERE id = %(member)s AND name <> %(name)s;

-- name: member_id
-- A member by its identifier.
SELECT id FROM member WHERE identifier = %(identifier)s;

-- name: member_get
-- One member.
SELECT id, identifier, name, country, agreement, database, status, insolvent_since, takes_part, last_notice
FROM member WHERE id = %(member)s;

-- name: members_asked
-- Which of the identifiers set in the transaction are members'.
SELECT identifier FROM member WHERE identifier = ANY (%(identifiers)s) AND status <> 'left' ORDER BY identifier;

-- name: members_all
-- Every member, for matching and for the operator.
SELECT id, identifier, name, country, agreement, status, insolvent_since, takes_part, joined_at, last_notice
FROM member ORDER BY identifier;

-- name: nonce_insert
-- Remember a request; touches no row if it was seen before.
INSERT INTO request_nonce (keyid, nonce, seen_at) VALUES (%(keyid)s, %(nonce)s, %(now)s) ON CONFLICT DO NOTHING;

-- name: nonces_forget
-- Nonces of requests whose signature would be refused as too old anyway.
DELETE FROM request_nonce WHERE seen_at < %(before)s;

-- name: idempotency_lock
-- Two requests with the same key wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended(%(keyid)s || ' ' || %(key)s, 8070));

-- name: stored_answer
-- What was answered to the request with this idempotency key.
SELECT request_hash, status, body FROM stored_answer WHERE keyid = %(keyid)s AND key = %(key)s;

-- name: stored_answer_insert
-- Keep an answer, in the transaction of what it answers.
INSERT INTO stored_answer (keyid, key, request_hash, status, body, created_at)
VALUES (%(keyid)s, %(key)s, %(request_hash)s, %(status)s, %(body)s, %(now)s);

-- name: stored_answers_forget
-- Answers nobody will ask for again.
DELETE FROM stored_answer WHERE created_at < %(before)s;
