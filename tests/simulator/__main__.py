"""`make simulate`: see campaign.py."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from .campaign import campaign, side_by_side
from .postgres import Server
from .stores import MemoryStores, PostgresStores


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description="Simulate whole networks.")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=500, help="how many seeds, one after the other")
    parser.add_argument("--store", choices=("memory", "postgres"), default="memory")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many run side by side")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.runs)
    if asked.store == "memory":
        MemoryStores()  # takes the schema, once for all processes
        results = side_by_side(MemoryStores, seeds, processes=asked.processes)
        return 0 if campaign(results, kind="memory") else 1
    with Server() as server:
        PostgresStores(server).prepare()
        results = side_by_side(partial(PostgresStores, server), seeds, processes=asked.processes)
        return 0 if campaign(results, kind="postgres") else 1


if __name__ == "__main__":
    sys.exit(main())
