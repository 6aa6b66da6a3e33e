-- name: agreements
-- Every version of the framework agreement, oldest first.
SELECT version, in_force_from, sha256, published_at FROM agreement ORDER BY in_force_from;

-- name: agreement_insert
-- Publish a version.
INSERT INTO agreement (version, in_force_from, sha256, published_at)
VALUES (%(version)s, %(in_force_from)s, %(sha256)s, %(now)s);

-- name: agreement_lock
-- Nobody accepts a version while one is published or put into force.
SELECT pg_advisory_xact_lock(8070, 3);

-- name: agreement_lock_shared
-- No version is put into force while somebody accepts one.
SELECT pg_advisory_xact_lock_shared(8070, 3);

-- name: agreement_due
-- The newest version whose date has come, unless it is in force already.
SELECT version FROM (
    SELECT version FROM agreement WHERE in_force_from <= %(day)s ORDER BY in_force_from DESC LIMIT 1) newest
WHERE version <> (SELECT agreement FROM network);

-- name: agreement_put_in_force
-- The version every member has to have accepted from now on.
UPDATE network SET agreement = %(version)s;

-- name: members_lapse
-- Whoever has not accepted the version takes no part, and whoever has takes part again; both are matched again.
WITH changed AS (
    UPDATE member SET agreement_lapsed = NOT agreement_lapsed
    WHERE agreement_lapsed = EXISTS (
        SELECT FROM agreement_acceptance WHERE member_id = member.id AND version = %(version)s)
    RETURNING id)
INSERT INTO declaration_change (member_id) SELECT id FROM changed;

-- name: acceptance_insert
-- A member accepts a version, once; what was said first stays.
INSERT INTO agreement_acceptance (member_id, version, accepted_at, answered_by, keyid)
VALUES (%(member)s, %(version)s, %(now)s, %(answered_by)s, %(keyid)s) ON CONFLICT DO NOTHING;

-- name: member_agree
-- The newest version the member accepted, and whether the one in force is among those it did.
UPDATE member SET
    agreement = (
        SELECT version FROM agreement_acceptance JOIN agreement USING (version)
        WHERE member_id = member.id ORDER BY in_force_from DESC LIMIT 1),
    agreement_lapsed = NOT EXISTS (
        SELECT FROM agreement_acceptance WHERE member_id = member.id AND version = %(in_force)s)
WHERE id = %(member)s;

-- name: agreements_page
-- Some of the versions, oldest first, each with the member's acceptance.
SELECT version, in_force_from, in_force_from::text AS since, sha256, accepted_at, answered_by
FROM agreement LEFT JOIN (SELECT * FROM agreement_acceptance WHERE member_id = %(member)s) own USING (version)
WHERE (%(after_since)s IS NULL OR in_force_from::text > %(after_since)s)
ORDER BY in_force_from LIMIT %(size)s;

-- name: acceptances_count
-- How many members, among those that have not left, accepted each version.
SELECT agreement.version, in_force_from, sha256, count(member.id) AS accepted
FROM agreement LEFT JOIN agreement_acceptance USING (version)
LEFT JOIN member ON member.id = member_id AND status <> 'left'
GROUP BY agreement.version ORDER BY in_force_from;
