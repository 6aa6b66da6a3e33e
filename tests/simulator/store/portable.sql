-- Named queries in other words, for what SQLite has no function or form for. They mean the same: `test_store.py` sees
-- to it that both stores answer alike.

-- name: audit_heads
-- LATERAL with an order.
SELECT number AS round, audit_link.seq, audit_link.hash FROM round JOIN audit_link ON audit_link.round = number
WHERE seq = (SELECT max(other.seq) FROM audit_link AS other WHERE other.round = number) ORDER BY number;

-- name: audit_heads_named
-- LATERAL over JSON.
SELECT audit_link.round, audit_link.seq, audit_link.hash FROM audit_entry AS opening
CROSS JOIN json_each(opening.body, '$.previous') AS named
JOIN audit_link ON audit_link.round = json_extract(named.value, '$.round')
    AND audit_link.seq = json_extract(named.value, '$.seq')
WHERE opening.seq = 1 AND opening.kind = 'opened';

-- name: statements_digest
-- A digest, and rows as JSON.
SELECT statement.member_id, identifier, statement.currency, json_object('version', member.agreement,
        'sha256', agreement.sha256, 'answered_by', acceptance.answered_by, 'keyid', acceptance.keyid,
        'accepted_at', instant_of(acceptance.accepted_at)) AS agreement,
    sha256_of(digested.text) AS sha256
FROM statement JOIN member ON member.id = statement.member_id
LEFT JOIN agreement_acceptance AS acceptance ON acceptance.member_id = member.id AND acceptance.version = member.agreement
LEFT JOIN agreement ON agreement.version = acceptance.version
JOIN (
    SELECT statement_id, group_concat(text, '') AS text FROM (
        SELECT statement_id, json_object(
            'line', pg_text(line_id), 'side', side, 'creditor', creditor, 'debtor', debtor, 'number', number,
            'currency', round_line.currency, 'issue_date', pg_text(issue_date), 'due_date', pg_text(due_date),
            'amount_open', amount_open, 'ceiling', ceiling, 'proposed', proposed) || char(10) AS text
        FROM statement_line JOIN round_line ON round_line.id = line_id
        WHERE round_line.round = %(round)s ORDER BY statement_id, side, line_id) AS lines
    GROUP BY statement_id) AS digested ON digested.statement_id = statement.id
WHERE statement.round = %(round)s ORDER BY identifier, statement.currency;

-- name: snapshot
-- Rows as JSON.
SELECT group_concat(text, '') AS text FROM (
    SELECT json_object(
        'line', pg_text(line_id), 'side', side, 'creditor', creditor, 'debtor', debtor, 'number', number,
        'currency', round_line.currency, 'issue_date', pg_text(issue_date), 'due_date', pg_text(due_date),
        'amount_open', amount_open, 'ceiling', ceiling, 'proposed', proposed) || char(10) AS text
    FROM statement_line JOIN round_line ON round_line.id = line_id
    WHERE statement_id = %(statement)s ORDER BY side, line_id) AS lines;

-- name: readiness
-- VALUES with a column's name.
SELECT (SELECT version_num FROM alembic_version) AS schema, seen_at, worker_look.keyid,
    EXISTS (SELECT 1 FROM engine_key) AS keys, EXISTS (SELECT 1 FROM engine_key WHERE keyid = worker_look.keyid) AS published
FROM (SELECT true AS singleton) AS always LEFT JOIN worker_look USING (singleton);

-- name: figures
-- Unix time.
SELECT (SELECT count(*) FROM notice WHERE acknowledged_at IS NULL) AS unacknowledged,
    (SELECT coalesce(epoch_of(%(now)s) - epoch_of(min(decided_at)), 0) FROM notice JOIN round ON round.number = notice.round
        WHERE acknowledged_at IS NULL) AS oldest_seconds,
    (SELECT count(*) FROM declaration_change) AS changes,
    (SELECT count(*) FROM member) AS members,
    (SELECT coalesce(epoch_of(max(seen_at)), 0) FROM worker_look) AS last_look;

-- name: acceptances
-- A row as JSON, and an instant as text.
SELECT identifier, json_object('version', version, 'sha256', sha256, 'answered_by', answered_by, 'keyid', keyid,
    'accepted_at', instant_of(accepted_at)) AS agreement
FROM agreement_acceptance JOIN member ON member.id = member_id JOIN agreement USING (version);
