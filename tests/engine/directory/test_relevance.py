"""Firms and questions whose answers a person has judged: one set the search was made with, one it had never seen."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bizoverbiz.directory import loading, searching
from bizoverbiz.directory.territories import area
from bizoverbiz.errors import MalformedError
from bizoverbiz.store.database import WORKER, Database
from engine.conftest import _admin

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((HERE / name).read_text(encoding="utf-8").splitlines(), delimiter=";"))


def lines(name: str = "firms.csv") -> Iterator[str]:
    for row in rows(name):
        radius = int(row["radius_km"]) if row["radius_km"] else None
        yield json.dumps(row | {"radius_km": radius, "published": True})


@contextmanager
def loaded(server: Callable[[str], str], template: str, name: str) -> Iterator[Database]:
    """A database with these firms, loaded as the operator loads them."""
    database = f"{template}_{name.removesuffix('.csv')}"
    _admin(server("postgres"), f"CREATE DATABASE {database} TEMPLATE {template}")
    store = Database(server(database))
    with store.transaction(WORKER) as tx:
        done = loading.load(tx, lines(name))
    assert (done.published, done.refused) == (len(rows(name)), [])
    yield store
    store.close()
    _admin(server("postgres"), f"DROP DATABASE {database}")


@pytest.fixture(scope="module")
def firms(server: Callable[[str], str], template: str) -> Iterator[Database]:
    with loaded(server, template, "firms.csv") as store:
        yield store


@pytest.fixture(scope="module")
def unseen(server: Callable[[str], str], template: str) -> Iterator[Database]:
    with loaded(server, template, "unseen_firms.csv") as store:
        yield store


def found(store: Database, direction: Any, keywords: str, **where: Any) -> list[str]:
    question = searching.Question(direction, keywords, area=area(**where))
    with store.transaction(WORKER) as tx:
        return [row.identifier for row in searching.search(tx, question, None, size=5)[0]]


def where(text: str) -> dict[str, Any]:
    pairs = (part.split("=") for part in text.split())
    return {name: int(value) if name == "radius_km" else value for name, value in pairs}


@dataclass
class Judged:
    """How well a set of questions was answered, by the first five firms of each answer."""

    shown: int = 0
    right: int = 0
    could: int = 0
    first_right: int = 0
    asked: int = 0
    #: Questions whose first answer is wrong, that miss a firm, or that show one too many.
    told: list[tuple[str, list[str]]] = field(default_factory=list)

    def judge(self, keywords: str, hits: list[str], expected: set[str]) -> None:
        good = len(set(hits) & expected)
        self.asked += 1
        self.shown += len(hits)
        self.right += good
        self.could += min(5, len(expected))
        self.first_right += bool(hits) and hits[0] in expected
        if good < len(hits) or good < len(expected):
            self.told.append((keywords, hits))

    @property
    def precision(self) -> float:
        """Of the firms shown among the first five, the share that is right."""
        return self.right / self.shown

    @property
    def recall(self) -> float:
        """Of the right firms, the share that is shown among the first five."""
        return self.right / self.could

    def __str__(self) -> str:
        return (
            f"{self.asked} questions: precision at 5 {self.precision:.2f}, recall at 5 {self.recall:.2f}, "
            f"first answer right {self.first_right / self.asked:.2f}; not wholly right: {self.told}"
        )


def judged(store: Database, name: str) -> Judged:
    result = Judged()
    for row in rows(name):
        hits = found(store, row["direction"], row["keywords"], **where(row["where"]))[:5]
        result.judge(row["keywords"], hits, set(row["expected"].split()))
    print(result)
    return result


def test_the_questions_the_search_was_made_with_are_answered(firms: Database) -> None:
    result = judged(firms, "judged.csv")
    assert (result.precision >= 0.75, result.recall >= 0.95, result.first_right >= 28) == (True, True, True), result


def test_questions_it_was_not_made_with_are_answered_nearly_as_well(unseen: Database) -> None:
    result = judged(unseen, "unseen_judged.csv")
    assert (result.precision >= 0.57, result.recall >= 0.9, result.first_right >= 44) == (True, True, True), result


def test_a_word_that_only_begins_and_ends_alike_is_no_slip_of_the_pen(firms: Database) -> None:
    firm = {"siren": "404833048", "name": "Bois du Scorff", "sells": "Imprégnation de clôtures"}
    with firms.transaction(WORKER) as tx:
        loading.load(tx, [json.dumps(firm)])
    # What the sawmill's NAF code is called holds the word, too: of that the sawmill says nothing.
    assert found(firms, "suppliers", "impregnasion") == ["404833048"]
    assert found(firms, "suppliers", "impresion") == ["170000004"]
    with firms.transaction(WORKER) as tx:
        loading.load(tx, [json.dumps(firm | {"published": False})])


def test_whatever_is_typed_gives_results_or_is_told(firms: Database) -> None:
    dice = random.Random(7)
    pieces = ["vis", "'", '"', "\\", ":*", "&", "|", "!", "<->", "(", ")", "%", "_", ";--", "\0", "🔩", "œuvre", " "]
    pieces += ["SELECT * FROM member", "' OR 1=1 --", "\u202e", "ﬁ", "10kg", "\ud7ff", "\n", "{}", "$$", "é" * 50]
    texts = ["".join(dice.choices(pieces, k=dice.randint(1, 12))) for _ in range(150)] + ["x" * 10_000, "vis " * 2500]
    answered = 0
    for text in texts:
        for direction in ("suppliers", "customers"):
            # What is no word is told as such; nothing else may be raised.
            with suppress(MalformedError):
                found(firms, direction, text)
                answered += 1
    assert answered > 100


def test_a_file_is_loaded_again_without_doubles_and_what_is_wrong_in_it_holds_up_nothing(firms: Database) -> None:
    wrong = [
        "{",
        "[]",
        '{"siren": "383474815", "name": "x"}',
        '{"siren": "383474814", "name": "x", "commune": "99999"}',
    ]
    wrong += ['{"siren": "383474814"}', '{"siren": "383474814", "name": "x", "naf": "99.99Z"}', "x" * 200_000]
    wrong += ['{"siren": "383474814", "name": "a\\u0000b"}', '{"siren": "383474814", "name": "x", "radius_km": -1}']
    with firms.transaction(WORKER) as tx:
        done = loading.load(tx, [*lines(), "", *wrong])
        assert (done.published, done.refusals) == (40, len(wrong))
        assert [number for number, _ in done.refused] == list(range(42, 42 + len(wrong)))
        taken_out = loading.load(tx, ['{"siren": "383474814", "name": "Papeterie Lys", "published": false}'])
        assert taken_out.removed == 1
    assert "383474814" not in found(firms, "suppliers", "fournitures de bureau")
    with firms.transaction(WORKER) as tx:
        loading.load(tx, lines())
