"""The audit log is complete, its rounds are chained, and an auditor needs nothing but a file."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rfc8785 import dumps

from bizoverbiz.errors import WrongInputError
from bizoverbiz.notices import verify_notice
from bizoverbiz.notices.canonical import canonical
from bizoverbiz.rounds import audit, opening, record
from bizoverbiz.rounds.verifying import ViolationError, verify_file, verify_succession
from bizoverbiz.store.database import WORKER

from .conftest import Network, Ring, declare_ring
from .operating import acknowledge, decide, open_round, propose
from .test_cli import Operator, one_line, operator
from .test_verifying import tamper

__all__ = ["operator"]


def entries(network: Network, number: int) -> list[Any]:
    with network.store.transaction(WORKER) as tx:
        return tx.all("audit_entries", round=number)


def bodies(network: Network, number: int, kind: str) -> list[dict[str, Any]]:
    return [json.loads(entry.body) for entry in entries(network, number) if entry.kind == kind]


@pytest.fixture
def closed(network: Network, ring: Ring) -> int:
    """A round that went through everything: an approval, its lowering, a refusal, the decision, booking."""
    a, b, c = ring
    number = propose(network)
    b.approve(b.statement())
    for member in (a, c):
        member.approve(member.statement())
    statement = a.statement()
    a.approve(statement, [min(line["proposed"], 900) for line in statement["lines"]])
    network.work()
    for member in ring:
        acknowledge(network, member)
    network.work()
    return number


def test_every_step_answer_lowering_and_booking_is_in_the_log(network: Network, ring: Ring, closed: int) -> None:
    kinds = [entry.kind for entry in entries(network, closed)]
    assert kinds == [
        *("opened", "frozen", "stated", "stated", "stated", "proposed"),
        *("answered", "answered", "answered", "answered", "decided", "notices", "booked", "booked", "booked", "closed"),
    ]
    answers = bodies(network, closed, "answered")
    a, b, c = (member.identifier for member in ring)
    assert [answer["member"] for answer in answers] == [b, a, c, a]
    assert max(answers[-1]["answer"]["lines"].values()) == 900
    (booked, *_) = bodies(network, closed, "booked")
    assert booked["booked"][0]["entry"] == "BOB/1"


def test_an_abandoned_round_keeps_the_answers_it_was_given(network: Network, ring: Ring) -> None:
    number = propose(network)
    ring[0].refuse(ring[0].statement())
    with network.store.transaction(WORKER) as tx:
        opening.abandon(tx, number, now=network.clock())
    assert bodies(network, number, "answered")[0]["answer"]["reason"] == "not now"
    assert entries(network, number)[-1].kind == "abandoned"


def test_the_chain_is_the_documented_one(network: Network, closed: int) -> None:
    """Computed with nothing but SHA-256, so that the format cannot drift."""
    previous = "0" * 64
    for entry in entries(network, closed):
        sealed = json.dumps(
            {"at": entry.at, "body": entry.body, "kind": entry.kind, "salt": entry.salt},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        seal = sha256(sealed.encode()).hexdigest()
        text = f'{{"entry":"{seal}","previous":"{previous}","round":{closed},"seq":{entry.seq}}}'
        previous = sha256(text.encode()).hexdigest()
        assert (entry.entry, entry.hash) == (seal, previous)


def test_each_round_names_the_heads_of_those_before_as_far_as_they_had_grown(network: Network, closed: int) -> None:
    first = entries(network, closed)[-1]
    second = open_round(network)
    assert bodies(network, second, "opened")[0]["previous"] == [{"round": closed, "seq": first.seq, "hash": first.hash}]
    with network.store.transaction(WORKER) as tx:
        opening.abandon(tx, second, now=network.clock())
    third = open_round(network)
    assert [head["round"] for head in bodies(network, third, "opened")[0]["previous"]] == [second]
    with network.store.transaction(WORKER) as tx:
        assert "3, each naming" in verify_succession(tx)


_LINK_2 = "audit_link WHERE round = 2"
_ENTRY_2 = "audit_entry WHERE round = 2"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"DELETE FROM {_ENTRY_2}; DELETE FROM {_LINK_2}; DELETE FROM round WHERE number = 2", "round 2 is missing"),
        (f"DELETE FROM {_ENTRY_2} AND seq = 1", "round 2 does not begin with its opening"),
        (
            "UPDATE audit_entry SET body = '{\"previous\":[]}' WHERE round = 3 AND seq = 1",
            "not name the head of round 2",
        ),
        ("UPDATE audit_link SET hash = repeat('0', 64) WHERE round = 2 AND seq = 2", "a head of round 2 .entry 2."),
        (f"DELETE FROM {_LINK_2} AND seq = 2", "a head of round 2 .entry 2."),
    ],
)
def test_no_round_can_vanish_or_be_written_anew(network: Network, url: str, statement: str, found: str) -> None:
    for _ in range(2):
        number = open_round(network)
        with network.store.transaction(WORKER) as tx:
            opening.abandon(tx, number, now=network.clock())
    open_round(network)
    tamper(url, statement)
    with network.store.transaction(WORKER) as tx, pytest.raises(ViolationError, match=found):
        verify_succession(tx)


def exported(network: Network, number: int, path: Path) -> Path:
    with network.store.transaction(WORKER) as tx:
        path.write_text("".join(record.export(record.load(tx, number))), encoding="utf-8")
    return path


def test_an_auditor_verifies_an_export_without_the_database(
    network: Network, closed: int, operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "round.jsonl"
    operator.ok("audit", "export", str(closed), "--out", str(file))
    keys = tmp_path / "keys.json"
    keys.write_text(network.http.get("/v1/keys").text)
    del operator.environment["DATABASE_URL"]
    said = json.loads(operator.ok("audit", "verify", "--file", str(file), "--json"))
    assert said["holds"] is True
    assert "compare them with /v1/keys" in said["outcomes"][0]["checked"][-1]
    assert "keys given" in operator.ok("audit", "verify", "--file", str(file), "--keys", str(keys))
    keys.write_text('{"keys": []}')
    refused = operator.run("audit", "verify", "--file", str(file), "--keys", str(keys))
    assert (refused.returncode, "not in the key set" in refused.stdout) == (1, True)


def test_an_export_gives_the_same_bytes_again(network: Network, closed: int, tmp_path: Path) -> None:
    one, two = (exported(network, closed, tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_whatever_is_changed_in_an_export_is_found(network: Network, closed: int, tmp_path: Path) -> None:
    file = exported(network, closed, tmp_path / "round.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    verify_file(file)
    for place, line in enumerate(lines):
        row = json.loads(line)
        for name, value in row.items():
            # The times of the round's row are told, not proved; those of the log's entries are proved.
            if name in ("part", "format", "times", "state"):
                continue
            changed = json.dumps(row | {name: _other(name, value)}) + "\n"
            file.write_text("".join([*lines[:place], changed, *lines[place + 1 :]]), encoding="utf-8")
            with pytest.raises((ViolationError, WrongInputError)):
                verify_file(file)


def _other(name: str, value: Any) -> Any:
    if name in ("issue_date", "due_date"):
        return "2020-01-01"
    if name == "approved":
        return 0
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("0" if value[-1] != "0" else "1") if isinstance(value, str) and value else {"x": 1}


def test_what_is_published_of_a_round_is_what_the_notices_say(network: Network, ring: Ring, closed: int) -> None:
    keys = network.http.get("/v1/keys").json()
    published = [member.get(f"/v1/rounds/{closed}") for member in ring]
    assert published[0] == published[1] == published[2]
    for member in ring:
        (entry,) = member.get("/v1/notices")["notices"]
        notice = verify_notice(entry["jws"], keys)
        assert (notice.round_root, notice.audit_head) == (published[0]["root"], published[0]["audit_head"])
        assert notice.decided_at == published[0]["decided_at"]
    last = entries(network, closed)[-1]
    assert (published[0]["log_entries"], published[0]["log_head"]) == (last.seq, last.hash)
    assert [name for name, value in published[0].items() if type(value) is int] == ["number", "log_entries"]
    opened = ring[0].get(f"/v1/rounds/{open_round(network)}")
    assert (opened["state"], opened["root"], opened["log_entries"]) == ("collection", None, 1)
    assert ring[0].call("GET", "/v1/rounds/9").json()["type"].endswith("not-found")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty or was cut"),
        ("nonsense\n", "line 1 is not one"),
        ('{"part": "round", "format": "other"}\n', "is no bizoverbiz-audit/1 export"),
        ('{"part": "round", "format": "bizoverbiz-audit/1"}\n', "does not describe a round"),
    ],
)
def test_what_is_no_export_is_named_as_such(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(WrongInputError, match=told):
        verify_file(file)


def test_the_operator_verifies_all_rounds_at_once(
    network: Network, url: str, closed: int, operator: Operator, tmp_path: Path
) -> None:
    open_round(network)
    said = json.loads(operator.ok("audit", "verify", "--json"))
    assert [outcome["round"] for outcome in said["outcomes"]] == [None, 1, 2]
    assert "holds  round 1: notices" in operator.ok("audit", "verify", "1")
    tamper(url, "UPDATE round_line SET salt = repeat('0', 64) WHERE set_off > 0")
    broken = operator.run("audit", "verify")
    assert broken.returncode == 1
    assert "broken round 1: the round's published hash" in broken.stdout
    assert "holds  round 2" in broken.stdout
    assert operator.run("audit", "verify", "1", "--file", "x").returncode == 2
    assert operator.run("audit", "export", "1", "--out", str(tmp_path / "no" / "where")).returncode == 2
    assert "no round 9" in one_line(operator.run("audit", "verify", "9"))


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(_values)
def test_what_is_hashed_and_signed_is_canonical_json(value: Any) -> None:
    assert canonical(value) == dumps(value)


def test_a_head_is_told_only_while_its_log_grows(network: Network) -> None:
    class Row:
        round, kind, body = 2, "opened", '{"previous":[{"round":1,"seq":3,"hash":"h"}]}'

    assert audit.named_heads([Row]) == {1: (3, "h")}


def test_a_second_round_of_the_same_members_holds_too(network: Network, ring: Ring, closed: int) -> None:
    declare_ring(*ring, last_notice=1)
    number = propose(network)
    for member in ring:
        member.approve(member.statement())
    decide(network, number)
    with network.store.transaction(WORKER) as tx:
        verify_succession(tx)
