-- name: copy_get
-- What is remembered of the member's books.
SELECT mark, marked_at, in_doubt_since, disputed, refuted FROM member_copy WHERE member_id = %(member)s;

-- name: copy_insert
-- The member's books are heard of for the first time.
INSERT INTO member_copy (member_id) VALUES (%(member)s) ON CONFLICT DO NOTHING;

-- name: copy_lock
-- What is remembered of the member's books, held.
SELECT mark, marked_at, in_doubt_since, disputed, refuted FROM member_copy WHERE member_id = %(member)s FOR UPDATE;

-- name: copy_hold
-- What is remembered of the member's books, unchanged until the transaction ends.
SELECT mark, marked_at, in_doubt_since, disputed, refuted FROM member_copy WHERE member_id = %(member)s FOR SHARE;

-- name: copy_update
-- Remember what a request has said of the books it comes from.
UPDATE member_copy SET mark = %(mark)s, marked_at = %(marked_at)s, in_doubt_since = %(in_doubt_since)s,
    disputed = %(disputed)s, refuted = %(refuted)s
WHERE member_id = %(member)s;

-- name: copies_in_doubt
-- Members of whose books two copies have written, for the operator.
SELECT identifier, name, mark, in_doubt_since, disputed FROM member_copy JOIN member ON member.id = member_id
WHERE in_doubt_since IS NOT NULL ORDER BY identifier;

-- name: member_database
-- The live copy's database.
UPDATE member SET database = %(database)s WHERE id = %(member)s;

-- name: notices_acknowledged_after
-- Notices after a number that some copy of the books has booked, held.
SELECT number, acknowledged_at, booked FROM notice
WHERE member_id = %(member)s AND number > %(number)s AND acknowledged_at IS NOT NULL ORDER BY number FOR UPDATE;

-- name: notices_reopen
-- The live copy lacks these bookings: they are to be delivered again.
UPDATE notice SET acknowledged_at = NULL, booked = NULL
WHERE member_id = %(member)s AND number > %(number)s AND acknowledged_at IS NOT NULL;

-- name: stored_answers_of_keys_forget
-- What was answered to another copy of the books is no answer to this one.
DELETE FROM stored_answer WHERE keyid IN (SELECT keyid FROM member_key WHERE member_id = %(member)s);
