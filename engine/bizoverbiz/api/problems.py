"""Every error as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from bizoverbiz.errors import BizoverbizError, RefusedError, SignatureRefusedError, TooManyRequestsError

_log = structlog.get_logger()
_TYPES = "https://bizoverbiz.example/problems/"
#: Characters of a reason that are logged.
_REASON = 200

#: The protocol's problem types: status and title.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (422, "The request has not the form asked for"),
    "lines-refused": (422, "Some lines were refused"),
    "over-ceiling": (422, "More is approved than can be"),
    "wrong-total": (422, "The amounts do not sum to the total"),
    "unknown-line": (422, "A line is not on this statement"),
    "signature-invalid": (401, "The signature does not hold"),
    "replayed": (401, "This request was seen before"),
    "invitation-invalid": (403, "The invitation is not valid"),
    "proof-invalid": (422, "The proof of possession does not hold"),
    "suspended": (403, "The membership is suspended"),
    "left": (403, "The member has left the network"),
    "insolvent": (403, "The member is in insolvency proceedings"),
    "agreement-not-accepted": (403, "The framework agreement in force is not accepted"),
    "not-found": (404, "There is no such thing"),
    "invitation-used": (409, "The invitation was used already"),
    "agreement-differs": (409, "Another version of the framework agreement"),
    "already-a-member": (409, "Already a member"),
    "key-taken": (409, "The key was registered before"),
    "last-key": (409, "The last key cannot be revoked"),
    "too-many-keys": (409, "Too many keys"),
    "not-the-live-copy": (409, "Not the live copy of the books"),
    "idempotency-conflict": (409, "The idempotency key was used for another request"),
    "too-late": (409, "Too late"),
    "out-of-date": (409, "A newer declaration is here already"),
    "too-many-lines": (409, "More lines than a member may declare"),
    "too-many-commitments": (409, "More commitments than a member may register"),
    "too-many-candidates": (409, "Too many firms put forward"),
    "too-many-contact-requests": (409, "Too many requests for contact"),
    "approval-raised": (409, "An approval cannot be raised"),
    "too-many-answers": (409, "Too many answers to one statement"),
    "changed-meanwhile": (412, "Changed meanwhile"),
    "too-many-requests": (429, "Too many requests"),
    "engine-unavailable": (503, "The engine is not available"),
}


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=[_TYPES + "too-late"])
    title: str
    status: int
    detail: str = Field(description="Names the thing, the reason and the way out.")
    field: str | None = Field(None, description="The field that is meant, if one is.")
    acceptable: list[str] | None = Field(
        None,
        description="Of `agreement-differs`: the versions of the framework agreement that can be accepted, the one in "
        "force first.",
        examples=[["2027-01"]],
    )


def problem(slug: str, detail: str, *, field: str | None = None, status: int | None = None) -> dict[str, Any]:
    default, title = PROBLEMS[slug]
    body = {"type": _TYPES + slug, "title": title, "status": status or default, "detail": detail}
    return body | ({"field": field} if field else {})


def respond(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, body["status"], headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Let `app` answer every error, its own and the framework's, with problem details."""

    @app.exception_handler(RefusedError)
    def refused(request: Request, error: RefusedError) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequestsError) else None
        request.state.refused = {"problem": error.slug}
        if isinstance(error, SignatureRefusedError):
            request.state.refused["reason"] = error.logged[:_REASON]
        return respond(problem(error.slug, error.detail, field=error.field) | error.members, headers)

    @app.exception_handler(BizoverbizError)
    def unavailable(request: Request, error: BizoverbizError) -> JSONResponse:
        _log.error("unavailable", reason=str(error))
        return respond(
            problem("engine-unavailable", "the engine cannot answer now: try again in a minute"), {"Retry-After": "60"}
        )

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return respond(problem("malformed", f"the body is not JSON: {first['ctx']['error']}", status=400))
        field = ".".join(str(part) for part in first["loc"][1:]) or None
        return respond(problem("malformed", f"{field or first['loc'][0]}: {first['msg']}", field=field))

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return respond(problem("not-found", f"there is nothing at {request.url.path}: see /openapi.json"))
        title = HTTPStatus(error.status_code).phrase
        detail = f"{request.method} {request.url.path}: {error.detail or title}"
        slug = "malformed" if error.status_code == HTTPStatus.BAD_REQUEST else None
        body = {"type": _TYPES + slug if slug else "about:blank", "title": title, "status": error.status_code}
        return respond(body | {"detail": detail}, error.headers)


def failure(request: str) -> JSONResponse:
    """What is answered when something failed that nobody expected; the log tells it under the same id."""
    detail = f"the engine failed on this request; nothing was kept: tell the operator its id, {request}"
    return respond({"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": detail})
