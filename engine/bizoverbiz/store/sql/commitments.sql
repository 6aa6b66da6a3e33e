-- name: commitments_lapse
-- Commitments that would still be set off though their last day has passed are compared again.
INSERT INTO declaration_change (member_id, counterpart)
SELECT DISTINCT obligation.creditor_id, commitment.debtor
FROM commitment JOIN obligation ON obligation.creditor_id = commitment.creditor_id
    AND obligation.debtor_id = commitment.debtor_id AND number_key = 'commitment ' || reference
WHERE expires_on < %(today)s AND obligation.amount > 0;

-- name: commitments_fulfil
-- An invoice declared under the reference of a commitment takes its place, for good.
UPDATE commitment SET fulfilled_at = %(now)s
FROM compared
WHERE compared.commitment = reference AND compared.creditor_id = commitment.creditor_id
    AND compared.debtor_id = commitment.debtor_id AND fulfilled_at IS NULL;

-- name: commitments_concerned
-- Registrations of the pairs being matched, with all that was ever decided of each commitment.
SELECT reference, commitment.creditor_id, commitment.debtor_id, side, commitment.currency, commitment.amount,
    agreed_on, commitment.due_date, expires_on, nettable, fulfilled_at IS NOT NULL AS fulfilled,
    coalesce((SELECT sum(set_off.amount) FROM obligation JOIN set_off ON obligation_id = obligation.id
        WHERE obligation.creditor_id = commitment.creditor_id AND obligation.debtor_id = commitment.debtor_id
            AND number_key = 'commitment ' || reference), 0)::bigint AS decided
FROM commitment JOIN concerned ON creditor_id = own_id AND debtor_id = counterpart_id
WHERE take_part ORDER BY commitment.creditor_id, commitment.debtor_id, reference, side;

-- name: commitment_lock
-- Two calls of a member under one reference wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended(%(member)s::text || ' ' || %(reference)s, 8070));

-- name: commitment_register
-- One side's registration, or its correction; touches no row once it is fulfilled.
INSERT INTO commitment (reference, member_id, side, creditor_id, debtor_id, creditor, debtor, currency, amount,
    agreed_on, due_date, expires_on, description, nettable, registered_at)
VALUES (%(reference)s, %(member)s, %(side)s, %(creditor_id)s, %(debtor_id)s, %(creditor)s, %(debtor)s, %(currency)s,
    %(amount)s, %(agreed_on)s, %(due_date)s, %(expires_on)s, %(description)s, %(nettable)s, %(now)s)
ON CONFLICT (creditor_id, debtor_id, reference, side) DO UPDATE SET currency = excluded.currency,
    amount = excluded.amount, agreed_on = excluded.agreed_on, due_date = excluded.due_date,
    expires_on = excluded.expires_on, description = excluded.description, nettable = excluded.nettable,
    registered_at = excluded.registered_at
WHERE commitment.fulfilled_at IS NULL;

-- name: commitments_under
-- What the member registered under a reference, with whomever.
SELECT side, creditor, debtor, fulfilled_at FROM commitment
WHERE member_id = %(member)s AND reference = %(reference)s ORDER BY id FOR UPDATE;

-- name: commitments_count
-- How many commitments the member has registered that are not fulfilled.
SELECT count(*) AS count FROM commitment WHERE member_id = %(member)s AND fulfilled_at IS NULL;

-- name: commitment_withdraw
-- A registration is taken back; one that is fulfilled stays.
DELETE FROM commitment WHERE member_id = %(member)s AND reference = %(reference)s AND fulfilled_at IS NULL;

-- name: commitments_own
-- Both sides' registrations of the member's commitments, those of one reference together, from one on; and what
-- matching lets be set off of each.
SELECT reference, commitment.creditor, commitment.debtor, member_id = %(member)s AS own, side, commitment.currency,
    commitment.amount, agreed_on, commitment.due_date, expires_on, description, nettable, registered_at,
    fulfilled_at IS NOT NULL AS fulfilled, coalesce(obligation.amount, 0) AS matched_amount
FROM (
    SELECT DISTINCT reference, creditor_id, debtor_id, creditor, debtor FROM commitment
    WHERE (%(only)s IS NULL OR reference = %(only)s)
        AND (%(after_reference)s IS NULL OR (reference, creditor, debtor)
            > (%(after_reference)s, %(after_creditor)s, %(after_debtor)s))
    ORDER BY reference, creditor, debtor LIMIT %(size)s) page
JOIN commitment USING (reference, creditor_id, debtor_id)
LEFT JOIN obligation ON obligation.creditor_id = commitment.creditor_id
    AND obligation.debtor_id = commitment.debtor_id AND number_key = 'commitment ' || reference
ORDER BY reference, commitment.creditor, commitment.debtor, side;
