-- name: statements_digest
-- The digest of every statement as it was proposed; the text digested is that of `snapshot`. With the agreement the
-- member had accepted by then.
SELECT statement.member_id, identifier, statement.currency, row_to_json(accepted) AS agreement,
    encode(sha256(convert_to(digested.text, 'UTF8')), 'hex') AS sha256
FROM statement JOIN member ON member.id = statement.member_id
LEFT JOIN agreement_acceptance acceptance ON acceptance.member_id = member.id AND acceptance.version = member.agreement
LEFT JOIN agreement ON agreement.version = acceptance.version
CROSS JOIN LATERAL (
    SELECT member.agreement AS version, agreement.sha256, acceptance.answered_by, acceptance.keyid,
        to_char(acceptance.accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS accepted_at) accepted
JOIN (
    SELECT statement_id, string_agg(row_to_json(snapshot)::text || chr(10), '' ORDER BY snapshot.side, snapshot.line) AS text
    FROM statement_line JOIN round_line ON round_line.id = line_id
    CROSS JOIN LATERAL (
        SELECT line_id AS line, side, creditor, debtor, number, round_line.currency, issue_date, due_date, amount_open,
            ceiling, proposed) snapshot
    WHERE round_line.round = %(round)s GROUP BY statement_id) digested ON digested.statement_id = statement.id
WHERE statement.round = %(round)s ORDER BY identifier, statement.currency;

-- name: snapshot
-- A statement as it was proposed, one JSON object a line: the member's part of what the round froze.
SELECT string_agg(row_to_json(snapshot)::text || chr(10), '' ORDER BY snapshot.side, snapshot.line) AS text
FROM statement_line JOIN round_line ON round_line.id = line_id
CROSS JOIN LATERAL (
    SELECT line_id AS line, side, creditor, debtor, number, round_line.currency, issue_date, due_date, amount_open,
        ceiling, proposed) snapshot
WHERE statement_id = %(statement)s;

-- name: notices_in_round
-- The notices of one member in a round, one per currency.
SELECT number, currency, jws FROM notice WHERE round = %(round)s AND member_id = %(member)s ORDER BY number;

-- name: statements_in_round
-- The statements of one member in a round, one per currency.
SELECT id, currency FROM statement WHERE round = %(round)s AND member_id = %(member)s ORDER BY currency;

-- name: acceptances
-- Which version of the framework agreement each member accepted, as the log tells it.
SELECT identifier, row_to_json(accepted) AS agreement
FROM agreement_acceptance JOIN member ON member.id = member_id JOIN agreement USING (version)
CROSS JOIN LATERAL (
    SELECT version, sha256, answered_by, keyid,
        to_char(accepted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS accepted_at) accepted;
