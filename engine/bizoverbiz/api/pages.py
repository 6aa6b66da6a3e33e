"""Long lists a page at a time: `?limit=` and `?after=`, and `"next"` in the answer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from bizoverbiz.api.models import encodable
from bizoverbiz.errors import MalformedError

_T = TypeVar("_T")
_CURSOR_LENGTH = 2000


class Paged(BaseModel):
    """What the answer of a list that is given in pages has beside its rows."""

    next: str | None = Field(
        None,
        description="Ask again with this as `after` for what follows; null at the end of the list.",
        examples=["WyIyMDI2LTExIl0"],
    )


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for. The list is sorted by the columns named in `columns`, ascending."""

    columns: tuple[str, ...]
    limit: int | None
    after: tuple[str | int, ...] | None

    def parameters(self) -> dict[str, Any]:
        """For a query ending in `WHERE (%(after_a)s IS NULL OR (a, b) > (%(after_a)s, %(after_b)s)) … LIMIT %(size)s`.

        One row more than asked for, which tells whether there is a next page.
        """
        after = self.after or (None,) * len(self.columns)
        named = {f"after_{column}": value for column, value in zip(self.columns, after, strict=True)}
        return named | {"size": None if self.limit is None else self.limit + 1}

    def cut(self, rows: Sequence[_T]) -> tuple[Sequence[_T], str | None]:
        """The rows of this page, and the cursor of the next one. Rows have the columns as attributes."""
        if self.limit is None or len(rows) <= self.limit:
            return rows, None
        page = rows[: self.limit]
        return page, cursor(*(getattr(page[-1], column) for column in self.columns))


def cursor(*values: str | int) -> str:
    """Where a page ends; nothing a client needs to understand."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def paging(
    *, default: int | None = 100, maximum: int = 1000, **columns: type[str] | type[int]
) -> Callable[..., Paging]:
    """A dependency that reads `limit` and `after` of a list sorted by `columns`, each a `str` or an `int`.

    `default` None gives the whole list unless a limit is asked for. A cursor that does not fit is `malformed`.
    """
    rows = Query(default, ge=1, le=maximum, description="Rows at most.")
    start = Query(None, max_length=_CURSOR_LENGTH, description="`next` of the page before; none: from the start.")

    def read(limit: int | None = rows, after: str | None = start) -> Paging:
        return Paging(tuple(columns), limit, None if after is None else _values(after, tuple(columns.values())))

    return read


def _values(text: str, kinds: tuple[type[str] | type[int], ...]) -> tuple[str | int, ...]:
    try:
        values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds) or not _storable(values):
        raise MalformedError("after is no `next` of this list: give one back unchanged, or leave it out", field="after")
    return tuple(values)


def _storable(values: list[Any]) -> bool:
    return all(
        encodable(value) and "\0" not in value if isinstance(value, str) else -(2**63) <= value < 2**63
        for value in values
    )
