"""What a firm without Odoo agrees to ahead of a round, by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bizoverbiz.client.lines import read_lines
from bizoverbiz.files import FileError

from ..conftest import SIRENS
from .firms import HEADER, Firm, Operator, declare_ring, table


def test_mandates_answer_a_whole_round(operator: Operator, few: list[Firm], tmp_path: Path) -> None:
    a = few[0]
    declare_ring(few, tmp_path)
    for firm in few:
        assert firm.run("mandate").returncode == 1
        firm.ok("give-mandate", "--until", "2099-12-31", "--per-round", "600.50", "--by", "Claire")
    shown = a.ok("mandate")
    assert "Claire" in shown
    assert "600.50 EUR" in shown
    assert "no limit" in shown
    operator.ok("worker", "--once")
    number = json.loads(operator.ok("round", "open", "--json"))["number"]
    operator.ok("round", "cut", number)
    assert a.json("show", number)["state"] == "approved"
    operator.ok("round", "decide", number, "--yes")
    assert [notice["total"] for notice in a.json("notices")] == [60050]
    a.ok("end-mandate", "--by", "Claire")
    assert a.run("mandate").returncode == 1


def test_a_mandate_says_with_whom_and_how_far(few: list[Firm]) -> None:
    a, b, c = few
    options = ("--only", b.identifier, "--without", c.identifier, "--only-overdue", "--whole", "--per-line", "10")
    rules = a.json("give-mandate", "--until", "2099-12-31", *options)["rules"]
    assert rules["only_counterparts"] == [b.identifier]
    assert rules["counterparts"] == [{"counterpart": c.identifier, "currency": "EUR", "per_round": 0}]
    assert (rules["only_overdue"], rules["whole"]) == (True, True)
    shown = a.ok("mandate")
    assert f"With {c.identifier}: at most 0.00 EUR" in shown
    assert f"nobody but {b.identifier}" in shown
    for wrong in (("--per-round", "ten"), ("--currency", "XXX", "--per-round", "10")):
        assert a.run("give-mandate", "--until", "2099-12-31", *wrong).returncode == 2
    assert a.run("give-mandate", "--until", "tomorrow").returncode == 2
    assert a.json("mandate")["rules"] == rules


@pytest.mark.parametrize(("command", "state"), [("confirm", "confirmed"), ("reject", "rejected")])
def test_a_suggestion_is_answered_by_both(
    operator: Operator, few: list[Firm], tmp_path: Path, command: str, state: str
) -> None:
    a, b, _ = few
    b.ok("declare", table(tmp_path / "b.csv", f"receivable;{a.identifier};F-2026-0012;EUR;10;10;2026-09-01;"))
    a.ok("declare", table(tmp_path / "a.csv", f"payable;{b.identifier};F-2026-0021;EUR;10;10;2026-09-01;"))
    operator.ok("worker", "--once")
    (found,) = a.json("suggestions")
    begins = found["id"][:8]
    assert begins in a.ok("suggestions")
    assert a.run("confirm-suggestion", "ffffffff-nothing").returncode == 2
    for firm in (a, b) if command == "confirm" else (a,):
        assert f"you say {command}" in firm.ok(f"{command}-suggestion", begins)
    operator.ok("worker", "--once")
    assert a.json("suggestions")[0]["state"] == state


def test_a_sale_not_invoiced_yet_is_committed_to_by_both(operator: Operator, few: list[Firm]) -> None:
    a, b, _ = few
    terms = ("--amount", "12000.00", "--agreed-on", "2026-11-02", "--due", "2099-01-31", "--nettable")
    first = a.json("commit", "--side", "receivable", "--counterpart", b.identifier, *terms)
    reference = first["reference"]
    assert first["state"] == "one-sided"
    assert "you" in b.ok("commitments")
    buying = ("commit", "--side", "payable", "--counterpart", a.identifier, "--reference", reference)
    told = b.ok(*buying, "--amount", "11000", *terms[2:])
    assert "differ in: amount" in told
    assert "12,000.00 EUR" in a.ok("commitments")
    assert "matched" in b.ok(*buying, *terms)
    operator.ok("worker", "--once")
    assert [one["matched_amount"] for one in a.json("commitments")] == [1200000]
    assert b.run(*buying, "--amount", "10", *terms[2:]).returncode == 1
    assert b.run("withdraw-commitment", "../member").returncode == 2
    b.ok("withdraw-commitment", reference)
    assert a.json("commitments")[0]["state"] == "one-sided"


def test_a_cancelled_order_is_owed_back_after_a_part_of_it_was_set_off(
    operator: Operator, few: list[Firm], tmp_path: Path
) -> None:
    a, b, _ = few
    terms = ("--amount", "12000.00", "--agreed-on", "2026-11-02", "--due", "2099-01-31", "--nettable")
    selling = ("commit", "--side", "receivable", "--counterpart", b.identifier, "--description", "40 pumps")
    reference = a.json(*selling, *terms)["reference"]
    b.ok("commit", "--side", "payable", "--counterpart", a.identifier, "--reference", reference, *terms)
    a.ok("declare", table(tmp_path / "a.csv", f"payable;{b.identifier};B-1;EUR;4000;4000;2026-09-01;"))
    b.ok("declare", table(tmp_path / "b.csv", f"receivable;{a.identifier};B-1;EUR;4000;4000;2026-09-01;"))
    number = json.loads(operator.ok("round", "open", "--json"))["number"]
    operator.ok("round", "cut", number)
    line = next(one for one in a.json("show", number)["lines"] if one["commitment"])
    assert (line["commitment"], line["description"], line["proposed"]) == (reference, "40 pumps", 400000)
    for firm in (a, b):
        firm.ok("approve", number)
    operator.ok("worker", "--once")
    for firm in (a, b):
        firm.ok("notices")
        firm.ok("acknowledge", 1, "--entry", "OD/1", "--date", "2026-11-22")
    operator.ok("worker", "--once")
    assert [one["matched_amount"] for one in a.json("commitments")] == [800000]
    # the seller's credit note for the deposit is owed to the buyer, and the order is no more
    for firm in (a, b):
        firm.ok("withdraw-commitment", reference)
    a.ok("declare", table(tmp_path / "a.csv", f"payable;{b.identifier};RA-1;EUR;4000;4000;2026-11-25;"), "--full")
    b.ok("declare", table(tmp_path / "b.csv", f"receivable;{a.identifier};RA-1;EUR;4000;4000;2026-11-25;"), "--full")
    operator.ok("worker", "--once")
    (owed,) = a.json("declarations")
    assert (owed["number"], owed["state"], owed["matched_amount"]) == ("RA-1", "matched", 400000)
    assert a.json("commitments") == []


def test_notices_and_evidence_are_filed(operator: Operator, few: list[Firm], tmp_path: Path) -> None:
    a = few[0]
    declare_ring(few, tmp_path)
    number = json.loads(operator.ok("round", "open", "--json"))["number"]
    operator.ok("round", "cut", number)
    for firm in few:
        firm.ok("approve", number)
    operator.ok("round", "decide", number, "--yes")
    assert "800.00" in a.ok("notice", 1, "--format", "text", "--language", "en")
    a.ok("notice", 1, "--out", tmp_path / "notice.pdf")
    assert (tmp_path / "notice.pdf").read_bytes().startswith(b"%PDF")
    a.ok("evidence", 1, "--out", tmp_path / "pack.zip")
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": json.loads((a.home / "membership.json").read_text())["keys"]}))
    operator.ok("evidence", "verify", tmp_path / "pack.zip", "--keys", keys)
    assert a.run("notice", 2).returncode == 2
    refused = a.run("evidence", 2, "--out", tmp_path / "none.zip")
    assert (refused.returncode, (tmp_path / "none.zip").exists()) == (1, False)
    assert "there is no notice 2" in refused.stderr
    assert a.run("evidence", 1, "--out", tmp_path / "nowhere" / "pack.zip").returncode == 2


def test_a_preview_is_empty_before_the_first_computation(few: list[Firm]) -> None:
    assert few[0].json("preview") == []
    assert "Nothing" in few[0].ok("preview")


def test_what_is_encumbered_or_disputed_is_declared_so(few: list[Firm], tmp_path: Path) -> None:
    a, b, _ = few
    path = tmp_path / "a.csv"
    header = f"{HEADER};Encumbrance;amount_encumbered;amount_disputed;code litige"
    path.write_text(
        f"{header}\nreceivable;{b.identifier};A-1;EUR;10;10;2026-09-01;;affacturée;4,00;;\n"
        f"receivable;{b.identifier};A-2;EUR;10;10;2026-09-01;;;;2.50;qua\n"
    )
    a.ok("declare", path)
    first, second = a.json("declarations")
    assert (first["encumbrance"], first["amount_encumbered"]) == ("factored", 400)
    assert (second["amount_disputed"], second["dispute_code"]) == (250, "QUA")


def test_a_word_that_is_no_encumbrance_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER};encumbrance\npayable;{SIRENS[1]};B-1;EUR;10;10;2026-09-01;;lost\n")
    with pytest.raises(FileError, match="line 2, column encumbrance"):
        read_lines(path)
