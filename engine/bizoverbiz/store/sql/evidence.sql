-- name: statements_digest
-- The digest of every statement as it was proposed; the text digested is that of `snapshot`.
SELECT statement.member_id, identifier, statement.currency, member.agreement, encode(sha256(convert_to(
        string_agg(row_to_json(snapshot)::text || chr(10), '' ORDER BY snapshot.side, snapshot.line), 'UTF8')), 'hex') AS sha256
FROM statement JOIN member ON member.id = member_id
JOIN statement_line ON statement_id = statement.id JOIN round_line ON round_line.id = line_id
CROSS JOIN LATERAL (
    SELECT line_id AS line, side, creditor, debtor, number, round_line.currency, issue_date, due_date, amount_open,
        ceiling, proposed) snapshot
WHERE statement.round = %(round)s GROUP BY statement.id, identifier, member.agreement ORDER BY identifier, statement.currency;

-- name: snapshot
-- A statement as it was proposed, one JSON object a line: the member's part of what the round froze.
SELECT string_agg(row_to_json(snapshot)::text || chr(10), '' ORDER BY snapshot.side, snapshot.line) AS text
FROM statement_line JOIN round_line ON round_line.id = line_id
CROSS JOIN LATERAL (
    SELECT line_id AS line, side, creditor, debtor, number, round_line.currency, issue_date, due_date, amount_open,
        ceiling, proposed) snapshot
WHERE statement_id = %(statement)s;
