"""Firms that members put forward join only once the operator has accepted them, with what the operator hands over."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bizoverbiz.members import candidates
from bizoverbiz.members.invitation import Invitation

from .client import Member
from .conftest import SIRENS, Network
from .test_cli import Operator, one_line, operator

__all__ = ["operator"]

FIRM = SIRENS[2]


def put_forward(member: Member, **more: Any) -> httpx.Response:
    body = {
        "identifier": FIRM,
        "name": "Papeterie Lys",
        "country": "FR",
        "contact_name": "Inès Lys",
        "contact_email": "ines@lys.example",
        "language": "fr",
    }
    return member.call("POST", "/v1/candidates", body | more)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def waiting(operator: Operator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(operator.ok("candidates", "list", "--json"))
    return found


def test_a_firm_that_was_put_forward_joins_with_what_the_operator_hands_over(
    network: Network, two: tuple[Member, Member], operator: Operator
) -> None:
    a, _ = two
    assert put_forward(a).json()["state"] == "pending"
    (row,) = waiting(operator)
    assert (row["identifier"], row["contact_email"], row["put_forward_by"]) == (FIRM, "ines@lys.example", SIRENS[0])
    assert "Inès Lys" in operator.ok("candidates", "list")
    handed = json.loads(operator.ok("candidates", "accept", row["id"], "--json"))
    told = a.get("/v1/candidates")
    (candidate,) = told["candidates"]
    assert (candidate["state"], told["next"]) == ("accepted", None)
    secret = Invitation.from_string(handed["invitation"]).secret
    assert secret not in str(told)
    assert slug(network.candidate(SIRENS[3]).join(secret)) == (403, "invitation-invalid")
    assert network.candidate(FIRM).join(secret).status_code == 201
    assert a.get("/v1/members", identifier=FIRM)["members"] == [FIRM]


def test_putting_forward_makes_nobody_a_member(network: Network, two: tuple[Member, Member]) -> None:
    a, _ = two
    put_forward(a)
    assert a.get("/v1/members", identifier=FIRM)["members"] == []


def test_a_refusal_is_told_with_its_reason_and_forgets_the_contact(
    two: tuple[Member, Member], operator: Operator
) -> None:
    a, _ = two
    number = put_forward(a).json()["id"]
    operator.ok("candidates", "refuse", number, "--reason", "struck off the register")
    (candidate,) = a.get("/v1/candidates")["candidates"]
    assert (candidate["state"], candidate["reason"]) == ("refused", "struck off the register")
    (row,) = waiting(operator)
    assert (row["contact_name"], row["contact_email"]) == ("", "")
    assert put_forward(a).json()["state"] == "refused", "the answer stands"


def test_again_the_contact_is_corrected_until_the_operator_has_answered(
    two: tuple[Member, Member], operator: Operator
) -> None:
    a, _ = two
    first = put_forward(a).json()
    assert put_forward(a, contact_email="compta@lys.example").json()["id"] == first["id"]
    assert [row["contact_email"] for row in waiting(operator)] == ["compta@lys.example"]
    operator.ok("candidates", "accept", first["id"])
    assert put_forward(a, contact_email="someone@else.example").json()["state"] == "accepted"
    assert [row["contact_email"] for row in waiting(operator)] == ["compta@lys.example"]


def test_nobody_learns_who_else_puts_whom_forward(two: tuple[Member, Member], operator: Operator) -> None:
    a, b = two
    first, second = put_forward(a).json(), put_forward(b, contact_email="other@lys.example").json()
    assert first["id"] != second["id"]
    operator.ok("candidates", "accept", first["id"])
    assert [row["state"] for row in b.get("/v1/candidates")["candidates"]] == ["pending"]


def test_a_member_is_not_put_forward(two: tuple[Member, Member]) -> None:
    a, b = two
    assert slug(put_forward(a, identifier=b.identifier)) == (409, "already-a-member")


def test_who_was_accepted_meanwhile_gets_no_second_membership(
    network: Network, two: tuple[Member, Member], operator: Operator
) -> None:
    number = put_forward(two[0]).json()["id"]
    network.member(FIRM)
    assert "--renew" in one_line(operator.run("candidates", "accept", number))


def test_an_accepted_firm_is_not_refused_any_more_and_may_get_another_invitation(
    two: tuple[Member, Member], operator: Operator
) -> None:
    number = put_forward(two[0]).json()["id"]
    first = operator.ok("candidates", "accept", number)
    assert "may have joined" in one_line(operator.run("candidates", "refuse", number, "--reason", "no"))
    assert operator.ok("candidates", "accept", number) != first
    assert "no candidate" in one_line(operator.run("candidates", "accept", str(uuid4())))


def test_who_left_puts_nobody_forward(two: tuple[Member, Member]) -> None:
    two[0].call("POST", "/v1/member/leaving", {"answered_by": "claire@example.com"})
    assert slug(put_forward(two[0])) == (403, "left")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", "100000008"),
        ("contact_email", "ines at lys"),
        ("contact_email", "a" * 250 + "@lys.example"),
        ("contact_name", ""),
        ("country", "France"),
        ("language", "français"),
    ],
)
def test_what_cannot_be_understood_names_its_field(two: tuple[Member, Member], field: str, value: str) -> None:
    answer = put_forward(two[0], **{field: value})
    assert (*slug(answer), answer.json()["field"]) == (422, "malformed", field)


def test_firms_that_wait_are_bounded(two: tuple[Member, Member], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_PENDING", 1)
    a, b = two
    assert put_forward(a).status_code == 201
    assert slug(put_forward(a, identifier=SIRENS[3])) == (409, "too-many-candidates")
    assert put_forward(a, name="Papeterie Lys SARL").json()["name"] == "Papeterie Lys SARL"
    assert put_forward(b, identifier=SIRENS[3]).status_code == 201


def test_candidates_come_in_pages(two: tuple[Member, Member]) -> None:
    a, _ = two
    for siren in SIRENS[2:5]:
        put_forward(a, identifier=siren)
    first = a.get("/v1/candidates", limit=2)
    rest = a.get("/v1/candidates", limit=2, after=first["next"])
    assert [row["identifier"] for page in (first, rest) for row in page["candidates"]] == list(SIRENS[2:5])
