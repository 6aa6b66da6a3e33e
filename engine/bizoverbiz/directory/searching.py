"""Finding firms: by what they sell or buy, their activity, where they are, and set-off potential."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from bizoverbiz.directory.territories import Area
from bizoverbiz.directory.words import SIMILAR, Term, known_like, looks_like, spelling, terms
from bizoverbiz.errors import MalformedError
from bizoverbiz.nomenclatures import Commune, UnknownNafError, naf, territories
from bizoverbiz.store.database import Transaction

Direction = Literal["suppliers", "customers"]
BANDS = ("none", "low", "medium", "high")
#: The best so many of a search are told, whatever the page.
MOST_HITS = 200
_VERBS = {"suppliers": "sells", "customers": "buys"}
_KINDS = {"keyword": "", "synonym": ", a synonym", "similar": ", spelt alike", "category": ", a product category"}
#: What counts how much in a score, as far as it was asked for.
_WORDS, _NAF, _DISTANCE, _POTENTIAL = 6.0, 2.0, 1.5, 1.5


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. Raises `MalformedError` if that cannot be searched."""

    direction: Direction
    keywords: str | None = None
    naf: str | None = None
    naf_version: str = "rev2"
    area: Area = field(default_factory=Area)
    #: At least this band, as an index into `BANDS`.
    potential: int = 0
    #: This firm alone, whether it is a partner or not.
    identifier: str | None = None

    def __post_init__(self) -> None:
        if not (self.keywords or self.naf or self.area or self.potential or self.identifier):
            raise MalformedError(
                "nothing is looked for: give keywords, naf, commune, department, region, potential or identifier",
                field="keywords",
            )
        if self.keywords is not None and not terms(self.keywords):
            raise MalformedError(
                "the keywords hold no word to look for: give at least one in Latin letters or digits that is more than "
                "an article",
                field="keywords",
            )
        if self.naf is not None:
            try:
                object.__setattr__(self, "naf", naf().code(self.naf, self.naf_version))
            except UnknownNafError as error:
                raise MalformedError(str(error), field="naf") from None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who looks, if it is a member: what is left out, and where distances are counted from."""

    member: UUID
    identifier: str
    #: None unless it is in the directory itself: who shows itself, sees.
    potential_round: int | None
    commune: Commune | None


def asker(tx: Transaction, member: UUID, *, now: datetime | None) -> Asker:
    """Look a member up, and ask for its bands to be computed if it is in the directory; without `now`, do not ask."""
    own = tx.one("member_get", member=member)
    profile = tx.one("profile_own", member=member)
    if profile is None:
        return Asker(member, own.identifier, None, None)
    commune = territories().communes.get(profile.content.get("commune") or "")
    if profile.published_at is None:
        return Asker(member, own.identifier, None, commune)
    if now is not None:
        tx.run("potential_want", member=member, now=now)
    run = tx.one("potential_own", member=member)
    return Asker(member, own.identifier, run and run.round, commune)


def search(
    tx: Transaction, question: Question, who: Asker | None, *, after: int | None = None, size: int = 20
) -> tuple[list[Any], dict[UUID, list[dict[str, str]]]]:
    """Rows of `directory_search`, one more than `size` if there are, and of each the reasons for it."""
    wanted = _with_similar(tx, terms(question.keywords)) if question.keywords else []
    asked = [term.row() for term in wanted]
    origin = who.commune if who else None
    place = question.area.parameters(origin)
    rows = tx.all(
        "directory_search",
        rows=_json(asked),
        by_words=bool(question.keywords),
        naf=question.naf,
        naf_version=question.naf_version,
        divisions=naf().other_divisions(question.naf) if question.naf else [],
        least_band=question.potential,
        identifier=question.identifier,
        direction=question.direction,
        member=who.member if who else None,
        own=who.identifier if who else None,
        words_weight=_WORDS if asked else 0.0,
        naf_weight=_NAF if question.naf else 0.0,
        distance_weight=_DISTANCE if place["latitude"] is not None else 0.0,
        potential_weight=_POTENTIAL if who and who.potential_round else 0.0,
        most=MOST_HITS,
        after_place=after,
        size=size + 1,
        **place,
    )
    found = _reasons(tx, asked, question.direction, [row.id for row in rows]) if asked and rows else []
    worded = rows if found else []
    said = {row.id: spelling(question.keywords or "", *_own_words(row.shown, question.direction)) for row in worded}
    by_words = _by_words(found, question.direction, said)
    return rows, {row.id: _told(by_words.get(row.id, []), _further(row, question)) for row in rows}


def _reasons(tx: Transaction, asked: list[dict[str, object]], direction: Direction, ids: list[UUID]) -> list[Any]:
    return tx.all("directory_reasons", rows=_json(asked), ids=ids, direction=direction)


def _with_similar(tx: Transaction, wanted: Sequence[Term]) -> list[Term]:
    """Also words that look like those that nobody's profile holds."""
    single = [term for term in wanted if term.kind == "keyword" and len(term.value) >= 4 and " " not in term.value]
    if not single:
        return list(wanted)
    rows = tx.all("words_similar", rows=_json({"place": term.place, "word": term.value} for term in single))
    asked = {term.place: term.value for term in single}
    near: dict[int, dict[str, float]] = {row.place: dict(known_like(asked[row.place])) for row in rows}
    for row in rows:
        if row.word is not None and looks_like(asked[row.place], row.word, row.likeness):
            near[row.place][row.word] = row.likeness
    found = {(term.place, term.value): term for term in wanted}
    for place, words in near.items():
        for word, likeness in sorted(words.items(), key=lambda one: (-one[1], one[0]))[:3]:
            # What a slip of the pen was meant for has its synonyms, too.
            for term in terms(word):
                weight = SIMILAR * likeness * term.weight
                found.setdefault((place, term.value), Term(place, "similar", term.value, weight))
    return list(found.values())


def _own_words(shown: Mapping[str, Any], direction: Direction) -> list[str]:
    side = _VERBS[direction]
    return [shown[side] or "", *shown[f"{side}_keywords"]]


def _by_words(
    rows: Iterable[Any], direction: Direction, said: Mapping[UUID, Mapping[str, str]]
) -> dict[UUID, list[dict[str, str]]]:
    """The best reason for each word of the question, in the words of the firm or of whoever asks, accents and all."""
    best: dict[UUID, dict[int, dict[str, str]]] = defaultdict(dict)
    for row in rows:
        if row.kind == "naf":
            reason = _activity(row)
        else:
            spelt = said[row.id] if row.kind != "category" else {}
            value = " ".join(spelt.get(word, word) for word in row.value.split())
            reason = {"code": row.kind, "text": f"{_VERBS[direction]} “{value}”" + _KINDS[row.kind], "value": value}
        best[row.id].setdefault(row.place, reason)
    return {key: list(reasons.values()) for key, reasons in best.items()}


def _told(*parts: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each reason once: several words may stand in the name of one activity."""
    reasons = [reason for part in parts for reason in part]
    return [reason for at, reason in enumerate(reasons) if reason not in reasons[:at]]


def _activity(row: Any) -> dict[str, str]:
    label = naf().label(row.naf, row.naf_version) or ""
    return {"code": "naf", "text": f"{row.naf} {label}".strip(), "value": row.naf}


def _further(row: Any, question: Question) -> list[dict[str, str]]:
    reasons = []
    if question.naf:
        reasons.append(_activity(row))
    if question.area:
        origin = question.area.commune
        if origin and row.distance is not None and row.distance <= (question.area.radius_km or 0):
            text = f"{round(row.distance)} km from {origin.name}"
        elif question.area.holds(row.department, row.region):
            text = f"sits in {question.area.told()}"
        else:
            text = f"serves {question.area.told()}"
        value = "" if row.distance is None else str(round(row.distance))
        reasons.append({"code": "territory", "text": text, "value": value})
    if row.band:
        reasons.append({"code": "potential", "text": f"{BANDS[row.band]} set-off potential", "value": BANDS[row.band]})
    return reasons


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows))


def describe(row: Any, reasons: list[dict[str, str]], who: Asker | None, *, member: bool) -> dict[str, Any]:
    """A hit in the protocol's words. Bands are told of members, to members that are in the directory themselves."""
    told = who is not None and who.potential_round is not None and member
    commune = territories().communes.get(row.commune or "")
    return {
        "id": str(row.id),
        "identifier": row.identifier,
        "name": row.name,
        "member": member,
        "score": round(row.score, 4),
        "reasons": reasons,
        "distance_km": None if row.distance is None else round(row.distance),
        "potential": BANDS[row.band or 0] if told else None,
        "potential_round": who.potential_round if who and told else None,
        "naf": row.naf,
        "naf_version": row.naf_version,
        "commune": commune
        and {
            "code": commune.code,
            "name": commune.name,
            "department": commune.department,
            "region": commune.region,
        },
        **{key: row.shown[key] for key in ("sells", "buys", "sells_keywords", "buys_keywords", "languages", "contact")},
    }
