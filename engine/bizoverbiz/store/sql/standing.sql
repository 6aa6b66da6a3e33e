-- name: member_set_status
-- The operator suspends a member or takes it back; who has left stays away.
UPDATE member SET status = %(status)s
WHERE identifier = %(identifier)s AND status NOT IN (%(status)s, 'left') RETURNING id;

-- name: member_set_insolvent
-- The operator notes insolvency proceedings, or takes the note back; touches no row if that is said already.
UPDATE member SET insolvent_since = %(since)s
WHERE identifier = %(identifier)s AND insolvent_since IS DISTINCT FROM %(since)s RETURNING id;

-- name: notices_decided_since
-- What was decided for a member from a day on.
SELECT notice.number, round FROM notice JOIN round ON round.number = round
WHERE member_id = %(member)s AND decided_at >= %(since)s ORDER BY notice.number;

-- name: member_leave
-- The member is gone, unless it was before.
UPDATE member SET status = 'left' WHERE id = %(member)s AND status <> 'left';

-- name: statements_undecided_lock
-- The member's statements of rounds that are not decided, held; one that is being decided meanwhile is not among them.
SELECT id FROM statement WHERE member_id = %(member)s AND state IN ('proposed', 'approved') ORDER BY id FOR UPDATE;

-- name: event_insert
-- Something has happened to the membership.
INSERT INTO membership_event (member_id, at, kind, answered_by, content)
VALUES (%(member)s, %(now)s, %(kind)s, %(answered_by)s, %(content)s);

-- name: events_of_member
-- What has happened to the membership, in order.
SELECT at, kind, answered_by, content FROM membership_event WHERE member_id = %(member)s ORDER BY id;
