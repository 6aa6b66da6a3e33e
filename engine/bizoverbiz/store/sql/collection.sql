-- name: declarations_lock
-- Hold the member's lines in the order matching takes them too, so that neither can block the other for good.
SELECT id FROM declaration WHERE member_id = %(member)s ORDER BY id FOR UPDATE;

-- name: declarations_upsert
-- Keep declared lines; a line is known by side, counterpart, number and currency.
INSERT INTO declaration (member_id, side, counterpart, number, number_key, currency, amount_total, amount_open,
    amount_disputed, dispute_reason, issue_date, due_date, reference, last_notice, declared_at)
SELECT %(member)s, side, counterpart, number, number_key, currency, amount_total, amount_open, amount_disputed,
    dispute_reason, issue_date, due_date, reference, %(last_notice)s, %(now)s
FROM json_to_recordset(%(rows)s::json) AS line (side text, counterpart text, number text, number_key text,
    currency text, amount_total bigint, amount_open bigint, amount_disputed bigint, dispute_reason text,
    issue_date date, due_date date, reference text)
ON CONFLICT (member_id, side, counterpart, number, currency) DO UPDATE SET
    amount_total = excluded.amount_total, amount_open = excluded.amount_open,
    amount_disputed = excluded.amount_disputed, dispute_reason = excluded.dispute_reason,
    issue_date = excluded.issue_date, due_date = excluded.due_date, reference = excluded.reference,
    last_notice = excluded.last_notice, declared_at = excluded.declared_at;

-- name: declarations_withdraw
-- Withdraw the member's lines that are neither among those given nor under a mark given to keep.
DELETE FROM declaration WHERE member_id = %(member)s
    AND NOT coalesce(reference = ANY (%(references)s), false)
    AND (side, counterpart, number, currency) NOT IN (
        SELECT side, counterpart, number, currency
        FROM json_to_recordset(%(rows)s::json) AS line (side text, counterpart text, number text, currency text));

-- name: declarations_own
-- The member's lines and what became of them.
SELECT side, counterpart, number, currency, amount_open, reference, state, matched_amount, reason
FROM declaration WHERE member_id = %(member)s ORDER BY side, counterpart, number, currency;

-- name: change_insert
-- Something matching sees of this member has changed.
INSERT INTO declaration_change (member_id) VALUES (%(member)s);

-- name: changes_insert_parties
-- The books of a round's parties are about to change.
INSERT INTO declaration_change (member_id)
SELECT creditor_id FROM round_line WHERE round = %(round)s UNION SELECT debtor_id FROM round_line WHERE round = %(round)s;

-- name: matching_lock
-- One matching at a time, and none while a decision is being taken.
SELECT pg_advisory_xact_lock(8070, 2);

-- name: changes_take
-- Members to be matched again; what is added meanwhile stays for the next matching.
WITH taken AS (DELETE FROM declaration_change RETURNING member_id) SELECT DISTINCT member_id FROM taken;

-- name: changes_pending
-- Is there anything to match?
SELECT EXISTS (SELECT FROM declaration_change) AS pending;

-- name: declarations_touching
-- Every declaration by or about the members given, with the set-offs decided in notices it does not contain yet.
WITH changed AS (SELECT id, identifier FROM member WHERE id = ANY (%(members)s)),
touching AS (
    SELECT id FROM declaration WHERE member_id IN (SELECT id FROM changed)
    UNION SELECT id FROM declaration WHERE counterpart IN (SELECT identifier FROM changed))
SELECT declaration.id, own.identifier AS member, side, counterpart, declaration.number, declaration.currency, amount_open,
    amount_disputed, declaration.issue_date, declaration.due_date, dispute_reason, coalesce(decided, 0)::bigint AS decided
FROM touching JOIN declaration USING (id)
JOIN member own ON own.id = declaration.member_id
LEFT JOIN member other ON other.identifier = declaration.counterpart
LEFT JOIN obligation ON obligation.number_key = declaration.number_key AND obligation.currency = declaration.currency
    AND obligation.creditor_id = CASE side WHEN 'receivable' THEN own.id ELSE other.id END
    AND obligation.debtor_id = CASE side WHEN 'receivable' THEN other.id ELSE own.id END
LEFT JOIN LATERAL (
    SELECT sum(amount) AS decided FROM set_off WHERE set_off.obligation_id = obligation.id
        AND CASE side WHEN 'receivable' THEN creditor_notice ELSE debtor_notice END > declaration.last_notice) notices ON true;

-- name: verdicts_update
-- Tell the owners what became of their declarations.
WITH changed AS MATERIALIZED (
    SELECT declaration.id, verdict.state, verdict.matched_amount, verdict.reason
    FROM declaration
    JOIN json_to_recordset(%(rows)s::json) AS verdict (id bigint, state text, matched_amount bigint, reason text) USING (id)
    WHERE (declaration.state, declaration.matched_amount, declaration.reason)
        IS DISTINCT FROM (verdict.state, verdict.matched_amount, verdict.reason)
    ORDER BY declaration.id FOR UPDATE OF declaration)
UPDATE declaration SET state = changed.state, matched_amount = changed.matched_amount, reason = changed.reason
FROM changed WHERE declaration.id = changed.id;

-- name: obligations_upsert
-- Matched obligations keep their identity from round to round.
INSERT INTO obligation (creditor_id, debtor_id, number_key, currency, number, amount, issue_date, due_date)
SELECT creditor_id, debtor_id, number_key, currency, number, amount, issue_date, due_date
FROM json_to_recordset(%(rows)s::json) AS found (creditor_id uuid, debtor_id uuid, number_key text, currency text,
    number text, amount bigint, issue_date date, due_date date)
ON CONFLICT (creditor_id, debtor_id, number_key, currency) DO UPDATE SET number = excluded.number,
    amount = excluded.amount, issue_date = excluded.issue_date, due_date = excluded.due_date
WHERE (obligation.number, obligation.amount, obligation.issue_date, obligation.due_date)
    IS DISTINCT FROM (excluded.number, excluded.amount, excluded.issue_date, excluded.due_date);

-- name: obligations_clear
-- Obligations of the members given that no longer match have nothing to be set off.
UPDATE obligation SET amount = 0
WHERE amount > 0 AND (creditor_id = ANY (%(members)s) OR debtor_id = ANY (%(members)s))
    AND (creditor_id, debtor_id, number_key, currency) NOT IN (
        SELECT creditor_id, debtor_id, number_key, currency FROM json_to_recordset(%(rows)s::json)
            AS found (creditor_id uuid, debtor_id uuid, number_key text, currency text));

-- name: discrepancies_upsert
-- Disagreements keep their identity as long as they last.
INSERT INTO discrepancy (kind, creditor_id, debtor_id, creditor, debtor, number_key, currency, number,
    creditor_amount, debtor_amount, issue_date, due_date, reason)
SELECT kind, creditor_id, debtor_id, creditor, debtor, number_key, currency, number, creditor_amount, debtor_amount,
    issue_date, due_date, reason
FROM json_to_recordset(%(rows)s::json) AS found (kind text, creditor_id uuid, debtor_id uuid, creditor text,
    debtor text, number_key text, currency text, number text, creditor_amount bigint, debtor_amount bigint, issue_date date, due_date date, reason text)
ON CONFLICT (creditor_id, debtor_id, number_key, currency, kind) DO UPDATE SET number = excluded.number,
    creditor_amount = excluded.creditor_amount, debtor_amount = excluded.debtor_amount,
    issue_date = excluded.issue_date, due_date = excluded.due_date, reason = excluded.reason;

-- name: discrepancies_resolve
-- Disagreements of the members given that are no more.
DELETE FROM discrepancy
WHERE (creditor_id = ANY (%(members)s) OR debtor_id = ANY (%(members)s))
    AND (creditor_id, debtor_id, number_key, currency, kind) NOT IN (
        SELECT creditor_id, debtor_id, number_key, currency, kind FROM json_to_recordset(%(rows)s::json)
            AS found (creditor_id uuid, debtor_id uuid, number_key text, currency text, kind text));

-- name: discrepancies_own
-- The member's disagreements; of the marks on the two lines it is given its own.
SELECT discrepancy.id, kind, creditor, debtor, discrepancy.number, discrepancy.currency, creditor_amount,
    debtor_amount, discrepancy.issue_date, discrepancy.due_date, discrepancy.reason, own.reference
FROM discrepancy
LEFT JOIN LATERAL (
    SELECT reference FROM declaration
    WHERE declaration.member_id = %(member)s AND declaration.number_key = discrepancy.number_key
        AND declaration.currency = discrepancy.currency
        AND side = CASE creditor_id WHEN %(member)s THEN 'receivable' ELSE 'payable' END
        AND counterpart = CASE creditor_id WHEN %(member)s THEN debtor ELSE creditor END
    ORDER BY number LIMIT 1) own ON true
ORDER BY discrepancy.number, kind, discrepancy.id;

-- name: discrepancies_count
-- How many disagreements there are, by currency.
SELECT currency, count(*) AS count FROM discrepancy GROUP BY currency ORDER BY currency;
