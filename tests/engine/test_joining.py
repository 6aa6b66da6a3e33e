"""Becoming a member, once, with a key of one's own."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from bizoverbiz.members import joining
from bizoverbiz.members.invitation import Invitation, InvitationError
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network


def slug(answer: object) -> str:
    return str(answer.json()["type"]).rsplit("/", 1)[-1]  # type: ignore[attr-defined]


def test_a_firm_joins_with_an_invitation(network: Network) -> None:
    firm = network.candidate(SIRENS[0])
    answer = firm.join(network.invite())
    assert answer.status_code == 201
    told = answer.json()
    assert (told["identifier"], told["keyid"], told["last_notice"]) == (SIRENS[0], firm.keyid, 0)
    assert firm.get("/v1/member") == told | {"status": "active"}


def test_joining_again_with_the_same_idempotency_key_gives_the_same_answer(network: Network) -> None:
    firm, secret = network.candidate(SIRENS[0]), network.invite()
    first, again = (firm.join(secret, key="join-1") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())


def test_a_mistyped_invitation_is_not_valid(network: Network) -> None:
    answer = network.candidate(SIRENS[0]).join(network.invite()[:-1] + "!")
    assert (answer.status_code, slug(answer)) == (403, "invitation-invalid")


def test_an_invitation_works_once(network: Network) -> None:
    secret = network.invite()
    network.candidate(SIRENS[0]).join(secret)
    answer = network.candidate(SIRENS[1]).join(secret)
    assert (answer.status_code, slug(answer)) == (409, "invitation-used")


def test_an_invitation_expires(network: Network) -> None:
    secret = network.invite(days=1)
    network.clock.advance(days=1)
    answer = network.candidate(SIRENS[0]).join(secret)
    assert (answer.status_code, slug(answer)) == (403, "invitation-invalid")
    assert "expired" in answer.json()["detail"]


def invite_for(network: Network, identifier: str) -> str:
    with network.store.transaction(WORKER) as tx:
        span = timedelta(days=1)
        return joining.invite(tx, url=network.base_url, valid=span, now=network.clock(), identifier=identifier).secret


def test_an_invitation_made_for_one_firm_lets_in_no_other(network: Network) -> None:
    secret = invite_for(network, SIRENS[0])
    answer = network.candidate(SIRENS[1]).join(secret)
    assert (answer.status_code, slug(answer), answer.json()["field"]) == (403, "invitation-invalid", "invitation")
    assert f"another firm than {SIRENS[1]}" in answer.json()["detail"]
    assert SIRENS[0] not in answer.text, "whom it is for is nobody else's business"
    assert network.candidate(SIRENS[0]).join(secret).status_code == 201


def test_another_version_of_the_agreement_is_refused_and_both_are_named(network: Network) -> None:
    firm, secret = network.candidate(SIRENS[0]), network.invite()
    answer = firm.call("POST", "/v1/members", firm.joining(secret) | {"agreement": "2025-01"})
    assert (answer.status_code, slug(answer), answer.json()["field"]) == (409, "agreement-differs", "agreement")
    assert "2025-01" in answer.json()["detail"]
    assert "2026-11" in answer.json()["detail"]
    assert answer.json()["acceptable"] == ["2026-11"]
    assert firm.join(secret).status_code == 201


def test_a_firm_joins_only_once(network: Network, two: tuple[Member, Member]) -> None:
    answer = network.candidate(SIRENS[0]).join(network.invite())
    assert (answer.status_code, slug(answer), answer.json()["field"]) == (409, "already-a-member", "identifier")


def test_a_failed_attempt_does_not_use_up_the_invitation(network: Network) -> None:
    secret = network.invite()
    firm = network.candidate(SIRENS[0])
    assert firm.call("POST", "/v1/members", firm.joining(secret) | {"identifier": "123456789"}).status_code == 422
    assert firm.join(secret).status_code == 201


def test_joining_with_somebody_elses_key_is_refused(network: Network) -> None:
    firm, other = network.candidate(SIRENS[0]), network.candidate(SIRENS[1])
    answer = firm.call("POST", "/v1/members", firm.joining(network.invite()) | {"public_key": other.jwk})
    assert (answer.status_code, slug(answer)) == (401, "signature-invalid")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identifier": "123456789"}, "identifier"),
        ({"identifier": 552100554}, "identifier"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"country": "France"}, "country"),
        ({"surprise": 1}, "surprise"),
        ({"\ud800": 1}, None),
        ({"invitation": "\ud800"}, "invitation"),
    ],
)
def test_what_is_wrong_in_a_firms_identity_is_named(
    network: Network, change: dict[str, object], field: str | None
) -> None:
    firm = network.candidate(SIRENS[0])
    answer = firm.call("POST", "/v1/members", firm.joining(network.invite()) | change)
    assert (answer.status_code, slug(answer), answer.json().get("field")) == (422, "malformed", field)


@pytest.mark.parametrize("key", [None, {}, {"kty": "OKP", "crv": "Ed25519", "x": "short"}, "x", 5])
def test_a_body_without_a_usable_key_is_malformed(network: Network, key: object) -> None:
    firm = network.candidate(SIRENS[0])
    answer = firm.call("POST", "/v1/members", firm.joining(network.invite()) | {"public_key": key})
    assert (answer.status_code, answer.json()["field"]) == (422, "public_key")


def test_a_member_learns_which_of_its_partners_are_members(two: tuple[Member, Member]) -> None:
    asked = ["FR" + "40" + "303265045", SIRENS[1], SIRENS[2]]
    assert two[0].get("/v1/members", identifier=asked) == {"members": [SIRENS[1]]}


def test_asking_for_too_many_partners_at_once_is_refused(two: tuple[Member, Member]) -> None:
    answer = two[0].call("GET", "/v1/members?" + "&".join(["identifier=" + SIRENS[1]] * 501))
    assert (answer.status_code, slug(answer)) == (422, "malformed")


def test_a_new_invitation_for_a_member_gives_it_a_new_key_and_database(network: Network) -> None:
    """A lost key, or a restored copy that is to be the live one."""
    old = network.member(SIRENS[0])
    with network.store.transaction(WORKER) as tx:
        invitation = joining.invite(
            tx, url=network.base_url, valid=timedelta(days=1), now=network.clock(), renews=SIRENS[0]
        )
    new = network.candidate(SIRENS[0])
    answer = new.join(invitation.secret)
    assert answer.status_code == 201, answer.text
    assert new.get("/v1/member")["keyid"] == new.keyid
    assert new.declare().status_code == 200
    assert slug(old.call("GET", "/v1/member")) == "signature-invalid"


def test_an_invitation_that_renews_one_member_lets_in_no_other(network: Network, two: tuple[Member, Member]) -> None:
    with network.store.transaction(WORKER) as tx:
        invitation = joining.invite(
            tx, url=network.base_url, valid=timedelta(days=1), now=network.clock(), renews=SIRENS[0]
        )
    answer = network.candidate(SIRENS[2]).join(invitation.secret)
    assert (answer.status_code, slug(answer)) == (403, "invitation-invalid")


def test_an_invitation_is_one_string_with_a_checksum() -> None:
    invitation = Invitation("https://engine.example", "Réseau", ["thumbprint"], "secret")
    text = invitation.to_string()
    assert text.startswith("bob1.")
    assert Invitation.from_string(f" {text}\n") == invitation
    for broken in (text[:-1], text[1:], text.replace(".", "", 1), "", "bob1.é.00000000", str(uuid4())):
        with pytest.raises(InvitationError):
            Invitation.from_string(broken)
