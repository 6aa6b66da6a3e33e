"""For every operation of the OpenAPI document: what a member may still change that is suspended or has left."""

from __future__ import annotations

from typing import Any

import pytest

from .exercise import Operation
from .scenario import Copy, rows
from .test_isolation import _OPERATIONS, call

#: What netting and others' books rest on: a member without standing adds nothing to it.
_TABLES = ("declaration", "commitment", "statement", "statement_line", "mandate", "suggestion_answer")
#: Writes that are answered to a member without standing all the same, and why.
ALLOWED = {
    "put /v1/notices/{number}/acknowledgement": "what is decided has to be booked",
    "delete /v1/member/mandate": "it approves less",
    "post /v1/member/copy": "which copy of the books is the live one matters for what is booked",
    "post /v1/member/keys": "it goes on fetching its notices",
    "delete /v1/member/keys/{keyid}": "a stolen key is revoked whatever the member's standing",
    "post /v1/member/leaving": "nobody has to stay, and leaving twice is leaving once",
    "put /v1/commitments/{reference}/withdrawal": "it commits to less",
}
#: And only while it is suspended.
SUSPENDED = {
    "put /v1/member/agreement": "it may have been suspended for want of that",
}
_WRITES = [one for one in _OPERATIONS if one.verb != "get" and one.name != "post /v1/members"]


def own_values(copied: Copy, operation: Operation) -> dict[str, Any]:
    """Ids of the member's own, so that nothing is refused for being another's."""
    c = copied.c
    found = {
        "statement": c.statement()["id"],
        "number": 2,
        "reference": c.get("/v1/commitments")["commitments"][0]["reference"],
        "id": next(iter(c.get("/v1/suggestions")["suggestions"]))["id"],
        "keyid": c.keyid,
    }
    return {one["name"]: found[one["name"]] for one in operation.parameters("path")}


@pytest.mark.parametrize("status", ["suspended", "left"])
@pytest.mark.parametrize("operation", _WRITES, ids=lambda operation: operation.name)
def test_without_standing_a_member_adds_nothing_to_what_is_netted(
    copied: Copy,
    operation: Operation,
    status: str,
) -> None:
    values = own_values(copied, operation)
    copied.set_status(copied.c, status)
    before = _rested_on(copied)
    answers = [call(copied.c, operation, operation.address(values), body) for body in operation.bodies()]
    if operation.name in ALLOWED or (status == "suspended" and operation.name in SUSPENDED):
        assert not any(answer.status_code == 403 for answer in answers), answers[-1].text
        return
    assert all(answer.is_client_error for answer in answers), f"{operation.name} is answered {answers}"
    assert _rested_on(copied) == before


def test_without_standing_a_member_reads_what_it_read_before(copied: Copy) -> None:
    paths = ("/v1/member", "/v1/declarations", "/v1/statements", "/v1/notices", "/v1/discrepancies")
    before = {path: copied.c.get(path) for path in paths[1:]}
    for status in ("suspended", "left"):
        copied.set_status(copied.c, status)
        assert copied.c.get("/v1/member")["absence"] == status
        assert {path: copied.c.get(path) for path in paths[1:]} == before


def _rested_on(copied: Copy) -> dict[str, list[str]]:
    return {
        table: sorted(str(row) for (row,) in rows(copied.url, f"SELECT t::text FROM {table} t")) for table in _TABLES
    }


def test_the_exceptions_are_writes_that_exist() -> None:
    assert {*ALLOWED, *SUSPENDED} <= {operation.name for operation in _WRITES}
