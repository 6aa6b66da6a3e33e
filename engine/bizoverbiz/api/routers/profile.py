"""A member's profile: what it sells and buys, where, and whether anybody finds it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Email, printable, prose, text
from bizoverbiz.api.versions import check_unchanged, etag
from bizoverbiz.directory import appearances, profiles
from bizoverbiz.errors import MalformedError, NotFoundError
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["directory"], route_class=SignedRoute)
Keyword = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(printable)
]
Keywords = Annotated[list[Keyword], Field(max_length=50, examples=[["vis", "boulons"]])]
Code = Annotated[str, Field(min_length=1, max_length=10, pattern="^[0-9A-Za-z]+$")]


class Contact(Body):
    """Who is to be reached at the firm, and how."""

    name: text(200) = Field(description="The person's name.", examples=["Claire Morin"])  # type: ignore[valid-type]
    email: Email | None = Field(None, description="E-mail address; null: not said.", examples=["claire@morin.example"])
    phone: text(40) | None = Field(  # type: ignore[valid-type]
        None, description="Telephone number; null: not said.", examples=["+33 2 99 00 00 00"]
    )


class Served(Body):
    """A territory the firm serves."""

    kind: Literal["commune", "department", "region", "country"] = Field(description="What `code` is of.")
    code: Code = Field(description="INSEE code; of a country FR.", examples=["35"])
    radius_km: int | None = Field(
        None, ge=0, le=500, description="Of a commune: also so many km around it; null: it alone.", examples=[30]
    )


class Said(Body):
    """What a firm says of itself."""

    sells: prose(2000) = Field("", description="What it sells, in its own words.", examples=["Visserie inox"])  # type: ignore[valid-type]
    buys: prose(2000) = Field("", description="What it buys, in its own words.", examples=["Cartons"])  # type: ignore[valid-type]
    sells_keywords: Keywords = Field([], description="What it sells, in single words.")
    buys_keywords: Keywords = Field([], description="What it buys, in single words.", examples=[["cartons"]])
    categories: Keywords = Field([], description="Product categories it sells.", examples=[["Quincaillerie"]])
    naf: str | None = Field(
        None, min_length=2, max_length=6, description="NAF code, or its beginning; null: not said.", examples=["46.74A"]
    )
    naf_version: Literal["rev2", "2025"] = Field("rev2", description="Version of the NAF that `naf` is of.")
    commune: Code | None = Field(
        None, description="INSEE code of the commune it sits in; null: not said.", examples=["35238"]
    )
    serves: list[Served] = Field([], max_length=50, description="Where it serves; empty: not said.")
    languages: list[Annotated[str, Field(pattern="^[a-z]{2}$")]] = Field(
        [], max_length=20, description="It is spoken to in them, ISO 639-1.", examples=[["fr"]]
    )
    contact: Contact | None = Field(None, description="Who is to be reached; null: not said.")
    show_contact: Literal["nobody", "on-request", "everybody"] = Field(
        "on-request", description="Who is given the contact: nobody, whose request is accepted, or who finds it."
    )


class ProfileBody(Said):
    """What a firm says of itself, and whether anybody is to find it."""

    published: bool = Field(description="Is it in the directory?", examples=[True])
    edited_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who says so for the member.", examples=["claire@morin.example"]
    )
    name: text(200) | None = Field(  # type: ignore[valid-type]
        None,
        description="What the firm is called now; null: as before. Another name is taken over for the membership.",
        examples=["Atelier Morin"],
    )


class ProfileOut(BaseModel):
    """The member's own profile."""

    published: bool = Field(description="Is it in the directory?", examples=[True])
    identifier: str
    name: str
    sells: str = Field(description="What it sells, in its own words.", examples=["Visserie inox"])
    buys: str = Field(description="What it buys, in its own words.", examples=["Cartons"])
    sells_keywords: list[str] = Field(description="What it sells, in single words.", examples=[["vis"]])
    buys_keywords: list[str] = Field(description="What it buys, in single words.", examples=[["cartons"]])
    categories: list[str] = Field(description="Product categories it sells.", examples=[["Quincaillerie"]])
    naf: str | None = Field(description="NAF code, or its beginning; null: not said.", examples=["46.74A"])
    naf_version: str = Field(description="Version of the NAF.", examples=["rev2"])
    commune: str | None = Field(description="INSEE code of its commune; null: not said.", examples=["35238"])
    serves: list[Served]
    languages: list[str] = Field(description="ISO 639-1.", examples=[["fr"]])
    contact: Contact | None
    show_contact: str = Field(description="nobody, on-request or everybody.", examples=["on-request"])
    edited_by: str = Field(description="Who said so last.", examples=["claire@morin.example"])
    edited_at: str = Field(description="When it was changed last.", examples=["2026-11-22T10:00:00Z"])
    published_at: str | None = Field(
        description="Since when it is in the directory; null: it is not.", examples=["2026-11-22T10:00:00Z"]
    )


class Withdrawn(BaseModel):
    """There is no profile any more."""

    withdrawn: Literal[True] = Field(description="Always true.", examples=[True])


class KeywordFound(BaseModel):
    keyword: str = Field(description="A word somebody looked for.", examples=["vis"])
    found: int = Field(description="How often it led to this member.", examples=[7])


class Appearances(BaseModel):
    """How often the member was found; nobody is told by whom."""

    since: str | None = Field(description="The first day counted; null: never found.", examples=["2026-11-01"])
    found: int = Field(description="How often it was among the first hits.", examples=[12])
    keywords: list[KeywordFound] = Field(description="Words by which at least three members found it.")


@router.get("/profile", response_model=ProfileOut, summary="This member's own profile")
def own_profile(call: SignedCall, response: Response) -> dict[str, Any]:
    """Also while it is not published. 404 before there is one."""
    assert call.member is not None
    own = call.member
    found = call.read(lambda tx: profiles.profile(tx, member=own))
    response.headers["ETag"] = etag(found)
    return found


@router.put("/profile", response_model=ProfileOut, summary="Say what this member sells and buys, and publish it")
def put_profile(call: SignedCall, body: ProfileBody) -> JSONResponse:
    """In place of what it said before. Published, every member finds it, and at once as it is now."""
    assert call.member is not None
    own = call.member
    content = body.model_dump(exclude={"published", "edited_by", "name"})
    said = (body.sells, body.buys, body.sells_keywords, body.buys_keywords, body.categories, body.naf)
    if body.published and not any(said):
        raise MalformedError("nothing is said of what you sell or buy: say it before you publish", field="sells")

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        tx.one("profile_lock", member=own)
        _check_version(tx, call)
        profiles.put(
            tx,
            member=own,
            content=content,
            published=body.published,
            edited_by=body.edited_by,
            now=call.now,
            name=body.name,
        )
        return 200, profiles.profile(tx, member=own)

    return call.write(work, versioned=True)


@router.delete("/profile", response_model=Withdrawn, summary="Be found by nobody any more")
def withdraw(
    call: SignedCall,
    edited_by: Annotated[str, Query(min_length=1, max_length=200, description="Who withdraws it.")],
) -> JSONResponse:
    """At once; what was said is deleted, contacts given are taken back."""
    assert call.member is not None
    own = call.member
    if not edited_by.isprintable():
        raise MalformedError("control characters have no place here", field="edited_by")

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        tx.one("profile_lock", member=own)
        _check_version(tx, call)
        profiles.withdraw(tx, member=own, by=edited_by, now=call.now)
        return 200, {"withdrawn": True}

    return call.write(work)


@router.get("/profile/appearances", response_model=Appearances, summary="How often this member was found")
def found(call: SignedCall) -> dict[str, Any]:
    """Counts only: not by whom, and only words by which several members found it."""
    assert call.member is not None
    own = call.member
    return call.read(lambda tx: appearances.counts(tx, member=own))


def _check_version(tx: Transaction, call: SignedCall) -> None:
    if call.if_match is None or call.member is None:
        return
    try:
        before = profiles.profile(tx, member=call.member)
    except NotFoundError:
        before = {}
    check_unchanged(call.if_match, before, what="your profile")
