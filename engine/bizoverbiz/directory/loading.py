"""Putting firms into the directory from a file; the operator's, who answers for their consent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bizoverbiz.directory import listing
from bizoverbiz.directory.working import MOST_FORGOTTEN
from bizoverbiz.errors import MalformedError
from bizoverbiz.matching import IdentifierError, canonical_identifier
from bizoverbiz.store.database import Transaction

#: Firms written at once.
_BATCH = 2000
#: Refusals that are told one by one.
MOST_TOLD = 100
#: Characters of a line; more is no profile.
_LONGEST = 100_000


class Line(BaseModel):
    """A firm, a line of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    siren: str
    name: str = Field(min_length=1, max_length=200)
    sells: str = Field("", max_length=2000)
    buys: str = Field("", max_length=2000)
    naf: str | None = None
    naf_version: str = Field("rev2", pattern="^(rev2|2025)$")
    commune: str | None = None
    radius_km: int | None = Field(None, ge=0, le=500)
    published: bool = True


@dataclass
class Loaded:
    """What became of a file's lines."""

    published: int = 0
    #: Taken out, because the file says that they are not published.
    removed: int = 0
    #: Of members that have said themselves whether they want to be found.
    left_alone: int = 0
    #: Number of the line and the reason; the first ones.
    refused: list[tuple[int, str]] = field(default_factory=list)
    refusals: int = 0

    def refuse(self, number: int, reason: str) -> None:
        self.refusals += 1
        if len(self.refused) < MOST_TOLD:
            self.refused.append((number, reason))


def load(tx: Transaction, lines: Iterable[str]) -> Loaded:
    """Put each line's firm into the directory, in place of what a file said of it before.

    A member that has made or withdrawn its own profile is left as it wants to be. A line that cannot be used is
    refused with its reason and holds up no other.
    """
    spoken = {row.identifier for row in tx.all("listings_spoken_for")}
    done = Loaded()
    for batch in _batches(_read(lines, done)):
        kept: dict[str, tuple[Line, listing.Listing]] = {}
        for one, entry in batch:
            if one.siren in spoken:
                done.left_alone += 1
            else:
                kept[one.siren] = one, entry
        tx.bulk("listings_remove", [{"identifier": identifier} for identifier in kept])
        published = [entry for one, entry in kept.values() if one.published]
        # Learnt at once: a mark set afterwards would write every row, and every index, a second time.
        tx.bulk("lexicon_learn", ({"said": f"{entry.row['sells']} {entry.row['buys']}"} for entry in published))
        listing.insert(tx, published, learnt=True)
        done.published += len(published)
        done.removed += len(kept) - len(published)
    tx.run("listings_analyze")
    tx.run("lexicon_forget", most=MOST_FORGOTTEN)
    return done


def _read(lines: Iterable[str], done: Loaded) -> Iterator[tuple[Line, listing.Listing]]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            one = Line(**_object(text))
            one.siren = canonical_identifier(one.siren)
            entry = _listing(one)
        except ValidationError as error:
            first = error.errors()[0]
            done.refuse(number, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        except (ValueError, IdentifierError, MalformedError) as error:
            done.refuse(number, str(error))
        else:
            yield one, entry


def _object(text: str) -> Mapping[str, Any]:
    if len(text) > _LONGEST:
        raise ValueError(f"the line has {len(text):,} characters: a profile has at most {_LONGEST:,}")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("this is no JSON: give one object a line") from None
    if not isinstance(found, dict):
        raise ValueError("this is no JSON object: give one object a line")
    if "\\u0000" in text:
        raise ValueError("NUL characters have no place here")
    return found


def _listing(one: Line) -> listing.Listing:
    serves = (
        [{"kind": "commune", "code": one.commune, "radius_km": one.radius_km}] if one.radius_km and one.commune else []
    )
    return listing.listing(one.siren, one.name, one.model_dump() | {"serves": serves})


def _batches(rows: Iterator[tuple[Line, listing.Listing]]) -> Iterator[list[tuple[Line, listing.Listing]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
