"""Believable profiles of firms for the directory: trades with what they sell and buy, spread as people are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from bizoverbiz.generation.economy import pick
from bizoverbiz.generation.errors import GenerationError
from bizoverbiz.nomenclatures import territories

MOST_PROFILES = 1_000_000
_FORMS = ("SARL", "SAS", "SA", "EURL", "", "", "et Fils", "Frères")


@dataclass(frozen=True, slots=True)
class Trade:
    """What firms of one kind sell and buy."""

    naf: str
    names: tuple[str, ...]
    sells: tuple[str, ...]
    buys: tuple[str, ...]


@cache
def trades() -> tuple[Trade, ...]:
    text = files("bizoverbiz.generation").joinpath("trades.csv").read_text(encoding="utf-8")
    return tuple(
        Trade(row["naf"], *(tuple(row[column].split("|")) for column in ("name", "sells", "buys")))
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    )


def draw_profiles(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Profiles in the form that `bizoverbiz directory load` reads; the same arguments give the same ones everywhere.

    Their SIRENs are well-formed and made up. Raises `GenerationError`.
    """
    if not 1 <= count <= MOST_PROFILES:
        raise GenerationError(f"{count} profiles cannot be drawn: ask for 1 to {MOST_PROFILES:,}")
    if seed < 0:
        raise GenerationError(f"{seed} is no seed: give an integer of 0 or more")
    return _draw(count, np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))))


def _draw(count: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    known = list(territories().communes.values())
    people = np.array([one.population + 50.0 for one in known])
    of_trade = rng.integers(len(trades()), size=count)
    # A permutation of the numbers of nine digits that the registry has not come to: no two are the same.
    first = int(rng.integers(10_000_000))
    for index, (trade, place) in enumerate(zip(of_trade, pick(rng, people, count), strict=True)):
        kind, commune = trades()[trade], known[place]
        number = 10_000_000 + (first + 7_654_321 * index) % 10_000_000
        yield {
            "siren": _siren(number),
            "name": _name(rng, kind, commune.name),
            "sells": _phrases(rng, kind.sells, most=4),
            "buys": _phrases(rng, kind.buys, most=3),
            "naf": kind.naf,
            "commune": commune.code,
            "radius_km": int(rng.choice([10, 20, 30, 50, 100, 200])) if rng.random() < 0.8 else None,
            "published": bool(rng.random() < 0.97),
        }


def _name(rng: np.random.Generator, kind: Trade, commune: str) -> str:
    what = _pick(rng, kind.names)
    whose = commune.split("-")[0] if rng.random() < 0.3 else _pick(rng, _words("families.txt"))
    return " ".join(filter(None, (what, whose, _pick(rng, _FORMS))))


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))]


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(files("bizoverbiz.generation").joinpath(name).read_text(encoding="utf-8").split())


def _phrases(rng: np.random.Generator, phrases: tuple[str, ...], most: int) -> str:
    number = int(rng.integers(1, min(most, len(phrases)) + 1))
    chosen = [phrases[index] for index in sorted(rng.permutation(len(phrases))[:number])]
    text = ", ".join(chosen)
    return text[:1].upper() + text[1:] + "."


def _siren(eight: int) -> str:
    """Nine digits whose last one is Luhn's check digit."""
    digits = [int(digit) for digit in f"{eight:08d}"]
    doubled = sum(sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits))
    return f"{eight:08d}{-doubled % 10}"


def profile_lines(count: int, seed: int) -> Iterator[str]:
    """The same as JSON, a line each."""
    for one in draw_profiles(count, seed):
        yield json.dumps(one, ensure_ascii=False) + "\n"
