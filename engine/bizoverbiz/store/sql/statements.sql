-- name: statements_own
-- The member's last statements, newest first.
SELECT statement.id, round, kind, statement.state, currency, proposed_at, deadline, answered_by, reason
FROM statement JOIN round ON round.number = round
WHERE member_id = %(member)s ORDER BY round DESC, currency LIMIT 50;

-- name: statement_lock
-- Hold one statement of the member until its answer is kept; what it says is read afterwards, by another query,
-- because this one may have waited for a decision it does not see.
SELECT id FROM statement WHERE id = %(statement)s FOR UPDATE;

-- name: statement_get
-- One statement of the member.
SELECT statement.id, round, kind, statement.state, round.state AS round_state, currency, proposed_at, deadline, answered_by,
    reason
FROM statement JOIN round ON round.number = round WHERE statement.id = %(statement)s;

-- name: statement_lines_own
-- The lines of the member's statements, oldest due first.
SELECT statement_id, round_line.id, side, CASE side WHEN 'receivable' THEN debtor ELSE creditor END AS counterpart,
    counterpart_name, number, reference, commitment, description, issue_date, due_date, amount_open, ceiling, proposed,
    approved, set_off
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
-- The member's notices after a number, in order: the first, and those after it that begin within so many characters.
SELECT number, round, jws, acknowledged, last > number AS more FROM (
    SELECT number, round, jws, acknowledged_at IS NOT NULL AS acknowledged,
        sum(length(jws)) OVER (ORDER BY number) - length(jws) AS begins, max(number) OVER () AS last
    FROM notice WHERE member_id = %(member)s AND number > %(after)s) AS own
WHERE begins < %(size)s ORDER BY number LIMIT %(limit)s;

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

-- name: mandate_own
-- The member's mandate in force.
SELECT given_by, given_at, valid_until, rules FROM mandate WHERE member_id = %(member)s AND ended_at IS NULL;

-- name: mandate_lock
-- One change of a member's mandate at a time.
SELECT pg_advisory_xact_lock(hashtextextended(%(member)s::text, 8072));

-- name: mandate_insert
-- A member approves in advance.
INSERT INTO mandate (member_id, given_by, given_at, valid_until, rules)
VALUES (%(member)s, %(given_by)s, %(now)s, %(valid_until)s, %(rules)s);

-- name: mandate_end
-- The member's mandate in force ends.
UPDATE mandate SET ended_at = %(now)s, ended_by = %(ended_by)s WHERE member_id = %(member)s AND ended_at IS NULL;

-- name: mandated_statements
-- Statements of a round whose members have given a mandate that is valid on its day, still take part, and have books
-- that nobody doubts: in doubt nobody could lower what was approved.
SELECT statement.id, statement.member_id, currency, mandate.id AS mandate_id, given_by, given_at, rules
FROM statement JOIN mandate ON mandate.member_id = statement.member_id AND ended_at IS NULL AND valid_until >= %(on)s
JOIN member ON member.id = statement.member_id AND takes_part
WHERE round = %(round)s AND state = 'proposed' AND NOT EXISTS (
    SELECT FROM member_copy WHERE member_copy.member_id = statement.member_id AND in_doubt_since IS NOT NULL)
ORDER BY identifier, currency;

-- name: mandated_lines
-- Their lines, oldest due first.
SELECT statement_id, line.id, side, CASE side WHEN 'receivable' THEN debtor ELSE creditor END AS counterpart,
    due_date, ceiling, proposed
FROM statement_line JOIN round_line line ON line.id = line_id
WHERE statement_id = ANY (%(statements)s::uuid[]) ORDER BY statement_id, side, due_date, key;

-- name: mandate_approve_lines
-- What is approved on each line by mandate.
UPDATE statement_line SET approved = said.approved
FROM json_to_recordset(%(rows)s::json) AS said (statement_id uuid, line_id uuid, approved bigint)
WHERE statement_line.statement_id = said.statement_id AND statement_line.line_id = said.line_id;

-- name: mandate_answers_insert
-- The answers given by mandate, for the audit log.
INSERT INTO answer (statement_id, member_id, at, content)
SELECT statement_id, member_id, %(now)s, content::json
FROM json_to_recordset(%(rows)s::json) AS said (statement_id uuid, member_id uuid, content text);

-- name: mandate_answer_statements
-- The statements answered by mandate.
UPDATE statement SET state = 'approved', answered_by = said.by, answered_at = %(now)s
FROM json_to_recordset(%(rows)s::json) AS said (statement_id uuid, by text) WHERE statement.id = said.statement_id;

-- name: reminders_plan
-- When the members of a round are to be reminded.
INSERT INTO reminder (statement_id, member_id, due_at)
SELECT statement.id, member_id, due_at
FROM statement CROSS JOIN json_to_recordset(%(rows)s::json) AS planned (due_at timestamptz) WHERE round = %(round)s;

-- name: reminders_make
-- Remind who has not answered, once however many reminders are overdue.
UPDATE reminder SET made_at = %(now)s
FROM (SELECT DISTINCT ON (statement_id) statement_id, due_at FROM reminder JOIN statement ON statement.id = statement_id
    WHERE round = %(round)s AND state = 'proposed' AND due_at <= %(now)s ORDER BY statement_id, due_at DESC) last
WHERE reminder.statement_id = last.statement_id AND reminder.due_at = last.due_at AND made_at IS NULL;

-- name: rounds_to_remind
-- Rounds with a reminder due whose statement is not answered.
SELECT DISTINCT round FROM reminder JOIN statement ON statement.id = statement_id
WHERE made_at IS NULL AND due_at <= %(now)s AND state = 'proposed'
    AND NOT EXISTS (SELECT FROM reminder later WHERE later.statement_id = reminder.statement_id
        AND later.due_at > reminder.due_at AND later.due_at <= %(now)s)
ORDER BY round;

-- name: reminders_own
-- The reminders of the member's statements.
SELECT statement_id, due_at, made_at FROM reminder WHERE statement_id = ANY (%(statements)s::uuid[])
ORDER BY statement_id, due_at;

-- name: preview_own
-- What the member would get if the round were cut off, as last computed.
SELECT currency, set_off, computed_at FROM preview WHERE member_id = %(member)s ORDER BY currency;

-- name: preview_claim
-- Compute a preview now, unless one was computed after the moment given; one worker at a time.
UPDATE network SET previewed_at = %(now)s WHERE previewed_at IS NULL OR previewed_at <= %(before)s RETURNING previewed_at;

-- name: previews_forget
-- What was computed before is no more.
DELETE FROM preview;

-- name: previews_insert
-- What each member would get, rounded.
INSERT INTO preview (member_id, currency, computed_at, set_off)
SELECT member.id, currency, %(now)s, set_off
FROM json_to_recordset(%(rows)s::json) AS found (member text, currency text, set_off bigint)
JOIN member ON member.identifier = found.member;
