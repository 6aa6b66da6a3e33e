-- name: matching_lock
-- One matching at a time, and none while a decision is being taken.
SELECT pg_advisory_xact_lock(8070, 2);

-- name: changes_pending
-- Is there anything to match?
SELECT EXISTS (SELECT FROM declaration_change) AS pending;

-- name: touched_table
-- Of whom what is matched again: everything, or what concerns one counterpart.
CREATE TEMP TABLE touched (member_id uuid NOT NULL, counterpart text) ON COMMIT DROP;

-- name: changes_take
-- What is added meanwhile stays for the next matching.
WITH taken AS (DELETE FROM declaration_change RETURNING member_id, counterpart)
INSERT INTO touched SELECT DISTINCT member_id, counterpart FROM taken;

-- name: touched_count
-- How many members' declarations or standing have changed.
SELECT count(DISTINCT member_id) AS count FROM touched;

-- name: touched_analyze
-- Plans depend on how many there are.
ANALYZE touched;

-- name: concerned_table
-- The pairs of firms to be matched again, in either direction: what one declares of the other.
CREATE TEMP TABLE concerned ON COMMIT DROP AS
WITH everything AS MATERIALIZED (
    SELECT DISTINCT id, identifier FROM touched JOIN member ON id = member_id WHERE touched.counterpart IS NULL),
parties AS (
    SELECT creditor_id, debtor_id FROM obligation JOIN everything ON everything.id = creditor_id WHERE amount > 0
    UNION SELECT creditor_id, debtor_id FROM obligation JOIN everything ON everything.id = debtor_id WHERE amount > 0
    UNION SELECT creditor_id, debtor_id FROM discrepancy JOIN everything ON everything.id = creditor_id
    UNION SELECT creditor_id, debtor_id FROM discrepancy JOIN everything ON everything.id = debtor_id
    UNION SELECT creditor_id, debtor_id FROM suggestion JOIN everything ON everything.id = creditor_id
    UNION SELECT creditor_id, debtor_id FROM suggestion JOIN everything ON everything.id = debtor_id
    UNION SELECT creditor_id, debtor_id FROM commitment JOIN everything ON everything.id = creditor_id
    UNION SELECT creditor_id, debtor_id FROM commitment JOIN everything ON everything.id = debtor_id),
named (one, other) AS (
    SELECT identifier, counterpart FROM touched JOIN member ON id = member_id WHERE counterpart IS NOT NULL
    UNION SELECT identifier, counterpart FROM declaration JOIN everything ON everything.id = member_id
    UNION SELECT everything.identifier, member.identifier
        FROM everything JOIN declaration ON counterpart = everything.identifier JOIN member ON member.id = member_id
    UNION SELECT creditor.identifier, debtor.identifier
        FROM parties JOIN member creditor ON creditor.id = creditor_id JOIN member debtor ON debtor.id = debtor_id),
directed AS (SELECT one AS own, other AS counterpart FROM named UNION SELECT other, one FROM named)
SELECT own, counterpart, member.id AS own_id, partner.id AS counterpart_id,
    member.takes_part AND coalesce(partner.takes_part, false) AS take_part
FROM directed JOIN member ON member.identifier = own LEFT JOIN member partner ON partner.identifier = counterpart;

-- name: concerned_analyze
-- Plans depend on how many pairs there are.
ANALYZE concerned;

-- name: compared_table
-- Every declaration of those pairs, under the number it means.
CREATE TEMP TABLE compared ON COMMIT DROP AS
SELECT declaration.id, member_id, side,
    CASE side WHEN 'receivable' THEN own_id ELSE counterpart_id END AS creditor_id,
    CASE side WHEN 'receivable' THEN counterpart_id ELSE own_id END AS debtor_id,
    coalesce(pair.number_key, own_key, declaration.number_key) AS number_key,
    coalesce(own_key, declaration.number_key) AS own_key, declaration.number_key AS old_key,
    pair.number_key IS NOT NULL AS paired, declaration.currency, number, amount_open, 0::bigint AS decided,
    last_notice, declaration.issue_date, declaration.due_date, commitment,
    take_part AND amount_disputed = 0 AND encumbrance IS NULL AS plain,
    declaration.state, matched_amount, reason
FROM concerned JOIN declaration ON member_id = own_id AND declaration.counterpart = concerned.counterpart
    AND side IN ('receivable', 'payable')
LEFT JOIN suggestion pair ON pair.state = 'confirmed' AND side = 'payable' AND pair.debtor_id = own_id
    AND pair.creditor_id = counterpart_id AND pair.currency = declaration.currency AND debtor_number = number;

-- name: compared_analyze
-- Plans depend on how many lines there are.
ANALYZE compared;

-- name: compared_decide
-- Set-offs decided in notices that a line's books do not contain yet: of the number it means, of its own, and of the
-- commitment it fulfils.
UPDATE compared SET decided = pending.decided
FROM (
    SELECT meant.id, sum(set_off.amount)::bigint AS decided
    FROM (
        SELECT id, side, creditor_id, debtor_id, number_key, currency, last_notice FROM compared
        UNION SELECT id, side, creditor_id, debtor_id, own_key, currency, last_notice FROM compared
            WHERE own_key <> number_key
        UNION ALL SELECT id, side, creditor_id, debtor_id, 'commitment ' || commitment, currency, last_notice
            FROM compared WHERE commitment IS NOT NULL) meant
    JOIN obligation USING (creditor_id, debtor_id, number_key, currency)
    JOIN set_off ON obligation_id = obligation.id
        AND CASE side WHEN 'receivable' THEN creditor_notice ELSE debtor_notice END > last_notice
    GROUP BY meant.id) pending
WHERE compared.id = pending.id;

-- name: found_table
-- The obligations that match, with the two declarations.
CREATE TEMP TABLE found (creditor_id uuid NOT NULL, debtor_id uuid NOT NULL, number_key text NOT NULL,
    currency text NOT NULL, kind text NOT NULL, number text NOT NULL, amount bigint NOT NULL, issue_date date NOT NULL,
    due_date date, receivable bigint, payable bigint) ON COMMIT DROP;

-- name: found_plainly
-- Where one line of either side means a number, with the same amount and nothing said against it, there is nothing to
-- judge: what `matching.match` says of such lines is said here, many at once.
INSERT INTO found
SELECT creditor_id, debtor_id, number_key, currency, 'invoice', min(number) FILTER (WHERE side = 'receivable'),
    min(amount_open - decided), min(issue_date) FILTER (WHERE side = 'receivable'),
    min(due_date) FILTER (WHERE side = 'receivable'), min(id) FILTER (WHERE side = 'receivable'),
    min(id) FILTER (WHERE side = 'payable')
FROM compared WHERE creditor_id IS NOT NULL AND debtor_id IS NOT NULL
GROUP BY creditor_id, debtor_id, number_key, currency
HAVING count(*) = 2 AND count(*) FILTER (WHERE side = 'receivable') = 1 AND bool_and(plain)
    AND min(amount_open - decided) > 0 AND min(amount_open - decided) = max(amount_open - decided);

-- name: found_analyze
-- Plans depend on how many obligations there are.
ANALYZE found;

-- name: compared_rest
-- The lines that are to be judged one by one.
SELECT compared.id, own.identifier AS member, compared.side, counterpart, compared.number, compared.currency,
    compared.amount_open, amount_disputed, compared.issue_date, compared.due_date, dispute_reason, compared.decided,
    amount_total, dispute_code, encumbrance, amount_encumbered, compared.number_key AS key, paired
FROM compared JOIN declaration ON declaration.id = compared.id JOIN member own ON own.id = compared.member_id
WHERE NOT EXISTS (SELECT FROM found WHERE receivable = compared.id)
    AND NOT EXISTS (SELECT FROM found WHERE payable = compared.id);

-- name: found_insert
-- Obligations found one by one.
INSERT INTO found (creditor_id, debtor_id, number_key, currency, kind, number, amount, issue_date, due_date)
SELECT * FROM json_to_recordset(%(rows)s::json) AS one (creditor_id uuid, debtor_id uuid, number_key text,
    currency text, kind text, number text, amount bigint, issue_date date, due_date date);

-- name: obligations_upsert
-- Matched obligations keep their identity from round to round.
INSERT INTO obligation (creditor_id, debtor_id, number_key, currency, kind, number, amount, issue_date, due_date)
SELECT creditor_id, debtor_id, number_key, currency, found.kind, found.number, found.amount, found.issue_date,
    found.due_date
FROM found LEFT JOIN obligation old USING (creditor_id, debtor_id, number_key, currency)
WHERE (old.number, old.amount, old.issue_date, old.due_date)
    IS DISTINCT FROM (found.number, found.amount, found.issue_date, found.due_date)
ON CONFLICT (creditor_id, debtor_id, number_key, currency) DO UPDATE SET number = excluded.number,
    amount = excluded.amount, issue_date = excluded.issue_date, due_date = excluded.due_date;

-- name: obligations_clear
-- Obligations of those pairs that no longer match have nothing to be set off.
UPDATE obligation SET amount = 0
FROM concerned
WHERE creditor_id = own_id AND debtor_id = counterpart_id AND amount > 0
    AND NOT EXISTS (
        SELECT FROM found WHERE found.creditor_id = obligation.creditor_id AND found.debtor_id = obligation.debtor_id
            AND found.number_key = obligation.number_key AND found.currency = obligation.currency);

-- name: told_table
-- What is to be told of which declaration.
CREATE TEMP TABLE told (id bigint NOT NULL, state text NOT NULL, matched_amount bigint NOT NULL, reason text)
ON COMMIT DROP;

-- name: told_plainly
-- Of declarations that match plainly, and were not told so already.
INSERT INTO told
SELECT id, 'matched', amount, NULL
FROM compared JOIN (SELECT receivable AS id, amount FROM found UNION ALL SELECT payable, amount FROM found) one USING (id)
WHERE compared.reason IS NOT NULL OR (compared.state, compared.matched_amount, old_key)
    IS DISTINCT FROM ('matched', amount, number_key);

-- name: told_insert
-- Of declarations judged one by one.
INSERT INTO told
SELECT id, verdict.state, verdict.matched_amount, verdict.reason
FROM json_to_recordset(%(rows)s::json) AS verdict (id bigint, state text, matched_amount bigint, reason text)
JOIN compared USING (id)
WHERE (compared.state, compared.matched_amount, compared.reason, old_key)
    IS DISTINCT FROM (verdict.state, verdict.matched_amount, verdict.reason, number_key);

-- name: declarants_lock
-- Hold the declarations of those who are told something, in one order.
SELECT member_id FROM declarant
WHERE member_id IN (SELECT member_id FROM told JOIN compared USING (id)) ORDER BY member_id FOR UPDATE;

-- name: verdicts_update
-- Tell the owners what became of their declarations.
UPDATE declaration SET state = told.state, matched_amount = told.matched_amount, reason = told.reason,
    number_key = compared.number_key, own_key = nullif(compared.own_key, compared.number_key)
FROM told JOIN compared USING (id) WHERE declaration.id = told.id;

-- name: disagreement_table
-- The discrepancies of those pairs.
CREATE TEMP TABLE disagreement (kind text, creditor_id uuid, debtor_id uuid, creditor text, debtor text,
    number_key text, currency text, number text, creditor_amount bigint, debtor_amount bigint, issue_date date,
    due_date date, reason text, disputed_by text, dispute_code text) ON COMMIT DROP;

-- name: disagreement_insert
-- Discrepancies found.
INSERT INTO disagreement
SELECT * FROM json_to_recordset(%(rows)s::json) AS one (kind text, creditor_id uuid, debtor_id uuid, creditor text,
    debtor text, number_key text, currency text, number text, creditor_amount bigint, debtor_amount bigint,
    issue_date date, due_date date, reason text, disputed_by text, dispute_code text);

-- name: disagreement_analyze
-- Plans depend on how many there are.
ANALYZE disagreement;

-- name: discrepancies_resolve
-- Disagreements of those pairs that are no more.
DELETE FROM discrepancy USING concerned
WHERE creditor_id = own_id AND debtor_id = counterpart_id
    AND NOT EXISTS (
        SELECT FROM disagreement one WHERE one.creditor_id = discrepancy.creditor_id
            AND one.debtor_id = discrepancy.debtor_id AND one.number_key = discrepancy.number_key
            AND one.currency = discrepancy.currency AND one.kind = discrepancy.kind);

-- name: discrepancies_upsert
-- Disagreements keep their identity as long as they last.
INSERT INTO discrepancy (kind, creditor_id, debtor_id, creditor, debtor, number_key, currency, number,
    creditor_amount, debtor_amount, issue_date, due_date, reason, disputed_by, dispute_code)
SELECT kind, creditor_id, debtor_id, one.creditor, one.debtor, number_key, currency, one.number, one.creditor_amount,
    one.debtor_amount, one.issue_date, one.due_date, one.reason, one.disputed_by, one.dispute_code
FROM disagreement one LEFT JOIN discrepancy old USING (creditor_id, debtor_id, number_key, currency, kind)
WHERE old.id IS NULL OR (old.number, old.creditor_amount, old.debtor_amount, old.issue_date, old.due_date,
        old.reason, old.disputed_by, old.dispute_code)
    IS DISTINCT FROM (one.number, one.creditor_amount, one.debtor_amount, one.issue_date, one.due_date, one.reason,
        one.disputed_by, one.dispute_code)
ON CONFLICT (creditor_id, debtor_id, number_key, currency, kind) DO UPDATE SET number = excluded.number,
    creditor_amount = excluded.creditor_amount, debtor_amount = excluded.debtor_amount,
    issue_date = excluded.issue_date, due_date = excluded.due_date, reason = excluded.reason,
    disputed_by = excluded.disputed_by, dispute_code = excluded.dispute_code;

-- name: matching_tables_drop
-- Another matching in the same transaction starts afresh.
DROP TABLE touched, concerned, compared, found, told, disagreement;
