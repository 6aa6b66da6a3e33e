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


def _load() -> Mapping[str, Query]:
    queries: dict[str, Query] = {}
    for file in sorted(files("bizoverbiz.store").joinpath("sql").iterdir(), key=lambda entry: entry.name):
        text = file.read_text(encoding="utf-8")
        blocks = list(_BLOCK.finditer(text))
        assert len(blocks) == text.count("-- name: "), f"{file.name}: a query lacks its description or its semicolon"
        for block in blocks:
            query = Query(block["name"], block["description"].replace("-- ", "").strip(), block["text"].strip())
            assert query.name not in queries, f"{file.name}: {query.name} is defined twice"
            queries[query.name] = query
    return MappingProxyType(queries)


#: Every query by its name; loaded once.
QUERIES = _load()
