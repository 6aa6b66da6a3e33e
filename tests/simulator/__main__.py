"""`make simulate`: see campaign.py."""

from __future__ import annotations

import argparse
import sys

from .campaign import campaign
from .postgres import Server
from .stores import MemoryStores, PostgresStores


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description="Simulate whole networks.")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=500, help="how many seeds, one after the other")
    parser.add_argument("--store", choices=("memory", "postgres"), default="memory")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.runs)
    if asked.store == "memory":
        return 0 if campaign(MemoryStores(), seeds, kind="memory") else 1
    with Server() as server:
        return 0 if campaign(PostgresStores(server), seeds, kind="postgres") else 1


if __name__ == "__main__":
    sys.exit(main())
