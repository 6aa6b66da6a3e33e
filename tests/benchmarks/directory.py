"""How long a search of the directory takes among many generated profiles: `make bench-directory PROFILES=100000`."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from uuid import uuid4

from bizoverbiz.directory import loading, searching
from bizoverbiz.directory.territories import area
from bizoverbiz.generation import profile_lines
from bizoverbiz.nomenclatures import territories
from bizoverbiz.store import migrate
from bizoverbiz.store.database import WORKER, Database, api_scope

from ..simulator.postgres import Server

TARGET = Path(__file__).resolve().parents[2] / "docs" / "benchmarks-directory.md"
#: What people look for, and how: suppliers of one thing and of several, slips of the pen, synonyms, customers.
QUESTIONS: tuple[tuple[str, dict[str, str | int]], ...] = (
    ("visserie inox", {"commune": "35238", "radius_km": 50}),
    ("caisses carton", {"region": "53"}),
    ("transport frigorifique", {"department": "29"}),
    ("plonbier", {"commune": "44109", "radius_km": 30}),
    ("expert-comptable", {"commune": "69123", "radius_km": 20}),
    ("infogérance", {}),
    ("imprimerie brochures", {"commune": "75056", "radius_km": 10}),
    ("béton prêt à l'emploi", {"department": "56"}),
    ("palettes bois", {}),
    ("nettoyage de bureaux", {"commune": "13055", "radius_km": 30}),
    ("boulons, écrous et rivets", {}),
    ("location de nacelles", {"region": "93"}),
)


def measure(profiles: int, rounds: int) -> dict[str, float]:
    """Seconds to load, and milliseconds a search, its answer read and its reasons told."""
    with Server() as server:
        url = server.create("directory")
        migrate.upgrade(url)
        store = Database(url)
        begun = time.perf_counter()
        with store.transaction(WORKER) as tx:
            done = loading.load(tx, profile_lines(profiles, seed=7))
        loaded = time.perf_counter() - begun
        _ = territories()
        spent: list[float] = []
        # In the role of the API's requests, under row-level security.
        member = api_scope(member=uuid4())
        for number in range(rounds + 1):
            for keywords, where in QUESTIONS:
                for direction in ("suppliers", "customers"):
                    question = searching.Question(direction, keywords, area=area(**where))  # type: ignore[arg-type]
                    begun = time.perf_counter()
                    with store.transaction(member) as tx:
                        searching.search(tx, question, None)
                    if number:  # the first time fills the caches
                        spent.append(1000 * (time.perf_counter() - begun))
        store.close()
    spent.sort()
    return {
        "profiles": done.published,
        "load": loaded,
        "median": statistics.median(spent),
        "p95": spent[int(0.95 * len(spent))],
        "most": spent[-1],
        "searches": len(spent),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    found = measure(**vars(parser.parse_args()))
    text = (
        "# The directory's search, measured\n\n"
        "Generated profiles in PostgreSQL on the same machine, one search at a time by a member, its twelve "
        "questions in both directions; `make bench-directory`. "
        f"Load of the machine, of {os.cpu_count()} cores: {os.getloadavg()[2]:.0f}.\n\n"
        "| profiles found | loaded in | searches | median | 95th percentile | slowest |\n|---|---|---|---|---|---|\n"
        f"| {found['profiles']:,.0f} | {found['load']:.0f} s | {found['searches']:.0f} | {found['median']:.0f} ms | "
        f"{found['p95']:.0f} ms | {found['most']:.0f} ms |\n"
    )
    print(text)
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
