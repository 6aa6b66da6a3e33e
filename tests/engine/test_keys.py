"""A member changes its key without an interruption, and takes one back that it no longer trusts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from bizoverbiz.members import keys
from bizoverbiz.store.database import WORKER

from .client import Member, base64url
from .conftest import SIRENS, Network


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def next_key(network: Network, member: Member) -> Member:
    """The same firm and database, with a key of which the engine knows nothing yet."""
    other = network.candidate(member.identifier)
    other.database = member.database
    return other


def registration(member: Member, new: Member, **more: Any) -> dict[str, Any]:
    own = member.get("/v1/member")["member"]
    proof = base64url(new.private.sign(f"bizoverbiz member key\n{own}\n{new.keyid}".encode()))
    return {"public_key": new.jwk, "proof": proof} | more


def rotate(network: Network, member: Member, **more: Any) -> Member:
    new = next_key(network, member)
    answer = member.call("POST", "/v1/member/keys", registration(member, new, **more))
    assert answer.status_code == 201, answer.text
    return new


@pytest.fixture
def member(network: Network) -> Member:
    return network.member(SIRENS[0])


def test_old_and_new_key_both_sign_until_the_overlap_ends(network: Network, member: Member) -> None:
    new = rotate(network, member)
    network.clock.advance(days=7, seconds=-1)
    assert member.declare().status_code == new.declare().status_code == 200
    network.clock.advance(seconds=1)
    answer = member.call("GET", "/v1/member")
    assert slug(answer) == (401, "signature-invalid")
    assert "ended at 2026-11-29T09:00:00Z: sign with the member's newer key" in answer.json()["detail"]
    assert new.get("/v1/member")["keyid"] == new.keyid


@pytest.mark.parametrize(("days", "holds"), [(0, False), (1, True), (30, True)])
def test_the_overlap_is_as_long_as_the_member_says(network: Network, member: Member, days: int, holds: bool) -> None:
    rotate(network, member, overlap_days=days)
    network.clock.advance(days=max(days - 0.5, 0))
    assert (member.call("GET", "/v1/member").status_code == 200) is holds


@pytest.mark.parametrize("days", [-1, 31, "7", None])
def test_an_overlap_outside_thirty_days_is_malformed(network: Network, member: Member, days: object) -> None:
    body = registration(member, next_key(network, member), overlap_days=days)
    answer = member.call("POST", "/v1/member/keys", body)
    assert (*slug(answer), answer.json()["field"]) == (422, "malformed", "overlap_days")


def test_a_second_rotation_does_not_lengthen_the_first_overlap(network: Network, member: Member) -> None:
    second = rotate(network, member, overlap_days=2)
    third = rotate(network, second, overlap_days=30)
    network.clock.advance(days=3)
    assert member.call("GET", "/v1/member").status_code == 401
    assert second.call("GET", "/v1/member").status_code == third.call("GET", "/v1/member").status_code == 200


def test_registering_again_gives_the_same_answer_with_either_key(network: Network, member: Member) -> None:
    new = next_key(network, member)
    body = registration(member, new)
    first, again = (member.call("POST", "/v1/member/keys", body, key="rotate-1") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    network.clock.advance(days=1)
    assert new.call("POST", "/v1/member/keys", body).json() == first.json()
    assert len(new.get("/v1/member/keys")["keys"]) == 2


@pytest.mark.parametrize("spoil", ["another member", "another key", "nonsense"])
def test_a_key_without_proof_of_possession_is_not_registered(network: Network, member: Member, spoil: str) -> None:
    new, stranger = next_key(network, member), network.member(SIRENS[1])
    body = registration(stranger if spoil == "another member" else member, new)
    if spoil == "another key":
        body["public_key"] = stranger.jwk
    if spoil == "nonsense":
        body["proof"] = "A" * 85 + "é"
    answer = member.call("POST", "/v1/member/keys", body)
    assert (*slug(answer), answer.json()["field"]) == (422, "proof-invalid", "proof")
    assert len(member.get("/v1/member/keys")["keys"]) == 1


def test_another_members_key_cannot_be_registered_even_with_its_proof(network: Network, member: Member) -> None:
    other = network.member(SIRENS[1])
    answer = member.call("POST", "/v1/member/keys", registration(member, other))
    assert slug(answer) == (409, "key-taken")


def test_a_revoked_key_signs_nothing_any_more_and_says_so(network: Network, member: Member) -> None:
    new = rotate(network, member)
    answer = new.call("DELETE", f"/v1/member/keys/{member.keyid}")
    assert (answer.status_code, answer.json()["revoked_by"]) == (200, "member")
    again = new.call("DELETE", f"/v1/member/keys/{member.keyid}")
    assert again.json() == answer.json()
    for refused in (member.call("GET", "/v1/member"), member.declare()):
        assert slug(refused) == (401, "signature-invalid")
        assert "was revoked at 2026-11-22T09:00:00Z" in refused.json()["detail"]
    assert slug(new.call("POST", "/v1/member/keys", registration(new, member))) == (409, "key-taken")


def test_who_only_names_a_revoked_key_learns_nothing_of_it(network: Network, member: Member) -> None:
    new = rotate(network, member)
    new.call("DELETE", f"/v1/member/keys/{member.keyid}")
    stranger = network.candidate(SIRENS[1])
    stranger.keyid = member.keyid
    answer = stranger.call("GET", "/v1/member")
    assert (answer.status_code, "revoked" in answer.text) == (401, False)


def test_the_last_key_without_an_end_cannot_be_revoked_by_its_member(network: Network, member: Member) -> None:
    answer = member.call("DELETE", f"/v1/member/keys/{member.keyid}")
    assert slug(answer) == (409, "last-key")
    new = rotate(network, member)
    answer = member.call("DELETE", f"/v1/member/keys/{new.keyid}")
    assert slug(answer) == (409, "last-key"), "the old one ends by itself"
    assert new.call("GET", "/v1/member").status_code == 200


def test_a_key_that_signs_a_request_may_revoke_itself_once_a_newer_one_is_there(
    network: Network, member: Member
) -> None:
    rotate(network, member)
    assert member.call("DELETE", f"/v1/member/keys/{member.keyid}").status_code == 200
    assert member.call("GET", "/v1/member").status_code == 401


def test_another_members_key_does_not_exist(network: Network, member: Member) -> None:
    other = network.member(SIRENS[1])
    rotate(network, other)
    assert slug(member.call("DELETE", f"/v1/member/keys/{other.keyid}")) == (404, "not-found")
    assert other.keyid not in str(member.get("/v1/member/keys"))
    assert other.call("GET", "/v1/member").status_code == 200


def test_keys_are_listed_in_pages(network: Network, member: Member) -> None:
    current = member
    for _ in range(4):
        current = rotate(network, current)
    found, after = [], {}
    while True:
        page = current.get("/v1/member/keys", limit=2, **after)
        found += [key["keyid"] for key in page["keys"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(found) == 5
    assert found == sorted(found)


def test_at_most_ten_keys_sign_at_once(network: Network, member: Member) -> None:
    current = member
    for _ in range(keys.MAX_KEYS - 1):
        current = rotate(network, current)
    answer = current.call("POST", "/v1/member/keys", registration(current, next_key(network, member)))
    assert slug(answer) == (409, "too-many-keys")
    network.clock.advance(days=7)
    rotate(network, current)


def test_the_operator_revokes_even_the_last_key(network: Network, member: Member) -> None:
    with network.store.transaction(WORKER) as tx:
        own = tx.one("member_id", identifier=member.identifier).id
        keys.revoke(tx, member=own, keyid=member.keyid, now=network.clock(), by_operator=True)
    assert member.call("GET", "/v1/member").status_code == 401


def test_what_happened_to_the_keys_is_kept(network: Network, member: Member) -> None:
    new = rotate(network, member)
    new.call("DELETE", f"/v1/member/keys/{member.keyid}")
    with network.store.transaction(WORKER) as tx:
        own = tx.one("member_id", identifier=member.identifier).id
        happened = tx.all("events_of_member", member=own)
    assert [event.kind for event in happened] == ["joined", "key-added", "key-revoked"]
    assert happened[-1].content == {"keyid": member.keyid, "by": "member"}
    assert timedelta(days=30) == keys.LONGEST_OVERLAP
