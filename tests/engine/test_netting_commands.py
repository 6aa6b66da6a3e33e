"""`bizoverbiz net` and the commands around it: from a file to a directory that tells and proves the result."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
from pathlib import Path

import polars as pl
import pytest

from .commands import COMMAND, ok, run

ON = ("--on", "2026-11-22")
LOOP = [("1", "A", "B", 100), ("2", "B", "C", 80), ("3", "C", "A", 90), ("4", "C", "D", 7)]
FILES = {"setoffs.csv", "members.csv", "certificate.json", "summary.json", "report.html"}
PROVEN = ("setoffs.csv", "members.csv", "certificate.json")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A generated network as a file of 200 obligations."""
    ok("generate", "--firms", 50, "--obligations", 200, "--seed", 3, "--out", tmp_path / "rows.csv")
    return tmp_path / "rows.csv"


def loop_as(lines: list[tuple[str, str, str, object]], header: str, delimiter: str = ",") -> str:
    body = [delimiter.join(map(str, line if "id" in header else line[1:])) for line in lines]
    return "\n".join([header, *body] if header else body) + "\n"


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def document(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def proven(directory: Path) -> list[bytes]:
    return [(directory / name).read_bytes() for name in PROVEN]


PLAIN = loop_as(LOOP, "id,debtor,creditor,amount")
EUROS = [(i, debtor, creditor, f"{amount / 100:.2f}") for i, debtor, creditor, amount in LOOP]
COMMAS = [(i, debtor, creditor, amount.replace(".", ",")) for i, debtor, creditor, amount in EUROS]
PARQUET = io.BytesIO()
pl.DataFrame(LOOP, schema=["id", "debtor", "creditor", "amount"], orient="row").write_parquet(PARQUET)
FORMS = {
    "plain.csv": PLAIN.encode(),
    "semicolons.csv": loop_as(LOOP, "id;debiteur;creancier;montant", ";").encode(),
    "euros.csv": loop_as(EUROS, "id,debtor,creditor,amount").encode(),
    "commas.csv": loop_as(COMMAS, "id;debtor;creditor;amount", ";").encode(),
    "plain.csv.gz": gzip.compress(PLAIN.encode()),
    "plain.parquet": PARQUET.getvalue(),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_file_gives_the_same_set_offs(tmp_path: Path, name: str) -> None:
    options = ("--decimals", "2") if name in ("euros.csv", "commas.csv") else ()
    (tmp_path / name).write_bytes(FORMS[name])
    ok("net", tmp_path / name, *ON, *options, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "setoffs.csv").read_text() == (
        "id,debtor,creditor,currency,amount,ceiling,set_off,remaining,rule\n"
        "1,A,B,EUR,100,100,80,20,\n"
        "2,B,C,EUR,80,80,80,0,\n"
        "3,C,A,EUR,90,90,80,10,\n"
        "4,C,D,EUR,7,7,0,7,\n"
    )
    assert (tmp_path / "out" / "members.csv").read_text() == (
        "member,currency,receivable,payable,net_before,net_after,set_off\n"
        "A,EUR,90,100,-10,-10,80\n"
        "B,EUR,100,80,20,20,80\n"
        "C,EUR,80,97,-17,-17,80\n"
        "D,EUR,7,0,7,7,0\n"
    )
    ok("verify", tmp_path / "out", tmp_path / name)


def test_without_names_of_columns_and_ids_obligations_are_numbered_within_their_pair(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("A B 7\nB A 5\nA B 3\n")
    ok("net", tmp_path / "rows.txt", *ON)
    lines = table(tmp_path / "rows-netted" / "setoffs.csv")
    assert [(line["id"], line["amount"], line["set_off"]) for line in lines] == [
        ("A>B#1", "3", "3"),
        ("A>B#2", "7", "2"),
        ("B>A#1", "5", "5"),
    ]


def test_each_currency_is_netted_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("debtor,creditor,amount,currency\nA,B,9,USD\nB,A,4,USD\nA,B,8,\nB,A,9,EUR\nB,A,1,CHF\n")
    ok("net", path, *ON, "--currency", "EUR", "--out", tmp_path / "out")
    summary, certificate = document(tmp_path / "out" / "summary.json"), document(tmp_path / "out" / "certificate.json")
    assert {code: part["set_off"] for code, part in summary["currency"].items()} == {"CHF": 0, "EUR": 16, "USD": 8}
    assert list(certificate["currency"]) == ["CHF", "EUR", "USD"]
    assert (summary["firms"], summary["obligations"]) == (2, 5)
    assert [line["currency"] for line in table(tmp_path / "out" / "setoffs.csv")] == ["CHF", "EUR", "EUR", "USD", "USD"]
    ok("verify", tmp_path / "out", path)


def test_the_summary_and_the_certificate_have_exactly_the_agreed_keys(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ok("net", rows, *ON, "--out", out)
    assert {path.name for path in out.iterdir()} == FILES
    summary = document(out / "summary.json")
    assert list(summary) == [
        "format", "input", "firms", "obligations", "on", "decimals", "options", "currency", "optimal", "seconds",
    ]  # fmt: skip
    assert list(summary["input"]) == ["name", "sha256", "rows"]
    assert list(summary["currency"]["EUR"]) == ["total", "set_off", "percent", "net_internal_debt", "upper_bound"]
    assert list(summary["seconds"]) == ["read", "reduce", "solve", "impute", "verify", "write"]
    assert (summary["on"], summary["decimals"], summary["options"], summary["optimal"]) == ("2026-11-22", 0, {}, True)
    part = document(out / "certificate.json")["currency"]["EUR"]
    assert list(part) == ["total", "bound", "potentials", "multipliers", "caps", "floors"]
    assert part["total"] == part["bound"] == summary["currency"]["EUR"]["set_off"] > 0
    setoffs = table(out / "setoffs.csv")
    assert sum(int(line["set_off"]) for line in setoffs) == part["total"]
    assert sum(int(line["amount"]) for line in setoffs) == summary["currency"]["EUR"]["total"]


def test_rules_are_told_in_the_summary_and_hold_under_verification(rows: Path, tmp_path: Path) -> None:
    member = max(table(rows), key=lambda line: int(line["amount"]))["debtor"]
    (tmp_path / "caps.csv").write_text(f"member,cap\n{member},1000\n")
    cases: dict[tuple[str, ...], dict[str, object]] = {
        ("--smallest-obligation", "5000"): {"smallest_obligation": 5000},
        ("--horizon", "0"): {"horizon": 0},
        ("--pair-cap", "100000"): {"pair_cap": 100000},
        ("--member-cap", "200000"): {"member_cap": 200000},
        ("--member-caps", str(tmp_path / "caps.csv")): {"member_caps": 1},
        ("--fairness", "0.25"): {"fairness": {"wanted": "1/4", "kept": {"EUR": "1/4"}}},
        ("--smallest-set-off", "50000", "--nodes", "20"): {"smallest_set_off": 50000, "gap": 0.0, "nodes": 20},
        ("--fewest", "--gap", "0.1"): {"fewest": True, "gap": 0.1, "nodes": 1000},
        ("--whole", "--nodes", "2"): {"whole": True, "gap": 0.0, "nodes": 2},
    }
    free = json.loads(ok("net", rows, *ON, "--out", tmp_path / "free", "--json"))["currency"]["EUR"]["set_off"]
    for options, told in cases.items():
        summary = json.loads(ok("net", rows, *ON, *options, "--no-report", "--out", tmp_path / "out", "--json"))
        figures = summary["currency"]["EUR"]
        assert (summary["options"], figures["set_off"] <= free) == (told, True)
        assert summary["optimal"] == (figures["set_off"] == figures["upper_bound"])
        part = document(tmp_path / "out" / "certificate.json")["currency"]["EUR"]
        assert ("solver" in part) == ("gap" in told)
        if "solver" in part:
            assert list(part["solver"]) == ["bound", "gap", "reproducible"]
            assert part["total"] <= part["solver"]["bound"] <= part["bound"]
        ok("verify", tmp_path / "out", rows, "--quiet")


def test_json_prints_the_summary_and_quiet_prints_nothing(rows: Path, tmp_path: Path) -> None:
    printed = json.loads(ok("net", rows, *ON, "--out", tmp_path / "out", "--json"))
    written = document(tmp_path / "out" / "summary.json")
    assert printed.pop("seconds").keys() == written.pop("seconds").keys()
    assert printed == written
    done = run("net", rows, *ON, "--out", tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = ok("net", rows, *ON, "--out", tmp_path / "out")
    assert "200 obligations of" in told
    assert "proven to be the most possible" in told


def test_an_earlier_result_the_other_backend_and_the_order_of_rows_change_no_byte(rows: Path, tmp_path: Path) -> None:
    ok("net", rows, *ON, "--out", tmp_path / "first")
    header, *lines = rows.read_text().splitlines()
    random.Random(5).shuffle(lines)
    (tmp_path / "shuffled.csv").write_text("\n".join([header, *lines]) + "\n")
    (tmp_path / "fewer.csv").write_text("\n".join([header, *lines[:150]]) + "\n")
    ok("net", tmp_path / "fewer.csv", *ON, "--out", tmp_path / "earlier")
    for name, path, options in (
        ("same", rows, ("--previous", tmp_path / "first")),
        ("warm", rows, ("--previous", tmp_path / "earlier")),
        ("shuffled", tmp_path / "shuffled.csv", ()),
        ("highs", rows, ("--backend", "highs")),
    ):
        ok("net", path, *ON, *options, "--no-report", "--out", tmp_path / name)
        assert proven(tmp_path / name) == proven(tmp_path / "first"), name


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.parquet"])
def test_what_is_generated_is_netted_verified_and_explained(tmp_path: Path, name: str) -> None:
    ok("generate", "--firms", 60, "--obligations", 300, "--seed", 8, "--out", tmp_path / name)
    ok("net", tmp_path / name, *ON, "--out", tmp_path / "out")
    assert "Holds, and is made from" in ok("verify", tmp_path / "out", tmp_path / name)
    line = max(table(tmp_path / "out" / "setoffs.csv"), key=lambda line: int(line["set_off"]))
    told = json.loads(ok("explain", tmp_path / "out", "--obligation", line["id"], "--json"))
    assert told["set_off"] == int(line["set_off"])
    assert line["debtor"] in ok("explain", tmp_path / "out", "--member", line["debtor"])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("setoffs.csv", "1,A,B,EUR,100,100,80,20,", "1,A,B,EUR,100,100,81,19,"),
        ("members.csv", "D,EUR,7,0,7,7,0", "D,EUR,7,0,7,6,0"),
        ("certificate.json", '"total": 240', '"total": 241'),
        ("summary.json", '"set_off": 240', '"set_off": 239'),
    ],
)
def test_a_damaged_result_does_not_verify_and_the_damaged_file_is_named(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    (tmp_path / "rows.csv").write_text(PLAIN)
    ok("net", tmp_path / "rows.csv", *ON, "--out", tmp_path / "out")
    damaged = tmp_path / "out" / name
    assert old in damaged.read_text()
    damaged.write_text(damaged.read_text().replace(old, new))
    done = run("verify", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bizoverbiz: ")


def test_the_installed_command_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(PLAIN)
    call = [COMMAND, "net", "rows.csv", *ON, "--out", "out"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    ok("net", tmp_path / "rows.csv", *ON, "--out", tmp_path / "here")
    assert proven(tmp_path / "out") == proven(tmp_path / "here")
    done = subprocess.run([COMMAND, "net", "none.csv"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bizoverbiz: none.csv: ")


def test_the_installed_command_ends_with_all_printed_or_says_that_it_could_not(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(PLAIN)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    call = [COMMAND, "net", "rows.csv", *ON, "--out", "out", "--json"]
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["obligations"] == len(PLAIN.splitlines()) - 1
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            call, cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode != 0
    assert "No space left" in done.stderr


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, list[bytes]]:
    """A good file, and an earlier result that no failure may touch."""
    (tmp_path / "rows.csv").write_text(PLAIN)
    ok("net", tmp_path / "rows.csv", *ON, "--out", tmp_path / "out")
    return tmp_path, proven(tmp_path / "out")


def refused(kept: tuple[Path, list[bytes]], *arguments: object) -> str:
    """What a wrong call says; it must leave everything as it was."""
    folder, before = kept
    entries = sorted(folder.iterdir())
    done = run("net", *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == entries
    assert proven(folder / "out") == before
    return done.stderr


@pytest.mark.parametrize(
    ("line", "place", "reason"),
    [
        ("5,A,B,-3", "line 3, column amount", "negative"),
        ("5,A,B,x", "line 3, column amount", "'x' is not a number"),
        ("5,A,A,3", "line 3", "owe"),
        ("5,,B,3", "line 3, column debtor", "empty"),
        ("1,A,B,3", "line 3, column id", "'1'"),
        ("5,A,B,1.5", "line 3, column amount", "decimals"),
        ("5,A,B", "line 3", "fields"),
        ("5,A,B,9223372036854775807", "line 3, column amount", "add up to more than 9,223,372,036,854,775,807"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    kept: tuple[Path, list[bytes]], line: str, place: str, reason: str
) -> None:
    path = kept[0] / "wrong.csv"
    path.write_text(f"id,debtor,creditor,amount\n1,A,B,5\n{line}\n2,B,A,5\n")
    for out in ("out", "new"):
        said = refused(kept, path, *ON, "--out", kept[0] / out)
        assert said.startswith("bizoverbiz: ")
        assert place in said
        assert reason in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--on", "yesterday"), "--on"),
        (("--on", "2026-02-30"), "no day such as"),
        (("--fairness", "2"), "fairness: 2 is not a share"),
        (("--fairness", "half"), "--fairness"),
        (("--fairness", "1/0"), "--fairness"),
        (("--decimals", "99"), "--decimals"),
        (("--currency", "XXX"), "--currency"),
        (("--pair-cap", "-1"), "--pair-cap"),
        (("--pair-cap", str(2**63)), "pair cap"),
        (("--gap", "1"), "--gap"),
        (("--nodes", "0"), "--nodes"),
        (("--backend", "abacus"), "--backend"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_a_wrong_option_is_refused_by_name(
    kept: tuple[Path, list[bytes]], options: tuple[str, ...], words: str
) -> None:
    assert words in refused(kept, kept[0] / "rows.csv", *options, "--out", kept[0] / "out")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("member,cap\nZ,5\n", "'Z', who has no obligation"),
        ("member,cap\nA,5\nA,6\n", "line 3: 'A' stands twice"),
        ("member,cap\nA,5.0\n", "line 2: 'A,5.0' is no member and cap"),
        ("member,cap\nA\n", "line 2"),
        ("A,²\n", "line 1"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_wrong_caps_of_members_are_refused_with_their_line(
    kept: tuple[Path, list[bytes]], content: str | bytes, words: str
) -> None:
    caps = kept[0] / "caps.csv"
    caps.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert words in refused(kept, kept[0] / "rows.csv", *ON, "--member-caps", caps, "--out", kept[0] / "out")


@pytest.mark.parametrize(
    "certificate",
    [
        "",
        "[]",
        '{"currency": 3}',
        '{"currency": {"EUR": {}}}',
        '{"currency": {"EUR": {"potentials": {"A": 0.5}}}}',
        '{"currency": {"EUR": {"potentials": {"A": 4294967296}}}}',
    ],
)
def test_a_broken_earlier_result_is_refused_as_a_start(kept: tuple[Path, list[bytes]], certificate: str) -> None:
    broken = kept[0] / "broken"
    assert str(broken) in refused(kept, kept[0] / "rows.csv", *ON, "--previous", broken, "--out", kept[0] / "out")
    broken.mkdir()
    (broken / "certificate.json").write_text(certificate)
    assert str(broken) in refused(kept, kept[0] / "rows.csv", *ON, "--previous", broken, "--out", kept[0] / "out")


def test_nothing_but_an_earlier_result_is_written_over(kept: tuple[Path, list[bytes]]) -> None:
    foreign = kept[0] / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    assert "'thesis.txt', which is no result" in refused(kept, kept[0] / "rows.csv", *ON, "--out", foreign)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]
    assert "is a file" in refused(kept, kept[0] / "rows.csv", *ON, "--out", kept[0] / "rows.csv")
    assert "choose another --out" in refused(kept, kept[0] / "rows.csv", *ON, "--out", kept[0] / "rows.csv" / "x")
    ok("net", kept[0] / "rows.csv", *ON, "--pair-cap", "10", "--out", kept[0] / "out")
    assert proven(kept[0] / "out") != kept[1]
    ok("verify", kept[0] / "out")
