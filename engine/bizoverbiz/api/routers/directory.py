"""Finding firms, and the communes and territories they are found by."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SearchRoute, SignedCall, SignedRoute
from bizoverbiz.api.models import encodable
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.api.routers.profile import Contact
from bizoverbiz.directory import appearances, searching
from bizoverbiz.directory.territories import area
from bizoverbiz.errors import MalformedError
from bizoverbiz.matching import IdentifierError, canonical_identifier
from bizoverbiz.nomenclatures import Commune, territories
from bizoverbiz.nomenclatures.communes import plain
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["directory"], route_class=SignedRoute)
_searching = APIRouter(tags=["directory"], route_class=SearchRoute)
#: The reasons that name what a firm was found by, for its own count.
_WORDS = ("keyword", "synonym", "category")
_Code = Query(min_length=1, max_length=10)


class Named(BaseModel):
    code: str = Field(description="INSEE code.", examples=["35"])
    name: str = Field(description="Its name.", examples=["Ille-et-Vilaine"])


class CommuneOut(BaseModel):
    code: str = Field(description="INSEE code.", examples=["35238"])
    name: str = Field(description="Its name.", examples=["Rennes"])
    postcodes: list[str] = Field(description="Its postcodes.", examples=[["35000"]])
    department: Named
    region: Named


class CommunesOut(BaseModel):
    communes: list[CommuneOut] = Field(description="The very name first, then the largest.")


class DepartmentOut(Named):
    region: str = Field(description="INSEE code of its region.", examples=["53"])


class TerritoriesOut(BaseModel):
    departments: list[DepartmentOut] = Field(description="By code.")
    regions: list[Named] = Field(description="By code.")


class Reason(BaseModel):
    code: Literal["keyword", "synonym", "similar", "category", "naf", "territory", "potential"] = Field(
        description="What kind of reason it is."
    )
    text: str = Field(description="The same for a person.", examples=["sells “vis”"])
    value: str = Field(description="What it was found by.", examples=["vis"])


class Place(BaseModel):
    code: str = Field(description="INSEE code.", examples=["35238"])
    name: str = Field(description="Its name.", examples=["Rennes"])
    department: str = Field(description="INSEE code of its department.", examples=["35"])
    region: str = Field(description="INSEE code of its region.", examples=["53"])


class Hit(BaseModel):
    """A firm that was found, and why."""

    id: UUID
    identifier: str
    name: str
    member: bool = Field(description="Has it joined? False: the operator put it into the directory.", examples=[True])
    score: float = Field(description="From 0 to 1; compares hits of one search only.", examples=[0.83])
    reasons: list[Reason] = Field(description="Why it is here.")
    distance_km: int | None = Field(description="As the crow flies, km; null: not known.", examples=[12])
    potential: Literal["none", "low", "medium", "high"] | None = Field(
        description="How much of a trade with it could be set off, roughly; null: not told."
    )
    potential_round: int | None = Field(description="The round that is computed from; null: none.", examples=[7])
    sells: str = Field(description="What it sells, in its own words.", examples=["Visserie inox"])
    buys: str = Field(description="What it buys, in its own words.", examples=["Cartons"])
    sells_keywords: list[str] = Field(description="What it sells, in single words.", examples=[["vis"]])
    buys_keywords: list[str] = Field(description="What it buys, in single words.", examples=[["cartons"]])
    naf: str | None = Field(description="NAF code; null: not said.", examples=["46.74A"])
    naf_version: str | None = Field(description="Version of the NAF, rev2 or 2025.", examples=["rev2"])
    commune: Place | None = Field(description="Where it sits; null: not said.")
    languages: list[str] = Field(description="ISO 639-1.", examples=[["fr"]])
    contact: Contact | None = Field(description="If it shows it to everybody.")


class HitsOut(Paged):
    hits: list[Hit] = Field(description="The best first.")


@_searching.get("/directory", response_model=HitsOut, summary="Find firms that sell, or buy, what is looked for")
def search(
    call: SignedCall,
    page: Annotated[Paging, Depends(paging(default=20, maximum=50, place=int))],
    direction: Annotated[
        Literal["suppliers", "customers"], Query(description="Firms that sell it, or firms that buy it.")
    ],
    keywords: Annotated[
        str | None, Query(max_length=200, description="Words, in French.", examples=["visserie inox"])
    ] = None,
    naf: Annotated[
        str | None, Query(max_length=10, description="NAF code, and all below it.", examples=["46.7"])
    ] = None,
    naf_version: Annotated[Literal["rev2", "2025"], Query(description="Version of the NAF.")] = "rev2",
    commune: Annotated[str | None, _Code, Query(description="INSEE code.", examples=["35238"])] = None,
    radius_km: Annotated[int | None, Query(ge=1, le=500, description="Km around the commune.", examples=[30])] = None,
    department: Annotated[str | None, _Code, Query(description="INSEE code.", examples=["35"])] = None,
    region: Annotated[str | None, _Code, Query(description="INSEE code.", examples=["53"])] = None,
    potential: Annotated[
        Literal["low", "medium", "high"] | None, Query(description="At least that set-off potential.")
    ] = None,
    identifier: Annotated[
        str | None,
        Query(max_length=40, description="That firm alone, also if it is a partner already.", examples=["552100554"]),
    ] = None,
) -> dict[str, Any]:
    """Ranked, with the reasons; without this member's partners. Counted apart from other reads."""
    assert call.member is not None
    own = call.member
    if keywords is not None and (not encodable(keywords) or "\0" in keywords):
        raise MalformedError("keywords hold characters that are none", field="keywords")
    where = area(commune=commune, radius_km=radius_km, department=department, region=region)
    least = searching.BANDS.index(potential) if potential else 0
    question = searching.Question(direction, keywords, naf, naf_version, where, least, _canonical(identifier))

    def read(tx: Transaction) -> dict[str, Any]:
        who = searching.asker(tx, own, now=call.now)
        after = page.parameters()["after_place"]
        found, reasons = searching.search(tx, question, who, after=after, size=page.limit or 20)
        rows, following = page.cut(found)
        if page.after is None:
            by = {row.identifier: _counted(reasons[row.id]) for row in rows}
            appearances.note(tx, by, finder=own, now=call.now)
        tx.set("bizoverbiz.asked", ",".join(row.identifier for row in rows))
        members = {row.identifier for row in tx.all("members_asked", identifiers=[row.identifier for row in rows])}
        hits = [searching.describe(row, reasons[row.id], who, member=row.identifier in members) for row in rows]
        return {"hits": hits, "next": following}

    return call.read(read)


def _counted(reasons: list[dict[str, str]]) -> list[str]:
    """What a firm was found by, however it is spelt."""
    words = [one for one in reasons if one["code"] in _WORDS]
    return [one["value"] if one["code"] == "category" else plain(one["value"]) for one in words]


class Listed(BaseModel):
    listed: list[str] = Field(description="Those of the firms that are in the directory.", examples=[["552100554"]])


@router.get("/directory/listed", response_model=Listed, summary="Which of these firms are still in the directory")
def listed(
    call: SignedCall,
    identifier: Annotated[list[str], Query(max_length=500, description="SIRENs or VAT numbers, at most 500.")],
) -> dict[str, list[str]]:
    """For whoever keeps what a profile said: it is to be forgotten once the firm has withdrawn it."""
    canonical = {spelling: _canonical(spelling) or "" for spelling in identifier}
    wanted = sorted(set(canonical.values()))
    found = call.read(lambda tx: {row.identifier for row in tx.all("listings_among", identifiers=wanted)})
    return {"listed": [spelling for spelling in dict.fromkeys(identifier) if canonical[spelling] in found]}


@router.get("/communes", response_model=CommunesOut, summary="Communes by name, postcode or code")
def communes(
    call: SignedCall,
    q: Annotated[
        str,
        Query(min_length=1, max_length=100, description="How it begins, without accents mattering.", examples=["renn"]),
    ],
    limit: Annotated[int, Query(ge=1, le=50, description="Rows at most.")] = 10,
) -> dict[str, Any]:
    """Of France and its overseas departments."""
    return {"communes": [_commune(one) for one in territories().starting_with(q, limit)]}


@router.get("/territories", response_model=TerritoriesOut, summary="Departments and regions")
def all_territories(call: SignedCall) -> dict[str, Any]:
    """Of France, overseas ones included."""
    known = territories()
    return {
        "departments": [
            {"code": one.code, "name": one.name, "region": one.region} for _, one in sorted(known.departments.items())
        ],
        "regions": [{"code": one.code, "name": one.name} for _, one in sorted(known.regions.items())],
    }


def _canonical(identifier: str | None) -> str | None:
    """Raises `MalformedError`."""
    try:
        return canonical_identifier(identifier) if identifier is not None else None
    except IdentifierError as error:
        raise MalformedError(str(error), field="identifier") from None


def _commune(one: Commune) -> dict[str, Any]:
    known = territories()
    department, region = known.departments[one.department], known.regions[one.region]
    return {
        "code": one.code,
        "name": one.name,
        "postcodes": list(one.postcodes),
        "department": {"code": department.code, "name": department.name},
        "region": {"code": region.code, "name": region.name},
    }


router.include_router(_searching)
