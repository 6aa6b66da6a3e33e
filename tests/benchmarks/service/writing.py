"""The page about a run of the service, written whole from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .network import LINES
from .rounds import STEPS

_PAGE = """\
# Benchmarks of the service

{cpu}, {cores} cores, {memory} GB, {os}, Python {python}, {date}, commit {commit}, load at start {load}. PostgreSQL,
the API's processes, the worker and the clients all run on this one machine and share its cores.

## Calls

{members:,} members with {obligations:,} open obligations between them; {users} members call at the same time, each as
soon as it has been answered, for {seconds} seconds; {processes} processes of `bizoverbiz serve`. Every request is
signed and every signature verified, every nonce kept, and what a declaration changes is on disk before it is answered.

| call | calls a second | p50, ms | p99, ms | failures |
|---|--:|--:|--:|--:|
{calls}

A declaration changes {lines} lines. A member's statement here has {statement_lines:,.0f} lines on average.

## A round

From the cut-off to the statements, each step a transaction that ends on disk. `match` compares what both sides have
declared, all of it at once: in a running network that is done as declarations come in, so it is told apart. Then come
`freeze`, which copies every matched obligation into the round; `read`, which takes the round out of the database as a
netting problem; `net`, which solves it and proves the optimum; and `write`: set-offs, statements with their lines,
certificate, audit log.

| obligations | members | {heads} | cut-off to statements | memory, GB |
|--:|--:|{rules}--:|--:|
{rounds}

Seconds. `make bench-service` repeats everything; `ROUNDS=1000000` makes the round one of a million.
"""
_TITLES = {"Reading": "`GET /v1/statements`", "Declaring": "`POST /v1/declarations`"}


def page(figures: Mapping[str, Any]) -> str:
    machine, load = figures["machine"], figures["load"]
    calls = [
        f"| {_TITLES[name]} | {one['a_second']:,} | {one['p50_ms']:,} | {one['p99_ms']:,} | {one['failures']} |"
        for name, one in load["calls"].items()
    ]
    rounds = [_round(one | {"members": one.get("members", load["members"])}) for one in figures["rounds"]]
    return _PAGE.format(
        cpu=machine["cpu"],
        cores=machine["cores"],
        memory=machine["memory_gb"],
        os=machine["os"],
        python=machine["python"],
        date=machine["date"],
        commit=machine["commit"],
        load=machine["load_at_start"],
        members=load["members"],
        obligations=load["obligations"],
        users=load["users"],
        seconds=load["seconds"],
        processes=load["processes"],
        calls="\n".join(calls),
        lines=LINES,
        statement_lines=2 * load["obligations"] / max(1, load["round"]["statements"]),
        heads=" | ".join(STEPS),
        rules="--:|" * len(STEPS),
        rounds="\n".join(rounds),
    )


def _round(one: Mapping[str, Any]) -> str:
    steps = " | ".join(f"{one['seconds'][name]:,.1f}" for name in STEPS)
    return (
        f"| {one['obligations']:,} | {one['members']:,} | {steps} | {one['cut_off_to_statements']:,.1f} "
        f"| {one['gigabytes']} |"
    )
