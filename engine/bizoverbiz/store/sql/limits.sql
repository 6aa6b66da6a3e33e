-- name: request_count
-- Count a request unless that would be one too many; no row then. The window before weighs what is left of it. A clock
-- that is behind counts in the window that is the current one already.
INSERT INTO request_count AS counted (key, slot, count, previous, expires_at)
VALUES (%(key)s, %(slot)s, %(amount)s, 0, %(expires_at)s)
ON CONFLICT (key) DO UPDATE SET
    slot = greatest(counted.slot, excluded.slot),
    previous = CASE WHEN excluded.slot <= counted.slot THEN counted.previous
        WHEN excluded.slot = counted.slot + 1 THEN counted.count ELSE 0 END,
    count = CASE WHEN excluded.slot <= counted.slot THEN counted.count ELSE 0 END + excluded.count,
    expires_at = greatest(counted.expires_at, excluded.expires_at)
WHERE CASE WHEN excluded.slot <= counted.slot THEN floor(counted.previous * CASE WHEN excluded.slot < counted.slot THEN 1 ELSE %(left)s END) + counted.count
    WHEN excluded.slot = counted.slot + 1 THEN floor(counted.count * %(left)s) ELSE 0 END + excluded.count <= %(limit)s
RETURNING count;

-- name: request_count_get
-- The counts of the key set in the transaction.
SELECT slot, count, previous, expires_at FROM request_count WHERE key = %(key)s;

-- name: request_count_clear
-- Forget one count.
DELETE FROM request_count WHERE key = %(key)s;

-- name: request_counts_forget
-- Counts that weigh nothing any more.
DELETE FROM request_count WHERE expires_at < %(before)s;
