-- name: round_number_lock
-- One round is numbered at a time.
SELECT pg_advisory_xact_lock(8070, 3);

-- name: round_insert
-- Open the next round; fails on `round_one_in_collection` while another collects.
INSERT INTO round (number, state, kind, reverses, approval_hours, options, opened_at, cut_at)
SELECT coalesce(max(number), 0) + 1, %(state)s, %(kind)s, %(reverses)s, %(approval_hours)s, %(options)s, %(now)s,
    %(cut_at)s
FROM round RETURNING number;

-- name: round_claim
-- Only one worker works on a round at a time; it is a courtesy, not what keeps steps from being taken twice.
SELECT pg_try_advisory_xact_lock(8071, %(round)s) AS claimed;

-- name: round_get
-- One round.
SELECT number, state, kind, reverses, approval_hours, options, opened_at, cut_at, frozen_at, proposed_at, deadline, decided_at,
    ended_at, root, audit_head
FROM round WHERE number = %(round)s;

-- name: round_lock
-- One round, held until the transaction ends: two workers never take the same step.
SELECT number, state, kind, reverses, approval_hours, options, opened_at, cut_at, frozen_at, proposed_at, deadline, decided_at,
    ended_at, root, audit_head
FROM round WHERE number = %(round)s FOR UPDATE;

-- name: rounds_in
-- Numbers of the rounds in one of the states given.
SELECT number, state, kind, deadline, cut_at FROM round WHERE state = ANY (%(states)s) ORDER BY number;

-- name: rounds_due
-- Rounds whose next step can be taken: the calendar's date has come, there is something to propose, nobody is asked
-- any more, everything is booked.
SELECT number, state, kind FROM round
WHERE (state = 'collection' AND cut_at <= %(now)s) OR state = 'frozen'
    OR (state = 'proposed' AND (deadline <= %(now)s
        OR NOT EXISTS (SELECT FROM statement WHERE statement.round = number AND statement.state = 'proposed')
        OR (kind = 'reversal'
            AND EXISTS (SELECT FROM statement WHERE statement.round = number AND statement.state = 'refused'))))
    OR (state = 'decided' AND NOT EXISTS (
        SELECT FROM notice WHERE notice.round = round.number AND acknowledged_at IS NULL))
ORDER BY number;

-- name: round_update
-- Take a step; what is not given stays.
UPDATE round SET state = %(state)s, frozen_at = coalesce(%(frozen_at)s, frozen_at),
    proposed_at = coalesce(%(proposed_at)s, proposed_at), deadline = coalesce(%(deadline)s, deadline),
    decided_at = coalesce(%(decided_at)s, decided_at), ended_at = coalesce(%(ended_at)s, ended_at),
    root = coalesce(%(root)s, root), audit_head = coalesce(%(audit_head)s, audit_head)
WHERE number = %(round)s;

-- name: lines_freeze
-- Everything matched that is in no live round, whose parties both take part, and that the round's options let in.
INSERT INTO round_line (round, obligation_id, key, currency, creditor_id, debtor_id, creditor, debtor, number,
    issue_date, due_date, ceiling, commitment, description)
SELECT %(round)s, obligation.id, creditor.identifier || '>' || debtor.identifier || '>' || number_key, currency,
    creditor.id, debtor.id, creditor.identifier, debtor.identifier, number, issue_date, due_date, amount,
    sold.reference, sold.description
FROM obligation JOIN member creditor ON creditor.id = obligation.creditor_id
JOIN member debtor ON debtor.id = obligation.debtor_id
LEFT JOIN json_to_recordset(%(rows)s::json) AS limits (currency text, smallest bigint) USING (currency)
LEFT JOIN (SELECT creditor_id, debtor_id, reference, description FROM commitment WHERE side = 'receivable') sold
    ON sold.creditor_id = creditor.id AND sold.debtor_id = debtor.id AND 'commitment ' || sold.reference = number_key
WHERE amount > 0 AND creditor.takes_part AND debtor.takes_part
    AND amount >= coalesce(smallest, 0) AND (%(commitments)s OR kind = 'invoice')
    AND (%(last_due)s::date IS NULL OR due_date IS NULL OR due_date <= %(last_due)s)
    AND NOT EXISTS (SELECT FROM round_line WHERE obligation_id = obligation.id AND live);

-- name: lines_matched
-- What would be frozen now, in the columns netting needs; for previews.
COPY (
    SELECT currency, obligation.id, creditor.identifier || '>' || debtor.identifier || '>' || number_key AS key,
        debtor.identifier AS debtor, creditor.identifier AS creditor, due_date, amount, NULL
    FROM obligation JOIN member creditor ON creditor.id = creditor_id JOIN member debtor ON debtor.id = debtor_id
    LEFT JOIN json_to_recordset(%(rows)s::json) AS limits (currency text, smallest bigint) USING (currency)
    WHERE amount > 0 AND creditor.takes_part AND debtor.takes_part
        AND amount >= coalesce(smallest, 0) AND (%(commitments)s OR kind = 'invoice')
        AND (%(last_due)s::date IS NULL OR due_date IS NULL OR due_date <= %(last_due)s)
        AND NOT EXISTS (SELECT FROM round_line WHERE obligation_id = obligation.id AND live)
) TO STDOUT (FORMAT csv);

-- name: lines_frozen
-- What the digest in the audit log covers.
COPY (SELECT currency, key, ceiling, issue_date, due_date FROM round_line WHERE round = %(round)s ORDER BY currency, key)
TO STDOUT (FORMAT csv);

-- name: problems_insert
-- One netting problem per currency.
INSERT INTO round_problem (round, currency, matched)
SELECT round, currency, sum(ceiling) FROM round_line WHERE round = %(round)s GROUP BY round, currency;

-- name: problems
-- The round's problems, with their certificates.
SELECT currency, matched, proposed, proposal_certificate, set_off, decision_certificate
FROM round_problem WHERE round = %(round)s ORDER BY currency;

-- name: problem_propose
-- What the proposal sets off, and the proof that it is the most possible.
UPDATE round_problem SET proposed = %(total)s, proposal_certificate = %(certificate)s
WHERE round = %(round)s AND currency = %(currency)s;

-- name: problem_decide
-- What the decision sets off, and the proof that it is the most possible.
UPDATE round_problem SET set_off = %(total)s, decision_certificate = %(certificate)s
WHERE round = %(round)s AND currency = %(currency)s;

-- name: lines
-- The round's obligations, in the order of the round's published hash.
SELECT id, obligation_id, key, currency, creditor_id, debtor_id, creditor, debtor, number, issue_date, due_date,
    ceiling, proposed, final_ceiling, set_off, salt, reverses
FROM round_line WHERE round = %(round)s ORDER BY currency, key;

-- name: lines_columns
-- The round's obligations in the columns netting needs.
COPY (SELECT currency, id, key, debtor, creditor, due_date, ceiling, proposed FROM round_line WHERE round = %(round)s)
TO STDOUT (FORMAT csv);

-- name: lines_verifiable
-- The round's obligations with everything decided on them.
COPY (SELECT currency, id, key, debtor, creditor, due_date, ceiling, proposed, final_ceiling, set_off
    FROM round_line WHERE round = %(round)s) TO STDOUT (FORMAT csv);

-- name: lines_decidable
-- The proposed lines; what either side still declares (0 once a party takes no part), and what either side approves.
COPY (
    SELECT line.currency, line.id, key, line.debtor, line.creditor, line.due_date, ceiling, proposed,
        CASE WHEN creditor.takes_part AND debtor.takes_part THEN amount ELSE 0 END,
        creditor_answer.approved, debtor_answer.approved
    FROM round_line line JOIN obligation ON obligation.id = obligation_id
    JOIN member creditor ON creditor.id = line.creditor_id JOIN member debtor ON debtor.id = line.debtor_id
    LEFT JOIN (SELECT line_id, approved FROM statement_line JOIN statement ON statement.id = statement_id
        WHERE round = %(round)s AND state = 'approved' AND side = 'receivable') creditor_answer
        ON creditor_answer.line_id = line.id
    LEFT JOIN (SELECT line_id, approved FROM statement_line JOIN statement ON statement.id = statement_id
        WHERE round = %(round)s AND state = 'approved' AND side = 'payable') debtor_answer
        ON debtor_answer.line_id = line.id
    WHERE line.round = %(round)s AND proposed IS NOT NULL
) TO STDOUT (FORMAT csv);

-- name: lines_set_off
-- What the round sets off, in the order of its published hash.
SELECT id, currency, creditor, debtor, number, set_off, salt
FROM round_line WHERE round = %(round)s AND set_off > 0 ORDER BY currency, key;

-- name: proposals_table
-- Proposed set-offs on their way in.
CREATE TEMPORARY TABLE proposals (id uuid, proposed bigint) ON COMMIT DROP;

-- name: proposals_copy
-- Fill it.
COPY proposals FROM STDIN (FORMAT csv);

-- name: proposals_analyze
-- Let the planner know how many there are.
ANALYZE proposals;

-- name: lines_propose
-- The proposed set-offs.
UPDATE round_line SET proposed = found.proposed FROM proposals found
WHERE round_line.id = found.id AND round = %(round)s;

-- name: decisions_table
-- Decided set-offs on their way in.
CREATE TEMPORARY TABLE decisions (id uuid, final_ceiling bigint, set_off bigint, salt text) ON COMMIT DROP;

-- name: decisions_copy
-- Fill it.
COPY decisions FROM STDIN (FORMAT csv);

-- name: decisions_analyze
-- Let the planner know how many there are.
ANALYZE decisions;

-- name: lines_decide
-- The decided set-offs; the obligations are free for the next round.
UPDATE round_line SET final_ceiling = found.final_ceiling, set_off = found.set_off, salt = found.salt, live = false
FROM decisions found WHERE round_line.id = found.id AND round = %(round)s;

-- name: lines_release
-- An abandoned round lets its obligations go, or a round those of one currency.
UPDATE round_line SET live = false
WHERE round = %(round)s AND currency = coalesce(%(currency)s, currency);

-- name: statements_insert
-- A statement for every member to whom something is proposed, one per currency.
INSERT INTO statement (round, member_id, currency, state)
SELECT DISTINCT round, party, currency, 'proposed'
FROM round_line CROSS JOIN LATERAL (VALUES (creditor_id), (debtor_id)) AS parties (party)
WHERE round = %(round)s AND proposed > 0;

-- name: statement_lines_insert
-- Every frozen obligation of those members, seen from its own side.
INSERT INTO statement_line (statement_id, line_id, member_id, side, reference, amount_open, counterpart_name)
SELECT * FROM (
    SELECT statement.id AS statement_id, line.id AS line_id, statement.member_id, 'receivable' AS side, reference,
        greatest(line.ceiling, coalesce(declaration.amount_open - (SELECT coalesce(sum(amount), 0) FROM set_off
            WHERE set_off.obligation_id = line.obligation_id AND creditor_notice > declaration.last_notice), 0)) AS amount_open,
        other.name
    FROM round_line line
    JOIN statement ON statement.round = %(round)s AND statement.member_id = line.creditor_id
        AND statement.currency = line.currency
    JOIN member other ON other.id = line.debtor_id
    JOIN obligation ON obligation.id = line.obligation_id
    LEFT JOIN declaration ON declaration.member_id = line.creditor_id AND declaration.side = 'receivable'
        AND declaration.counterpart || '' = line.debtor AND declaration.number_key = obligation.number_key
        AND declaration.currency = line.currency
    WHERE line.round = %(round)s
    UNION ALL
    SELECT statement.id AS statement_id, line.id AS line_id, statement.member_id, 'payable' AS side, reference,
        greatest(line.ceiling, coalesce(declaration.amount_open - (SELECT coalesce(sum(amount), 0) FROM set_off
            WHERE set_off.obligation_id = line.obligation_id AND debtor_notice > declaration.last_notice), 0)) AS amount_open,
        other.name
    FROM round_line line
    JOIN statement ON statement.round = %(round)s AND statement.member_id = line.debtor_id
        AND statement.currency = line.currency
    JOIN member other ON other.id = line.creditor_id
    JOIN obligation ON obligation.id = line.obligation_id
    LEFT JOIN declaration ON declaration.member_id = line.debtor_id AND declaration.side = 'payable'
        AND declaration.counterpart || '' = line.creditor AND declaration.number_key = obligation.number_key
        AND declaration.currency = line.currency
    WHERE line.round = %(round)s
) AS lines
ORDER BY statement_id, line_id
ON CONFLICT DO NOTHING;

-- name: statements_lock
-- The round's statements, held: no answer comes in while the decision is taken.
SELECT id, member_id, currency, state FROM statement WHERE round = %(round)s ORDER BY id FOR UPDATE;

-- name: statements_of_round
-- The round's statements for the operator.
SELECT statement.id, identifier, name, currency, state, answered_by, answered_at, reason
FROM statement JOIN member ON member.id = member_id WHERE round = %(round)s ORDER BY currency, identifier;

-- name: approvals
-- What either side approves of each line; no row where a party has no statement or refuses.
SELECT line_id, statement_line.member_id, side, approved
FROM statement_line JOIN statement ON statement.id = statement_id
WHERE round = %(round)s AND state IN ('approved', 'decided') AND approved IS NOT NULL;

-- name: statements_decide
-- The decision closes every statement; who has said nothing has refused.
UPDATE statement SET state = CASE state WHEN 'approved' THEN 'decided' ELSE 'refused' END,
    reason = CASE state WHEN 'proposed' THEN 'no answer before the deadline' ELSE reason END
WHERE round = %(round)s AND state <> 'abandoned';

-- name: statements_release
-- Nothing is decided in one currency: its members are told why.
UPDATE statement SET state = 'abandoned', reason = %(reason)s WHERE round = %(round)s AND currency = %(currency)s;

-- name: statements_abandon
-- The round is abandoned: nothing is asked any more.
UPDATE statement SET state = 'abandoned' WHERE round = %(round)s;

-- name: answers_of_round
-- Every answer that the audit log does not tell of yet, in order.
SELECT answer.id, answer.at, answer.member_id, identifier, currency, content FROM answer
JOIN statement ON statement.id = statement_id JOIN member ON member.id = answer.member_id
WHERE round = %(round)s AND NOT logged ORDER BY answer.id;

-- name: answers_logged
-- The audit log tells of these answers.
UPDATE answer SET logged = true WHERE id = ANY (%(answers)s::bigint[]);

-- name: rounds_with_answers
-- Rounds with answers that their audit log does not tell of yet.
SELECT DISTINCT round FROM answer JOIN statement ON statement.id = statement_id WHERE NOT logged ORDER BY round;

-- name: notice_lines
-- What each member is told of the decision, from its own side; of a reversal, in which notice it was set off.
COPY (
    SELECT statement.member_id, statement.currency, line.id, side,
        CASE side WHEN 'receivable' THEN line.debtor ELSE line.creditor END AS counterpart, counterpart_name,
        line.number, reference, line.due_date, line.final_ceiling, line.set_off, line.salt,
        CASE side WHEN 'receivable' THEN reversed.creditor_notice ELSE reversed.debtor_notice END AS reverses,
        line.commitment, line.description
    FROM statement JOIN statement_line ON statement_id = statement.id
    JOIN round_line line ON line.id = statement_line.line_id
    LEFT JOIN set_off reversed ON reversed.line_id = line.reverses
    WHERE statement.round = %(round)s AND line.round = %(round)s AND line.set_off > 0
    ORDER BY statement.member_id, statement.currency, line.key
) TO STDOUT (FORMAT csv);

-- name: lines_open
-- What is still open of each decided line: the smaller of both books, less the set-offs they do not contain yet.
-- Never below the ceiling the decision took: a declaration may have come in since it was matched. A commitment is in
-- nobody's books: what matching has left of it.
SELECT line.id, greatest(CASE WHEN line.reverses IS NULL THEN line.final_ceiling ELSE 0 END,
    CASE WHEN commitment IS NULL THEN least(creditor.open, debtor.open) ELSE obligation.amount END)::bigint AS amount_open
FROM round_line line JOIN obligation ON obligation.id = line.obligation_id
CROSS JOIN LATERAL (
    SELECT min(amount_open - (SELECT coalesce(sum(amount), 0) FROM set_off
        WHERE set_off.obligation_id = line.obligation_id AND creditor_notice > declaration.last_notice)) AS open
    FROM declaration WHERE member_id = line.creditor_id AND side = 'receivable' AND counterpart || '' = line.debtor
        AND number_key = obligation.number_key AND currency = line.currency) creditor
CROSS JOIN LATERAL (
    SELECT min(amount_open - (SELECT coalesce(sum(amount), 0) FROM set_off
        WHERE set_off.obligation_id = line.obligation_id AND debtor_notice > declaration.last_notice)) AS open
    FROM declaration WHERE member_id = line.debtor_id AND side = 'payable' AND counterpart || '' = line.creditor
        AND number_key = obligation.number_key AND currency = line.currency) debtor
WHERE line.round = %(round)s AND line.set_off > 0;

-- name: parties_lock
-- The members to be given notices, held so that their numbers stay gapless.
SELECT id, identifier, name, last_notice FROM member WHERE id = ANY (%(members)s) ORDER BY id FOR UPDATE;

-- name: parties_count_notices
-- The last notice of each of these members.
UPDATE member SET last_notice = found.last_notice
FROM json_to_recordset(%(rows)s::json) AS found (id uuid, last_notice integer) WHERE member.id = found.id;

-- name: notices_insert
-- The signed notices, which are also the outbox: what has no acknowledgement is still to be delivered.
INSERT INTO notice (member_id, number, round, currency, total, jws)
SELECT member_id, number, %(round)s, currency, total, jws
FROM json_to_recordset(%(rows)s::json)
    AS signed (member_id uuid, number integer, currency text, total bigint, jws text);

-- name: set_offs_insert
-- What is decided, and in which notices; what is opened again counts as negative.
INSERT INTO set_off (line_id, obligation_id, amount, creditor_id, creditor_notice, debtor_id, debtor_notice)
SELECT line.id, obligation_id, CASE WHEN reverses IS NULL THEN set_off ELSE -set_off END, creditor_id, creditor.number,
    debtor_id, debtor.number
FROM round_line line
JOIN notice creditor ON creditor.member_id = creditor_id AND creditor.round = line.round
    AND creditor.currency = line.currency
JOIN notice debtor ON debtor.member_id = debtor_id AND debtor.round = line.round AND debtor.currency = line.currency
WHERE line.round = %(round)s AND set_off > 0;

-- name: notices_of_round
-- Every notice of the round, for verification and closing.
SELECT identifier, notice.number, currency, jws, acknowledged_at FROM notice JOIN member ON member.id = member_id
WHERE round = %(round)s ORDER BY identifier, notice.number;

-- name: notices_open
-- How many notices of the round nobody has acknowledged yet.
SELECT count(*) AS count FROM notice WHERE round = %(round)s AND acknowledged_at IS NULL;

-- name: acknowledgements_of_round
-- Every notice of the round that is booked, in order, for the audit log.
SELECT member_id, identifier, notice.number, acknowledged_at, booked FROM notice JOIN member ON member.id = member_id
WHERE round = %(round)s AND acknowledged_at IS NOT NULL ORDER BY identifier, notice.number;

-- name: network_options
-- What the operator has set.
SELECT options, previewed_at FROM network;

-- name: network_options_lock
-- One change of the options at a time.
SELECT pg_advisory_xact_lock(8070, 4);

-- name: network_options_update
-- Set the options of rounds to come.
UPDATE network SET options = %(options)s;

-- name: planner_for_all
-- What follows goes through all of a round's lines, which were written in this transaction or just before it: the
-- planner knows nothing of them yet, takes them for few, and would look up each one by one.
SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '128MB'; SET LOCAL jit = off;

-- name: planner_as_usual
-- What follows concerns few rows.
SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL work_mem TO DEFAULT; SET LOCAL jit TO DEFAULT;

-- name: lines_reversible
-- What a round has set off and no reversal has taken back.
COPY (
    SELECT currency, line.id, debtor, creditor, key, line.set_off - taken.back
    FROM round_line line CROSS JOIN LATERAL (
        SELECT coalesce(sum(coalesce(set_off, CASE WHEN live THEN ceiling END, 0)), 0)::bigint AS back
        FROM round_line WHERE reverses = line.id) taken
    WHERE line.round = %(round)s AND line.set_off > taken.back ORDER BY currency, key
) TO STDOUT (FORMAT csv);

-- name: reversals_table
-- Lines to be reversed on their way in.
CREATE TEMPORARY TABLE reversals (id uuid, amount bigint) ON COMMIT DROP;

-- name: reversals_copy
-- Fill it.
COPY reversals FROM STDIN (FORMAT csv);

-- name: reversals_analyze
-- Let the planner know how many there are.
ANALYZE reversals;

-- name: lines_reverse
-- The lines of a reversal, proposed as they are; fails on `round_line_one_live_round` if one is in a live round.
INSERT INTO round_line (round, obligation_id, key, currency, creditor_id, debtor_id, creditor, debtor, number,
    issue_date, due_date, ceiling, proposed, reverses, commitment, description)
SELECT %(round)s, obligation_id, key, currency, creditor_id, debtor_id, creditor, debtor, number, issue_date, due_date,
    amount, amount, line.id, commitment, description
FROM reversals JOIN round_line line USING (id);

-- name: problems_reverse
-- A reversal proposes all of its lines; there is nothing to choose, and no certificate.
UPDATE round_problem SET proposed = matched WHERE round = %(round)s;

-- name: problems_reversed
-- A reversal is decided wholly.
UPDATE round_problem SET set_off = matched WHERE round = %(round)s;

-- name: lines_answered
-- How many parties of each line of a reversal approve all of it; none if one of them takes no part.
COPY (
    SELECT line.currency, line.id, key, ceiling, CASE WHEN creditor.takes_part AND debtor.takes_part THEN (
        SELECT count(*) FROM statement JOIN statement_line ON statement_id = statement.id AND line_id = line.id
        WHERE statement.round = line.round AND state = 'approved' AND approved = ceiling) ELSE 0 END
    FROM round_line line JOIN member creditor ON creditor.id = line.creditor_id
    JOIN member debtor ON debtor.id = line.debtor_id
    WHERE line.round = %(round)s
) TO STDOUT (FORMAT csv);

