"""A firm without Odoo takes part by `bizoverbiz member …` alone, against a server that really runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bizoverbiz.client import declaring
from bizoverbiz.client.lines import read_lines
from bizoverbiz.files import FileError
from bizoverbiz.members.invitation import Invitation

from ..commands import COMMAND
from ..conftest import SIRENS
from ..einvoices.samples import ubl
from .firms import NAMES, Firm, Operator, Server, declare_ring, lose_answers_to, table


def test_three_firms_go_through_a_whole_round_by_commands_alone(
    engine: Server, firms: list[Firm], tmp_path: Path
) -> None:
    a, b, c = firms
    engine.start("worker")
    declare_ring(firms, tmp_path)
    a.wait_for("matched", 90050, 100000)
    for firm in (b, c):
        firm.wait_for("matched")
    number = json.loads(engine.ok("round", "open", "--json"))["number"]
    engine.ok("round", "cut", number)
    shown = a.json("show", number)
    assert (shown["state"], shown["receivable"], shown["payable"]) == ("proposed", 80000, 80000)
    assert "800.00 EUR" in a.ok("statements")
    assert a.json("approve", number, "--by", "Claire")["answered_by"] == "Claire"
    b.ok("approve", shown_id(b, number)[:8], "--line", "B-1=700.50", "--whole")
    raised = b.run("approve", number)
    assert (raised.returncode, raised.stderr.count("\n")) == (1, 1)
    c.ok("approve", number)
    # everybody has answered, so the worker decides
    for firm in firms:
        firm.wait_for_notice()
        (notice,) = firm.json("notices", "--save", tmp_path / "saved" / firm.identifier)
        assert (notice["total"], notice["booked"]) == (70050, False)
        firm.ok("acknowledge", 1, "--entry", "OD/1=700", "--entry", "OD/2=0.50", "--date", "2026-11-22")
        assert firm.json("status")["last_booked"] == 1
        assert firm.json("notices")[0]["booked"]
    keys = tmp_path / "keys.json"
    keys.write_text(httpx.get(f"{engine.address}/v1/keys", trust_env=False).text)
    for firm in firms:
        held = engine.ok("notice", "verify", tmp_path / "saved" / firm.identifier / "notice-1.jws", "--keys", keys)
        assert firm.name in held
    # what is declared now contains the notice, so nothing is taken off twice
    a.ok("declare", table(tmp_path / "a.csv", f"payable;{b.identifier};B-1;EUR;1200;299.50;2026-09-01;"), "--full")
    assert len(a.wait_for("matched", 29950)) == 1


def shown_id(firm: Firm, number: int) -> str:
    return str(firm.json("show", number)["id"])


def test_a_struck_line_and_a_refused_statement_are_not_set_off(
    operator: Operator, few: list[Firm], tmp_path: Path
) -> None:
    a, b, _ = few
    declare_ring(few, tmp_path)
    operator.ok("worker", "--once")
    number = json.loads(operator.ok("round", "open", "--json"))["number"]
    operator.ok("round", "cut", number)
    lines = {line["number"]: line["approved"] for line in a.json("approve", number, "--strike", "B-1")["lines"]}
    assert lines == {"A-1": 80000, "B-1": 0}
    assert b.json("refuse", number, "--reason", "the boards were split")["state"] == "refused"
    assert a.run("approve", number, "--line", "X-9=1").returncode == 2
    assert a.run("approve", number, "--line", "B-1=1,005").returncode == 2
    assert a.run("approve", number, "--line", "B-1").returncode == 2
    assert a.run("show", "99").returncode == 2
    operator.ok("round", "decide", number, "--yes")
    assert a.json("notices") == []


def test_a_full_declaration_in_parts_withdraws_what_none_of_them_holds(
    few: list[Firm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, _ = few
    rows = [f"payable;{b.identifier};B-{number};EUR;10;10;2026-09-01;" for number in range(6)]
    a.ok("declare", table(tmp_path / "a.csv", rows[5]), "--full")
    monkeypatch.setattr(declaring, "_LINES_AT_ONCE", 2)
    assert "5 accepted, 0 refused, 1 withdrawn" in a.ok("declare", table(tmp_path / "a.csv", *rows[:5]), "--full")
    assert len(a.json("declarations")) == 5


def test_what_is_refused_is_told_with_its_place_and_the_rest_is_kept(
    operator: Operator, few: list[Firm], tmp_path: Path
) -> None:
    a, b, _ = few
    rows = [f"payable;{b.identifier};B-1;;10;10;2026-09-01;", "payable;123456789;B-2;;10;10;2026-09-01;"]
    (tmp_path / "credit.xml").write_bytes(ubl(kind="381"))
    done = a.run("declare", table(tmp_path / "a.csv", *rows), tmp_path / "credit.xml")
    assert done.returncode == 1
    assert "1 accepted, 2 refused, 0 withdrawn" in done.stdout
    assert f"{tmp_path / 'a.csv'}, line 3: counterpart" in done.stdout
    assert f"{tmp_path / 'credit.xml'}: BT-3" in done.stdout
    assert [line["number"] for line in a.json("declarations")] == ["B-1"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("owed;{};B-1;EUR;10;10;2026-09-01;", "line 2, column side"),
        ("payable;{};B-1;EUR;10;ten;2026-09-01;", "line 2, column amount_open"),
        ("payable;{};B-1;JPY;10;10.5;2026-09-01;", "line 2, column amount_open"),
        ("payable;{};B-1;XXX;10;10;2026-09-01;", "line 2, column currency"),
        ("payable;{};B-1;EUR;10;10;yesterday;", "line 2, column issue_date"),
        ("payable;{};B-1;EUR;10;10", "line 2: 6 fields"),
    ],
)
def test_a_file_that_cannot_be_read_names_line_and_column(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        read_lines(table(tmp_path / "a.csv", row.format(SIRENS[1])))


def test_a_file_that_cannot_be_read_sends_nothing(few: list[Firm], tmp_path: Path) -> None:
    a, b, _ = few
    rows = [f"payable;{b.identifier};B-1;EUR;10;10;2026-09-01;", f"owed;{b.identifier};B-2;EUR;10;10;2026-09-01;"]
    done = a.run("declare", table(tmp_path / "a.csv", *rows))
    assert (done.returncode, "line 3, column side" in done.stderr) == (2, True)
    assert a.json("declarations") == []


def test_a_request_without_an_answer_is_kept_and_sent_again_once(
    engine: Server, firms: list[Firm], tmp_path: Path
) -> None:
    a, b, _ = firms
    engine.stop("serve")
    path = table(tmp_path / "a.csv", f"payable;{b.identifier};B-1;EUR;10;10;2026-09-01;")
    done = a.run("declare", path)
    assert done.returncode == 1
    assert "kept" in done.stderr
    path.unlink()
    engine.serve()
    assert a.json("status")["unsent"] == ["declaring 1 invoices"]
    other = a.run("declare", table(tmp_path / "b.csv", f"payable;{b.identifier};B-2;EUR;10;10;2026-09-01;"))
    assert "is answered now" in other.stderr
    assert sorted(line["number"] for line in a.json("declarations")) == ["B-1", "B-2"]
    assert a.json("status")["unsent"] == []


def test_joining_again_after_a_lost_answer_gives_the_same_membership(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = Firm(tmp_path / "a", SIRENS[0], "A")
    invitation = operator.ok("invitation", "create", "--for", firm.identifier).strip()
    lose_answers_to(monkeypatch, "POST")
    assert firm.join(invitation).returncode == 1
    monkeypatch.undo()
    assert firm.join(invitation).returncode == 0
    members = json.loads(operator.ok("members", "list", "--json"))
    assert [member["identifier"] for member in members] == [firm.identifier]
    assert firm.json("status")["status"] == "active"
    again = firm.join(invitation)
    assert (again.returncode, "--again" in again.stderr) == (1, True)


def test_a_wrong_invitation_and_another_engines_keys_are_refused(operator: Operator, tmp_path: Path) -> None:
    firm = Firm(tmp_path / "a", SIRENS[0], "A")
    invitation = operator.ok("invitation", "create", "--for", firm.identifier).strip()
    assert firm.join(invitation[:-1]).returncode == 2
    assert firm.join(invitation, identifier="123456789").returncode == 2
    assert firm.join(invitation, agreement="1999-01").returncode == 1
    whole = Invitation.from_string(invitation)
    other = Invitation(whole.url, whole.network, ["x" * 43], whole.secret).to_string()
    assert "not the engine" in firm.join(other).stderr
    plain = Invitation("http://engine.example", whole.network, whole.keys, whole.secret).to_string()
    assert "https" in firm.join(plain).stderr
    assert firm.join(invitation).returncode == 0


def test_the_key_is_private_and_is_rotated(few: list[Firm]) -> None:
    a, b, _ = few
    a.ok("declare", table(a.home / "a.csv", f"payable;{b.identifier};B-1;EUR;10;10;2026-09-01;"))
    key = a.home / "key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert a.home.stat().st_mode & 0o777 == 0o700
    before = a.json("status")["keyid"]
    a.ok("rotate-key", "--overlap-days", "0")
    assert a.json("status")["keyid"] != before
    key.chmod(0o644)
    assert "chmod 600" in a.run("status").stderr


def test_a_declaration_whose_answer_was_lost_is_not_made_twice(
    few: list[Firm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, _ = few
    send, keys = httpx.Client.request, []

    def lose(self: httpx.Client, method: str, *arguments: Any, **named: Any) -> httpx.Response:
        send(self, method, *arguments, **named)
        keys.append(named["headers"]["Idempotency-Key"])
        raise httpx.ReadError("the line is cut")

    path = table(tmp_path / "a.csv", f"payable;{b.identifier};B-1;EUR;10;10;2026-09-01;")
    monkeypatch.setattr(httpx.Client, "request", lose)
    assert a.run("declare", path).returncode == 1
    assert (len(keys), len(set(keys))) == (3, 1)
    monkeypatch.undo()
    a.ok("declare", path)
    assert len(a.json("declarations")) == 1
    assert a.json("status")["unsent"] == []


def test_a_rotation_whose_answer_was_lost_is_repeated(few: list[Firm], monkeypatch: pytest.MonkeyPatch) -> None:
    a = few[0]
    lose_answers_to(monkeypatch, "POST")
    assert a.run("rotate-key", "--overlap-days", "0").returncode == 1
    monkeypatch.undo()
    a.ok("rotate-key", "--overlap-days", "0")
    assert a.json("status")["status"] == "active"


def test_a_forged_notice_is_neither_believed_nor_kept(
    operator: Operator, few: list[Firm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = few[0]
    send = httpx.Client.request

    def forge(self: httpx.Client, method: str, url: str, **named: Any) -> httpx.Response:
        if "/v1/notices" in url:
            entry = {"number": 1, "round": 1, "jws": "e30.e30.AAAA", "acknowledged": False}
            return httpx.Response(200, json={"notices": [entry], "next": None})
        return send(self, method, url, **named)

    monkeypatch.setattr(httpx.Client, "request", forge)
    assert a.run("notices").returncode == 1
    assert list((a.home / "notices").iterdir()) == []


def test_a_firm_leaves(few: list[Firm]) -> None:
    a = few[0]
    assert a.run("leave").returncode == 1
    a.ok("leave", "--yes", "--reason", "we were sold")
    assert a.json("status")["status"] == "left"


def test_the_agreement_is_accepted(operator: Operator, few: list[Firm]) -> None:
    a = few[0]
    (version,) = a.json("agreement", "--accept", "2026-11")
    assert version["state"] == "in-force"


def test_commands_say_what_is_missing(tmp_path: Path, few: list[Firm]) -> None:
    nobody = Firm(tmp_path / "nobody", SIRENS[3], "Nobody")
    done = nobody.run("status")
    assert (done.returncode, "member join" in done.stderr) == (1, True)
    assert few[0].run("acknowledge", 1, "--entry", "OD/1", "--date", "2026-11-22").returncode == 2
    assert few[0].run("acknowledge", 1, "--entry", "OD/1", "--date", "22/11/2026").returncode == 2
    assert few[0].run("nonsense").returncode == 2


def test_the_installed_command_does_the_same(few: list[Firm]) -> None:
    environment = os.environ | {"BIZOVERBIZ_MEMBER_HOME": str(few[0].home)}
    done = subprocess.run([COMMAND, "member", "status"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert NAMES[0] in done.stdout


def test_a_copied_folder_may_read_and_not_write_until_it_is_confirmed(few: list[Firm], tmp_path: Path) -> None:
    a, b, _ = few
    rows = [f"payable;{b.identifier};B-{number};EUR;10;10;2026-09-01;" for number in range(3)]
    a.ok("declare", table(tmp_path / "a.csv", rows[0]))
    shutil.copytree(a.home, tmp_path / "copy")
    copy = Firm(tmp_path / "copy", a.identifier, a.name)
    a.ok("declare", table(tmp_path / "a.csv", rows[1]))
    time.sleep(1.1)  # signatures know whole seconds, and what was signed before the last write is only late
    refused = copy.run("declare", table(tmp_path / "a.csv", rows[2]))
    assert (refused.returncode, "copies of your books" in refused.stderr) == (1, True)
    assert len(copy.json("declarations")) == 2
    a.ok("confirm-copy", "--by", "Claire")
    a.ok("declare", table(tmp_path / "a.csv", rows[2]))
    assert copy.run("declare", table(tmp_path / "a.csv", rows[2])).returncode == 1
