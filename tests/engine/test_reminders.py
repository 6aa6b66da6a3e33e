"""Who has not answered is reminded, once at each hour the network has set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bizoverbiz.rounds.options import set_network_options
from bizoverbiz.store.database import WORKER

from .conftest import Network, Ring
from .operating import propose


def proposed(network: Network, *hours: int) -> int:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, [f"reminder_hours={list(hours)}"])
    return propose(network)


def told(statement: dict[str, Any]) -> tuple[str | None, list[str]]:
    return statement["remind_at"], statement["reminders"]


def test_a_member_that_has_not_answered_is_reminded_once_at_each_hour(network: Network, ring: Ring) -> None:
    number = proposed(network, 48, 6, 100)
    a, b, _ = ring
    assert told(a.statement()) == ("2026-11-23T09:00:00Z", []), "100 hours before the deadline are past already"
    a.approve(a.statement())
    assert told(a.statement()) == (None, [])
    network.clock.now = datetime.fromisoformat("2026-11-23T09:00:30Z")
    for _ in range(3):
        assert network.work()
    assert told(a.statement()) == (None, [])
    assert told(b.statement()) == ("2026-11-25T03:00:00Z", ["2026-11-23T09:00:30Z"])
    network.clock.now = datetime.fromisoformat("2026-11-25T03:00:00Z")
    assert network.work()
    assert told(b.statement()) == (None, ["2026-11-23T09:00:30Z", "2026-11-25T03:00:00Z"])
    with network.store.transaction(WORKER) as tx:
        said = [one.body for one in tx.all("audit_entries", round=number) if one.kind == "reminded"]
    assert said == ['{"statements":2}', '{"statements":2}']


def test_reminders_missed_while_no_worker_ran_are_made_up_by_one(network: Network, ring: Ring) -> None:
    proposed(network, 48, 24, 6)
    network.clock.now = datetime.fromisoformat("2026-11-24T10:00:00Z")
    for _ in range(3):
        assert network.work()
    assert told(ring[0].statement()) == ("2026-11-25T03:00:00Z", ["2026-11-24T10:00:00Z"])


def test_answers_are_told_to_the_audit_log_before_the_decision(network: Network, ring: Ring) -> None:
    number = proposed(network)
    ring[0].approve(ring[0].statement())
    for _ in range(2):
        assert network.work()
    with network.store.transaction(WORKER) as tx:
        assert [one.kind for one in tx.all("audit_entries", round=number)].count("answered") == 1
    for member in ring[1:]:
        member.approve(member.statement())
    assert network.work()
    with network.store.transaction(WORKER) as tx:
        kinds = [one.kind for one in tx.all("audit_entries", round=number)]
    assert kinds.count("answered") == 3
    assert kinds.index("decided") > max(place for place, kind in enumerate(kinds) if kind == "answered")


def test_an_answer_to_a_version_that_is_no_more_is_refused(network: Network, ring: Ring) -> None:
    proposed(network)
    a = ring[0]
    statement = a.statement()
    path = f"/v1/statements/{statement['id']}"
    version = a.call("GET", path).headers["ETag"]
    lines = [{"id": line["id"], "approved": line["proposed"]} for line in statement["lines"]]
    body = {"answer": "approve", "answered_by": "claire@example.com", "lines": lines}
    first = a.call("PUT", f"{path}/answer", body, headers={"If-Match": version})
    assert first.status_code == 200
    assert first.headers["ETag"] == a.call("GET", path).headers["ETag"] != version
    stale = a.call("PUT", f"{path}/answer", body | {"lines": []}, headers={"If-Match": version})
    assert (stale.status_code, stale.json()["type"].rsplit("/")[-1]) == (412, "changed-meanwhile")
    assert a.call("GET", path).json() == first.json()
    assert ring[1].call("GET", path).status_code == 404
