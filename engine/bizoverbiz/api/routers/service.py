"""What anyone may ask: whether the engine is there, whether it is in order, and with which keys it signs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bizoverbiz.api.problems import Problem, problem, respond
from bizoverbiz.errors import EngineUnavailableError
from bizoverbiz.members.joining import key_set
from bizoverbiz.store import migrate
from bizoverbiz.store.database import Database, api_scope

router = APIRouter(tags=["service"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = Field(description="Always ok: whoever reads it has been answered.", examples=["ok"])


Check = Literal["ok", "out-of-reach", "other-release", "missing", "not-published", "silent", "unknown"]


class Checks(BaseModel):
    """What has to be in order for rounds to go on."""

    database: Check = Field(description="Does the database answer? ok or out-of-reach.", examples=["ok"])
    schema_: Check = Field(
        alias="schema",
        description="Is its schema this release's? ok, other-release, or missing before `bizoverbiz db upgrade`.",
        examples=["ok"],
    )
    signing_key: Check = Field(
        description="Is the key the worker signs with published? ok, missing (no network, or no key file), or "
        "not-published.",
        examples=["ok"],
    )
    worker: Check = Field(
        description="Has a worker looked within the last minutes (BIZOVERBIZ_WORKER_SILENCE)? ok or silent.",
        examples=["ok"],
    )


class Readiness(BaseModel):
    """The engine is in order."""

    status: Literal["ready"] = Field(description="ready; anything else is a 503.", examples=["ready"])
    checks: Checks = Field(description="What was looked at.")


class NotReady(Problem):
    """The engine answers but is not in order."""

    checks: Checks = Field(description="What was looked at; what is not ok is for the operator to see to.")


class PublicKey(BaseModel):
    """One of the engine's public keys, a JWK (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"] = Field(description="Key type.", examples=["OKP"])
    crv: Literal["Ed25519"] = Field(description="Curve.", examples=["Ed25519"])
    x: str = Field(
        description="The public key: 32 bytes in base64url.", examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
    )
    kid: str = Field(
        description="RFC 7638 thumbprint, as notices and invitations name the key.",
        examples=["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"],
    )
    use: Literal["sig"] = Field(description="For signatures.", examples=["sig"])
    alg: Literal["Ed25519"] = Field(description="RFC 9864.", examples=["Ed25519"])


class KeySet(BaseModel):
    """A JWK set (RFC 7517)."""

    keys: list[PublicKey] = Field(description="Every key notices were or are signed with.")


@router.get(
    "/health",
    summary="Does the process answer?",
    description="Touches nothing else: a database that is away is for GET /v1/ready to tell. No signature is needed.",
)
def health() -> Health:
    return Health(status="ok")


@router.get(
    "/ready",
    summary="Is the engine in order?",
    description="Looks at the database, its schema, the signing key and the worker. No signature is needed; meant for "
    "the operator's monitoring.",
    responses={503: {"model": NotReady, "description": "Something is not in order."}},
    response_model=Readiness,
)
def ready(request: Request) -> Any:
    state = request.app.state
    checks = _checks(state.store, state.clock(), state.worker_silence)
    if all(found == "ok" for found in checks.values()):
        return {"status": "ready", "checks": checks}
    wrong = ", ".join(f"{name} is {found}" for name, found in checks.items() if found not in ("ok", "unknown"))
    body = problem("engine-unavailable", f"not ready: {wrong}: see the operator's guide") | {"checks": checks}
    return respond(body, {"Retry-After": "60"})


def _checks(store: Database, now: datetime, silence: timedelta) -> dict[str, Check]:
    unknown: dict[str, Check] = dict.fromkeys(("database", "schema", "signing_key", "worker"), "unknown")
    try:
        with store.transaction(api_scope()) as tx:
            row = tx.one("readiness")
    except EngineUnavailableError as error:
        # Roles, tables or columns that are not there yet: the database itself has answered.
        reached = "db upgrade" in str(error)
        return unknown | ({"database": "ok", "schema": "missing"} if reached else {"database": "out-of-reach"})
    key: Check = "ok" if row.published else "not-published" if row.keyid and row.keys else "missing"
    fresh = row.seen_at is not None and now - row.seen_at <= silence
    return {
        "database": "ok",
        "schema": "ok" if row.schema == migrate.head() else "other-release",
        "signing_key": key,
        "worker": "ok" if fresh else "silent",
    }


@router.get(
    "/keys",
    summary="Public keys notices are signed with",
    description="A JWK set (RFC 7517). Believe only the keys your invitation names. No signature is needed.",
    response_model=KeySet,
)
def keys(request: Request) -> JSONResponse:
    store: Database = request.app.state.store
    with store.transaction(api_scope()) as tx:
        return JSONResponse(key_set(tx))
