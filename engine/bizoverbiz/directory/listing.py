"""What of a profile everybody finds, as it is stored to be searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from bizoverbiz.directory.territories import named_commune, serves
from bizoverbiz.errors import MalformedError
from bizoverbiz.nomenclatures import UnknownNafError, naf
from bizoverbiz.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Listing:
    """One firm in the directory."""

    row: Mapping[str, Any]
    reaches: tuple[Mapping[str, Any], ...]


def listing(identifier: str, name: str, content: Mapping[str, Any], *, member: UUID | None = None) -> Listing:
    """A firm as it is found. `content` is a profile in the protocol's words.

    What its activity is called counts little: most firms do a small part of what their NAF code names.

    Raises `MalformedError` for a commune, a territory or a NAF code that does not exist.
    """
    key = uuid4()
    code, version = checked_naf(content)
    label = naf().label(code, version) if code else None
    place = named_commune(content["commune"], field="commune") if content.get("commune") else None
    marks, reaches = serves(content.get("serves") or ())
    shown = {name: content.get(name) or ("" if name in ("sells", "buys") else []) for name in _SHOWN}
    open_contact = content.get("contact") if content.get("show_contact") == "everybody" else None
    row = {
        "id": key,
        "identifier": identifier,
        "member": member,
        "name": name,
        "shown": shown | {"contact": open_contact},
        "sells": _text(content.get("sells")),
        "buys": _text(content.get("buys")),
        "label": _text(label),
        "sells_keywords": _text(*content.get("sells_keywords") or (), *content.get("categories") or ()),
        "buys_keywords": _text(*content.get("buys_keywords") or ()),
        "naf": code,
        "naf_version": version if code else None,
        "commune": place and place.code,
        "department": place and place.department,
        "region": place and place.region,
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "serves": " ".join(sorted(marks)),
    }
    return Listing(
        row,
        tuple(
            {
                "listing": key,
                "member": member,
                "latitude": one.latitude,
                "longitude": one.longitude,
                "radius_km": radius,
            }
            for one, radius in reaches
        ),
    )


_SHOWN = ("sells", "buys", "sells_keywords", "buys_keywords", "categories", "languages")


def checked_naf(content: Mapping[str, Any]) -> tuple[str | None, str]:
    """Raises `MalformedError`."""
    version = content.get("naf_version") or "rev2"
    if not content.get("naf"):
        return None, version
    try:
        return naf().code(content["naf"], version), version
    except UnknownNafError as error:
        raise MalformedError(str(error), field="naf") from None


def insert(tx: Transaction, listings: Iterable[Listing], *, learnt: bool = False) -> None:
    """Put firms into the directory that are not in it; `learnt` if their words are in the lexicon already."""
    found = list(listings)
    tx.bulk("listings_insert", (one.row for one in found), learnt=learnt)
    reaches = [reach for one in found for reach in one.reaches]
    if reaches:
        tx.bulk("listing_reaches_insert", reaches)


def follow(tx: Transaction, member: Any, *, found: bool) -> None:
    """Let the directory follow a member's name and standing.

    `member` is a row of `member_get`. Whoever is not to be found is in no row that another member could read; what it
    has published comes back from its profile. What the operator has said of it is the operator's to say again.
    """
    said = tx.one("profile_own", member=member.id)
    if not found or said is not None:
        tx.run("listing_remove", identifier=member.identifier)
    if found and said is not None and said.published_at is not None:
        insert(tx, [listing(member.identifier, member.name, said.content, member=member.id)])


def _text(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
