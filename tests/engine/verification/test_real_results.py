"""What the netting itself writes holds, under every rule."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bizoverbiz.files import read
from bizoverbiz.netting import Rules
from bizoverbiz.results import net_file, write_directory
from bizoverbiz.verification import Proof, verify_directory

from .writing import ON, STEPS, Line, write_input

FLOWS: list[dict[str, Any]] = [
    {},
    {"smallest_obligation": 40},
    {"horizon": 20},
    {"pair_cap": 300},
    {"member_cap": 900},
    {"member_caps": {"A": 100, "B": 200}},
    {"fairness": Fraction(1, 2)},
    {"smallest_obligation": 40, "horizon": 20, "pair_cap": 300, "member_cap": 900},
]
INTEGERS: list[dict[str, Any]] = [
    {"smallest_set_off": 60},
    {"whole": True},
    {"smallest_obligation": 40, "horizon": 20, "pair_cap": 300, "member_cap": 900, "smallest_set_off": 60},
    {"pair_cap": 300, "whole": True},
]


@pytest.mark.parametrize("rules", FLOWS, ids=str)
def test_a_flow_is_proven(tmp_path: Path, rules: dict[str, Any]) -> None:
    assert proofs(tmp_path, rules, rows=120) == {Proof.CERTIFICATE}


@pytest.mark.parametrize("rules", INTEGERS, ids=str)
def test_whole_numbers_hold_too(tmp_path: Path, rules: dict[str, Any]) -> None:
    assert Proof.NONE not in proofs(tmp_path, rules, rows=30)


def proofs(folder: Path, rules: dict[str, Any], rows: int) -> set[Proof]:
    """Net and verify a random file of two currencies."""
    chance = random.Random(7)
    lines = []
    for i in range(rows):
        debtor, creditor = chance.sample("ABCDEF", 2)
        due = ON + timedelta(days=chance.randint(-90, 90)) if chance.random() < 0.8 else None
        amount, currency = chance.randint(1, 400), chance.choice(["EUR", "USD"])
        lines.append(Line(f"{i:03}", debtor, creditor, amount, currency, due))
    source = folder / "input.csv"
    write_input(source, lines)
    result = net_file(read(source, decimals=2), on=ON, decimals=2, rules=Rules(**rules))
    write_directory(folder / "r", result, "<!doctype html>", lambda: dict.fromkeys(STEPS, 0.0))
    verified = verify_directory(folder / "r", source)
    assert verified.with_input
    return {part.proof for part in verified.currency.values()}
