-- name: statements_own
-- The member's last statements, newest first.
SELECT statement.id, round, statement.state, currency, proposed_at, deadline, answered_by, reason
FROM statement JOIN round ON round.number = round
WHERE member_id = %(member)s ORDER BY round DESC, currency LIMIT 50;

-- name: statement_lock
-- Hold one statement of the member until its answer is kept; what it says is read afterwards, by another query,
-- because this one may have waited for a decision it does not see.
SELECT id FROM statement WHERE id = %(statement)s FOR UPDATE;

-- name: statement_get
-- One statement of the member.
SELECT statement.id, round, statement.state, round.state AS round_state, currency, proposed_at, deadline, answered_by,
    reason
FROM statement JOIN round ON round.number = round WHERE statement.id = %(statement)s;

-- name: statement_lines_own
-- The lines of the member's statements, oldest due first.
SELECT statement_id, round_line.id, side, CASE side WHEN 'receivable' THEN debtor ELSE creditor END AS counterpart,
    counterpart_name, number, reference, issue_date, due_date, amount_open, ceiling, proposed, approved, set_off
FROM statement_line JOIN round_line ON round_line.id = line_id
WHERE statement_id = ANY (%(statements)s) ORDER BY statement_id, side DESC, due_date NULLS FIRST, key;

-- name: statement_answer
-- The answer to a statement.
UPDATE statement SET state = %(state)s, answered_by = %(answered_by)s, reason = %(reason)s, answered_at = %(now)s
WHERE id = %(statement)s;

-- name: statement_lines_approve
-- What is approved on each line.
UPDATE statement_line SET approved = said.approved
FROM json_to_recordset(%(rows)s::json) AS said (line_id uuid, approved bigint)
WHERE statement_id = %(statement)s AND statement_line.line_id = said.line_id;

-- name: answers_count
-- How many answers to a statement are kept.
SELECT count(*) AS count FROM answer WHERE statement_id = %(statement)s;

-- name: answer_insert
-- Keep every answer that changes something, for the audit log.
INSERT INTO answer (statement_id, member_id, at, content) VALUES (%(statement)s, %(member)s, %(now)s, %(content)s);

-- name: notices_own
-- The member's notices after a number, in order.
SELECT number, round, jws, acknowledged_at IS NOT NULL AS acknowledged FROM notice
WHERE member_id = %(member)s AND number > %(after)s ORDER BY number LIMIT %(limit)s;

-- name: notice_own
-- One of the member's notices.
SELECT number, round, jws FROM notice WHERE member_id = %(member)s AND number = %(number)s;

-- name: notice_total
-- What one of the member's notices sets off.
SELECT currency, total FROM notice WHERE member_id = %(member)s AND number = %(number)s;

-- name: notice_acknowledge
-- A notice is booked; what was said first stays.
UPDATE notice SET acknowledged_at = coalesce(acknowledged_at, %(now)s), booked = coalesce(booked, %(booked)s)
WHERE member_id = %(member)s AND number = %(number)s;
