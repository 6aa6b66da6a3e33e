"""The named queries in `sql/`: each starts with `-- name:` and a comment that says what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

_BLOCK = re.compile(
    r"^-- name: (?P<name>\w+)\n(?P<description>(?:-- [^\n]+\n)+)(?P<text>.+?);\s*$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Query:
    name: str
    description: str
    text: str


def named(text: str) -> dict[str, Query]:
    """The queries in a text of the form of `sql/`."""
    blocks = list(_BLOCK.finditer(text))
    assert len(blocks) == text.count("-- name: "), "a query lacks its description or its semicolon"
    queries: dict[str, Query] = {}
    for block in blocks:
        query = Query(block["name"], block["description"].replace("-- ", "").strip(), block["text"].strip())
        assert query.name not in queries, f"{query.name} is defined twice"
        queries[query.name] = query
    return queries


def _load() -> Mapping[str, Query]:
    queries: dict[str, Query] = {}
    for file in sorted(files("bizoverbiz.store").joinpath("sql").iterdir(), key=lambda entry: entry.name):
        found = named(file.read_text(encoding="utf-8"))
        assert not found.keys() & queries, f"{file.name}: {found.keys() & queries} is defined twice"
        queries |= found
    return MappingProxyType(queries)


#: Every query by its name; loaded once.
QUERIES = _load()
