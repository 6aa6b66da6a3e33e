-- name: worker_look
-- A worker has looked, with the key it would sign a decision with.
INSERT INTO worker_look (seen_at, keyid) VALUES (%(now)s, %(keyid)s)
ON CONFLICT (singleton) DO UPDATE SET seen_at = excluded.seen_at, keyid = excluded.keyid;

-- name: readiness
-- What has to be in order before rounds can go on: the schema, the published keys, the worker.
SELECT (SELECT version_num FROM alembic_version) AS schema, seen_at, worker_look.keyid,
    EXISTS (SELECT FROM engine_key) AS keys, EXISTS (SELECT FROM engine_key WHERE keyid = worker_look.keyid) AS published
FROM (VALUES (true)) AS always (singleton) LEFT JOIN worker_look USING (singleton);

-- name: figures_rounds
-- How many rounds are in each state.
SELECT state, count(*) AS count FROM round GROUP BY state;

-- name: figures
-- Counts and ages of what waits, and when a worker last looked (Unix time).
SELECT (SELECT count(*) FROM notice WHERE acknowledged_at IS NULL) AS unacknowledged,
    (SELECT coalesce(extract(epoch FROM %(now)s - min(decided_at)), 0) FROM notice JOIN round ON round.number = notice.round
        WHERE acknowledged_at IS NULL) AS oldest_seconds,
    (SELECT count(*) FROM declaration_change) AS changes,
    (SELECT count(*) FROM member) AS members,
    (SELECT coalesce(extract(epoch FROM max(seen_at)), 0) FROM worker_look) AS last_look;
