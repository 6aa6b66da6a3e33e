"""The operator's commands on members: standing, keys, copies, agreements."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from .client import Member
from .conftest import SIRENS, Network
from .test_cli import Operator, one_line, operator
from .test_copies import Books

__all__ = ["operator"]


def standing(told: Operator) -> dict[str, tuple[bool, str | None]]:
    rows = json.loads(told.ok("members", "list", "--json"))
    return {row["identifier"]: (row["takes_part"], row["absence"]) for row in rows}


def test_insolvency_is_noted_and_lifted(two: tuple[Member, Member], operator: Operator) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert "noted as insolvent since" in operator.ok("members", "insolvent", SIRENS[0], "--since", today)
    assert standing(operator)[SIRENS[0]] == (False, "insolvent")
    assert "insolvent" in operator.ok("members", "list")
    operator.ok("members", "insolvent", SIRENS[0], "--lift")
    assert standing(operator)[SIRENS[0]] == (True, None)
    assert "either --since" in operator.run("members", "insolvent", SIRENS[0]).stderr


def test_a_member_is_let_go(two: tuple[Member, Member], operator: Operator) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100))
    operator.ok("members", "leave", SIRENS[0], "--by", "the board", "--yes")
    assert standing(operator)[SIRENS[0]] == (False, "left")
    assert a.get("/v1/declarations")["lines"] == []
    assert "already" in operator.ok("members", "leave", SIRENS[0], "--by", "the board", "--yes")


def test_keys_are_listed_and_revoked(two: tuple[Member, Member], operator: Operator) -> None:
    assert two[0].keyid in operator.ok("members", "keys", SIRENS[0])
    operator.ok("members", "revoke-key", SIRENS[0], two[0].keyid)
    (key,) = json.loads(operator.ok("members", "keys", SIRENS[0], "--json"))
    assert key["revoked_by"] == "operator"
    assert two[0].call("GET", "/v1/member").status_code == 401
    assert "no key" in one_line(operator.run("members", "revoke-key", SIRENS[0], two[1].keyid))
    assert "no member" in one_line(operator.run("members", "keys", SIRENS[2]))


def test_a_copy_in_doubt_is_shown_and_confirmed(network: Network, operator: Operator) -> None:
    live = Books(network, network.member(SIRENS[0]))
    live.declare()
    restored = live.copy()
    live.declare()
    restored.declare()
    (row,) = json.loads(operator.ok("members", "copies", "--json"))
    assert row["disputed"] == [restored.mark.split(".")[1]]
    assert SIRENS[0] in operator.ok("members", "copies")
    token = row["disputed"][0][:8]
    operator.ok("members", "confirm-copy", SIRENS[0], "--last-notice", "0", "--yes", "--", token)
    assert json.loads(operator.ok("members", "copies", "--json")) == []
    assert restored.declare().status_code == 200


@pytest.mark.usefixtures("two")
def test_a_version_of_the_agreement_is_published_and_counted(operator: Operator) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}"
    assert f"in force from {day}" in operator.ok("network", "agreement", "2099-01", "--from", day)
    assert "already published" in operator.ok("network", "agreement", "2099-01", "--from", day)
    rows = json.loads(operator.ok("network", "agreements", "--json"))
    assert [(row["version"], row["accepted"]) for row in rows] == [("2026-11", 2), ("2099-01", 0)]
    assert "2099-01" in operator.ok("network", "agreements")
    assert "is past" in operator.run("network", "agreement", "2020-01", "--from", "2020-01-01").stderr
