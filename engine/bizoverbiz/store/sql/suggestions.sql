-- name: suggestion_answers_lock
-- Nobody changes an answer while it is being counted.
SELECT suggestion_id FROM suggestion_answer JOIN suggestion ON suggestion.id = suggestion_id
JOIN concerned ON creditor_id = own_id AND debtor_id = counterpart_id
WHERE state = 'open' ORDER BY suggestion_id, member_id FOR UPDATE OF suggestion_answer;

-- name: suggestions_settle
-- Both sides confirm, or one rejects.
UPDATE suggestion SET state = CASE WHEN rejected THEN 'rejected' ELSE 'confirmed' END
FROM (
    SELECT suggestion_id, bool_or(answer = 'reject') AS rejected, count(*) AS answers
    FROM suggestion_answer JOIN suggestion ON suggestion.id = suggestion_id
    JOIN concerned ON creditor_id = own_id AND debtor_id = counterpart_id
    WHERE state = 'open' GROUP BY suggestion_id) said
WHERE suggestion.id = suggestion_id AND (rejected OR answers = 2);

-- name: suggestions_rejected
-- Pairs that are not suggested again.
SELECT creditor, debtor, currency, creditor_number, debtor_number, amount_total
FROM suggestion JOIN concerned ON creditor_id = own_id AND debtor_id = counterpart_id WHERE state = 'rejected';

-- name: suggestions_insert
-- What is suggested from now on, or still.
INSERT INTO suggestion (creditor_id, debtor_id, creditor, debtor, currency, creditor_number, debtor_number, number_key,
    amount_total, issue_date, due_date)
SELECT creditor_id, debtor_id, creditor, debtor, currency, creditor_number, debtor_number, number_key, amount_total,
    issue_date, due_date
FROM json_to_recordset(%(rows)s::json) AS one (creditor_id uuid, debtor_id uuid, creditor text, debtor text,
    currency text, creditor_number text, debtor_number text, number_key text, amount_total bigint, issue_date date,
    due_date date)
ON CONFLICT (creditor_id, debtor_id, currency, creditor_number, debtor_number, amount_total) DO UPDATE SET
    issue_date = excluded.issue_date, due_date = excluded.due_date
WHERE suggestion.state = 'open'
    AND (suggestion.issue_date, suggestion.due_date) IS DISTINCT FROM (excluded.issue_date, excluded.due_date);

-- name: suggestions_withdraw
-- What nobody can answer any more: a line is gone, matches, or is like several others now.
DELETE FROM suggestion USING concerned
WHERE creditor_id = own_id AND debtor_id = counterpart_id AND state = 'open'
    AND NOT EXISTS (
        SELECT FROM json_to_recordset(%(rows)s::json) AS one (creditor_id uuid, debtor_id uuid, currency text,
            creditor_number text, debtor_number text, amount_total bigint)
        WHERE one.creditor_id = suggestion.creditor_id AND one.debtor_id = suggestion.debtor_id
            AND one.currency = suggestion.currency AND one.creditor_number = suggestion.creditor_number
            AND one.debtor_number = suggestion.debtor_number AND one.amount_total = suggestion.amount_total);

-- name: suggestions_own
-- The member's suggestions from one on, with its own answer.
SELECT suggestion.id::text AS id, creditor, debtor, currency, creditor_number, debtor_number, amount_total, issue_date, due_date,
    state, answer, answered_by
FROM suggestion LEFT JOIN suggestion_answer ON suggestion_id = suggestion.id AND member_id = %(member)s
WHERE (%(state)s IS NULL OR state = %(state)s)
    AND (%(after_creditor_number)s IS NULL OR (creditor_number, suggestion.id::text)
        > (%(after_creditor_number)s, %(after_id)s))
ORDER BY creditor_number, suggestion.id::text LIMIT %(size)s;

-- name: suggestion_own
-- One of the member's suggestions, with its own answer.
SELECT suggestion.id::text AS id, creditor, debtor, currency, creditor_number, debtor_number, amount_total, issue_date,
    due_date, state, answer, answered_by
FROM suggestion LEFT JOIN suggestion_answer ON suggestion_id = suggestion.id AND member_id = %(member)s
WHERE suggestion.id = %(suggestion)s;

-- name: suggestion_answer
-- The member's answer; a later one takes its place.
INSERT INTO suggestion_answer (suggestion_id, member_id, answer, answered_by, answered_at)
VALUES (%(suggestion)s, %(member)s, %(answer)s, %(answered_by)s, %(now)s)
ON CONFLICT (suggestion_id, member_id) DO UPDATE SET answer = excluded.answer, answered_by = excluded.answered_by,
    answered_at = excluded.answered_at;
