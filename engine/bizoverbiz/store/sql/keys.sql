-- name: key_lookup
-- The key whose thumbprint is set in the transaction.
SELECT member_id, x, expires_at, revoked_at FROM member_key WHERE keyid = %(keyid)s;

-- name: member_key_insert
-- A member's public key; touches no row if some member has it already.
INSERT INTO member_key (keyid, member_id, x, created_at) VALUES (%(keyid)s, %(member)s, %(x)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: member_keys_lock
-- Hold the member's keys: no two changes of them at once.
SELECT keyid FROM member_key WHERE member_id = %(member)s ORDER BY keyid FOR UPDATE;

-- name: member_keys
-- Every key the member ever had, oldest first.
SELECT keyid, x, created_at, expires_at, revoked_at, revoked_by FROM member_key
WHERE member_id = %(member)s ORDER BY created_at, keyid;

-- name: member_keys_page
-- Some of the keys the member ever had, by thumbprint.
SELECT keyid, created_at, expires_at, revoked_at, revoked_by FROM member_key
WHERE member_id = %(member)s AND (%(after_keyid)s IS NULL OR keyid > %(after_keyid)s)
ORDER BY keyid LIMIT %(size)s;

-- name: member_key
-- One key of the member.
SELECT keyid, created_at, expires_at, revoked_at, revoked_by FROM member_key
WHERE member_id = %(member)s AND keyid = %(keyid)s;

-- name: member_keys_end
-- A new key is there: every other one ends after the overlap at the latest.
UPDATE member_key SET expires_at = least(expires_at, %(expires_at)s)
WHERE member_id = %(member)s AND keyid <> %(keyid)s AND revoked_at IS NULL AND coalesce(expires_at > %(now)s, true);

-- name: member_key_revoke
-- One key signs nothing any more.
UPDATE member_key SET revoked_at = %(now)s, revoked_by = %(by)s
WHERE member_id = %(member)s AND keyid = %(keyid)s AND revoked_at IS NULL;

-- name: member_keys_revoke
-- From now on the member speaks with a new key only.
UPDATE member_key SET revoked_at = %(now)s, revoked_by = 'renewal' WHERE member_id = %(member)s AND revoked_at IS NULL;
