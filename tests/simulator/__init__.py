"""The whole network in one process, everything random from one seed: docs/reliability.md."""

import os

# Read when Polars is first imported: its threads cost a small network more than they give, and each run has one core.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
