-- name: declarant_hold
-- Hold the member's declarations, as matching does too, and count the call.
INSERT INTO declarant (member_id, version) VALUES (%(member)s, 1)
ON CONFLICT (member_id) DO UPDATE SET version = declarant.version + 1 RETURNING version, sequence;

-- name: declarant_sequence
-- The client's own count, by which a delayed call is known.
UPDATE declarant SET sequence = %(sequence)s WHERE member_id = %(member)s;

-- name: declarations_upsert
-- Keep declared lines, known by side, counterpart, number and currency; what is declared otherwise than before is
-- matched again. Each line is looked up by its whole key: how many there are in the document is not known to a plan.
WITH line AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS line (side text, counterpart text, number text,
        number_key text, currency text, amount_total bigint, amount_open bigint, amount_disputed bigint,
        dispute_code text, dispute_reason text, encumbrance text, amount_encumbered bigint, commitment text,
        issue_date date, due_date date, reference text)),
changed AS (
    INSERT INTO declaration_change (member_id, counterpart)
    SELECT DISTINCT %(member)s::uuid, line.counterpart
    FROM line LEFT JOIN LATERAL (
        SELECT * FROM declaration known
        WHERE known.member_id = %(member)s AND known.side = line.side AND known.counterpart = line.counterpart
            AND known.number = line.number AND known.currency = line.currency
        LIMIT 1) old ON true
    WHERE (old.amount_total, old.amount_open, old.amount_disputed, old.dispute_code, old.dispute_reason,
            old.encumbrance, old.amount_encumbered, old.commitment, old.issue_date, old.due_date, old.last_notice)
        IS DISTINCT FROM (line.amount_total, line.amount_open, line.amount_disputed, line.dispute_code,
            line.dispute_reason, line.encumbrance, line.amount_encumbered, line.commitment, line.issue_date,
            line.due_date, %(last_notice)s))
INSERT INTO declaration (member_id, side, counterpart, number, number_key, currency, amount_total, amount_open,
    amount_disputed, dispute_code, dispute_reason, encumbrance, amount_encumbered, commitment, issue_date, due_date,
    reference, last_notice, declared_at, version)
SELECT %(member)s, side, counterpart, number, number_key, currency, amount_total, amount_open, amount_disputed,
    dispute_code, dispute_reason, encumbrance, amount_encumbered, commitment, issue_date, due_date, reference,
    %(last_notice)s, %(now)s, %(version)s
FROM line
ON CONFLICT (member_id, side, counterpart, number, currency) DO UPDATE SET
    amount_total = excluded.amount_total, amount_open = excluded.amount_open,
    amount_disputed = excluded.amount_disputed, dispute_code = excluded.dispute_code,
    dispute_reason = excluded.dispute_reason, encumbrance = excluded.encumbrance,
    amount_encumbered = excluded.amount_encumbered, commitment = excluded.commitment,
    issue_date = excluded.issue_date, due_date = excluded.due_date, reference = excluded.reference,
    last_notice = excluded.last_notice, declared_at = excluded.declared_at, version = excluded.version;

-- name: declarations_keep
-- What stands under the key or the mark of a refused line is not withdrawn.
UPDATE declaration SET version = %(version)s
WHERE member_id = %(member)s AND (reference = ANY (%(references)s)
    OR (side, counterpart, number, currency) IN (
        SELECT side, counterpart, number, currency
        FROM json_to_recordset(%(rows)s::json) AS line (side text, counterpart text, number text, currency text)));

-- name: declarations_withdraw
-- Withdraw what the member has not declared since a call.
WITH withdrawn AS (
    DELETE FROM declaration WHERE member_id = %(member)s AND version < %(version)s RETURNING counterpart),
changed AS (
    INSERT INTO declaration_change (member_id, counterpart) SELECT DISTINCT %(member)s::uuid, counterpart FROM withdrawn)
SELECT count(*) AS count FROM withdrawn;

-- name: declarations_withdraw_lines
-- Withdraw single lines.
WITH withdrawn AS (
    DELETE FROM declaration
    WHERE id IN (
        SELECT old.id
        FROM json_to_recordset(%(rows)s::json) AS line (side text, counterpart text, number text, currency text)
        CROSS JOIN LATERAL (
            SELECT id FROM declaration known
            WHERE known.member_id = %(member)s AND known.side = line.side AND known.counterpart = line.counterpart
                AND known.number = line.number AND known.currency = line.currency
            LIMIT 1) old)
    RETURNING counterpart),
changed AS (
    INSERT INTO declaration_change (member_id, counterpart) SELECT DISTINCT %(member)s::uuid, counterpart FROM withdrawn)
SELECT count(*) AS count FROM withdrawn;

-- name: declarations_count
-- How many lines the member has declared since a call.
SELECT count(*) AS count FROM declaration WHERE member_id = %(member)s AND version >= %(version)s;

-- name: batch_get
-- A full declaration in parts; whoever asks holds the declarant.
SELECT parts, received, version, state, begun_at FROM declaration_batch
WHERE member_id = %(member)s AND name = %(name)s;

-- name: batch_begin
-- The first part of a full declaration is here.
INSERT INTO declaration_batch (member_id, name, parts, version, begun_at)
VALUES (%(member)s, %(name)s, %(parts)s, %(version)s, %(now)s);

-- name: batches_supersede
-- A newer full declaration has begun: those unfinished will never withdraw anything.
UPDATE declaration_batch SET state = 'superseded' WHERE member_id = %(member)s AND state = 'open';

-- name: batches_forget
-- Names of full declarations that nobody will send another part of.
DELETE FROM declaration_batch WHERE member_id = %(member)s AND begun_at < %(before)s;

-- name: batch_receive
-- One more part is here.
UPDATE declaration_batch SET received = %(received)s, state = %(state)s
WHERE member_id = %(member)s AND name = %(name)s;

-- name: declarations_own
-- The member's lines and what became of them, from a key on.
SELECT side, counterpart, number, currency, amount_total, amount_open, amount_disputed, dispute_code, dispute_reason,
    encumbrance, amount_encumbered, commitment, issue_date, due_date, reference, state, matched_amount, reason
FROM declaration
WHERE member_id = %(member)s
    AND (%(after_side)s IS NULL OR (side, counterpart, number, currency)
        > (%(after_side)s, %(after_counterpart)s, %(after_number)s, %(after_currency)s))
ORDER BY side, counterpart, number, currency LIMIT %(size)s;

-- name: change_insert
-- Everything matching sees by or about this member has changed.
INSERT INTO declaration_change (member_id) VALUES (%(member)s);

-- name: change_insert_pair
-- Something matching sees between the member and another firm has changed.
INSERT INTO declaration_change (member_id, counterpart) VALUES (%(member)s, %(counterpart)s);

-- name: changes_insert_parties
-- The books of a round's parties are about to change, each pair's about the other.
INSERT INTO declaration_change (member_id, counterpart)
SELECT DISTINCT creditor_id, debtor FROM round_line WHERE round = %(round)s AND set_off > 0;

-- name: discrepancies_own
-- The member's disagreements from one on; of the marks on the two lines it is given its own. With the open
-- suggestion, if one may settle the matter.
SELECT discrepancy.id::text AS id, kind, discrepancy.creditor, discrepancy.debtor, discrepancy.number, discrepancy.currency,
    creditor_amount, debtor_amount, discrepancy.issue_date, discrepancy.due_date, discrepancy.reason, disputed_by,
    dispute_code, own.reference, suggested.id AS suggestion
FROM discrepancy
LEFT JOIN LATERAL (
    SELECT reference FROM declaration
    WHERE declaration.member_id = %(member)s AND declaration.number_key = discrepancy.number_key
        AND declaration.currency = discrepancy.currency
        AND side = CASE creditor_id WHEN %(member)s THEN 'receivable' ELSE 'payable' END
        AND counterpart || '' = CASE creditor_id WHEN %(member)s THEN debtor ELSE creditor END
    ORDER BY number LIMIT 1) own ON true
LEFT JOIN LATERAL (
    SELECT id::text FROM suggestion
    WHERE suggestion.state = 'open' AND suggestion.creditor_id = discrepancy.creditor_id
        AND suggestion.debtor_id = discrepancy.debtor_id AND suggestion.currency = discrepancy.currency
        AND CASE kind WHEN 'missing-at-debtor' THEN creditor_number WHEN 'missing-at-creditor' THEN debtor_number END
            = discrepancy.number
    LIMIT 1) suggested ON true
WHERE %(after_number)s IS NULL OR (discrepancy.number, kind, discrepancy.id::text)
    > (%(after_number)s, %(after_kind)s, %(after_id)s)
ORDER BY discrepancy.number, kind, discrepancy.id::text LIMIT %(size)s;

-- name: discrepancies_count
-- How many disagreements there are, by currency.
SELECT currency, count(*) AS count FROM discrepancy GROUP BY currency ORDER BY currency;
