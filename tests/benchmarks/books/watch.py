"""What a piece of work takes inside Odoo."""

import resource
import time
from contextlib import contextmanager


@contextmanager
def measuring(env, figures, name):
    """Seconds and SQL queries of a block that begins with nothing read or pending; megabytes are the peak so far."""
    env.flush_all()
    env.invalidate_all()
    queries, started = env.cr.sql_log_count, time.perf_counter()
    yield
    env.flush_all()
    figures[name] = {
        "seconds": round(time.perf_counter() - started, 2),
        "queries": env.cr.sql_log_count - queries,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
