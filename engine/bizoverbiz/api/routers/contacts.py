"""Requests for contact: given by consent only."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.models import Body, Identifier, prose, text
from bizoverbiz.api.pages import Paged, Paging, paging
from bizoverbiz.api.routers.profile import Contact
from bizoverbiz.directory import contacts
from bizoverbiz.errors import NotFoundError
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["directory"], route_class=SignedRoute)


class ContactRequestBody(Body):
    """Whom a member would like to get in touch with, and why."""

    identifier: Identifier
    message: prose(2000, 1) = Field(  # type: ignore[valid-type]
        description="Why, in the asker's own words.", examples=["Nous cherchons un fournisseur de visserie inox."]
    )
    asked_by: text(200) = Field(  # type: ignore[valid-type]
        description="Who asks for the member.", examples=["claire@morin.example"]
    )


class ContactAnswer(Body):
    """Whether a contact is given, and which."""

    answer: Literal["accept", "decline"]
    answered_by: text(200)  # type: ignore[valid-type]
    contact: Contact | None = Field(None, description="Null: the profile's.")


class ContactRequestOut(BaseModel):
    """A request as this side of it is told."""

    id: UUID
    side: Literal["sent", "received"] = Field(description="Whether this member asks, or is asked.")
    counterpart: str
    counterpart_name: str
    message: str = Field(description="Why, in the asker's own words.", examples=["Nous cherchons…"])
    asked_by: str = Field(description="Who asks for the member.", examples=["claire@morin.example"])
    asked_at: str = Field(description="When it was asked.", examples=["2026-11-22T10:00:00Z"])
    state: Literal["open", "accepted", "declined"]
    answered_at: str | None = Field(description="When; null: not yet.", examples=["2026-11-23T09:00:00Z"])
    contact: Contact | None = Field(description="What was given; null: nothing.")


class ContactRequestsOut(Paged):
    contact_requests: list[ContactRequestOut] = Field(description="Newest first.")


@router.post(
    "/contact-requests", status_code=201, response_model=ContactRequestOut, summary="Ask a firm found for a contact"
)
def ask(call: SignedCall, body: ContactRequestBody) -> JSONResponse:
    """Only members in the directory are asked. Again: the open request's message is changed."""
    assert call.member is not None
    own = call.member
    return call.write(
        lambda tx: (
            201,
            contacts.ask(
                tx,
                member=own,
                identifier=body.identifier,
                message=body.message,
                asked_by=body.asked_by,
                now=call.now,
            ),
        ),
        asked=body.identifier,
    )


@router.get("/contact-requests", response_model=ContactRequestsOut, summary="Requests for contact, made or received")
def requests(
    call: SignedCall,
    page: Annotated[Paging, Depends(paging(place=int))],
    side: Annotated[Literal["received", "sent"], Query(description="Those received, or those made.")] = "received",
) -> dict[str, Any]:
    """Newest first."""
    assert call.member is not None
    own = call.member

    def read(tx: Transaction) -> dict[str, Any]:
        rows, following = page.cut(tx.all("contact_requests_page", member=own, side=side, **page.parameters()))
        return {"contact_requests": [contacts.describe(row, own) for row in rows], "next": following}

    return call.read(read)


@router.put("/contact-requests/{id}/answer", response_model=ContactRequestOut, summary="Give a contact, or none")
def answer(
    call: SignedCall,
    body: ContactAnswer,
    id: Annotated[str, Path(description="The request's id.")],
) -> JSONResponse:
    """By the member that was asked. What was given may be taken back by declining later."""
    assert call.member is not None
    own = call.member
    try:
        request = UUID(id)
    except ValueError:
        raise NotFoundError(f"nobody asks you for a contact under {id}") from None

    def work(tx: Transaction) -> tuple[int, dict[str, Any]]:
        tx.one("profile_lock", member=own)
        return 200, contacts.answer(
            tx,
            request,
            member=own,
            accept=body.answer == "accept",
            answered_by=body.answered_by,
            contact=body.contact.model_dump() if body.contact else None,
            now=call.now,
        )

    return call.write(work)
