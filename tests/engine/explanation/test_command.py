"""`bizoverbiz explain`, as an accountant runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bizoverbiz.cli.explain import explain
from bizoverbiz.explanation import UnknownError

from ..verification.writing import write_result
from .networks import NARROW

app = typer.Typer()
app.command()(explain)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return write_result(tmp_path / "r", NARROW)


def run(*arguments: object, **environment: str) -> tuple[int, str]:
    env = {"LC_ALL": "C.UTF-8", "LC_MESSAGES": "", "LANG": ""} | environment
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_a_member_reads_why_in_its_terminals_language(result: Path) -> None:
    assert "Main reason" in run(result, "--member", "A")[1]
    assert "Raison principale" in run(result, "--member", "A", LC_ALL="fr_FR.UTF-8")[1]
    assert "Raison principale" in run(result, "--member", "A", LC_ALL="", LANG="fr_BE.UTF-8")[1]
    assert "Main reason" in run(result, "--member", "A", "--lang", "en", LC_ALL="fr_FR.UTF-8")[1]


def test_machines_get_codes_and_minor_units(result: Path) -> None:
    told = json.loads(run(result, "--member", "A", "--json")[1])
    assert told["member"] == "A"
    assert told["currency"]["EUR"]["main_reason"] == "bottleneck"
    assert told["currency"]["EUR"]["groups"][0] == {
        "side": "payable",
        "reason": "bottleneck",
        "rule": None,
        "obligations": 1,
        "amount": 100,
        "set_off": 30,
        "remaining": 70,
        "members": ["B"],
    }
    told = json.loads(run(result, "--obligation", "ab", "--json")[1])
    assert (told["reason"], told["bottleneck"]) == ("bottleneck", [{"debtor": "C", "creditor": "D", "ceiling": 30}])
    assert told["remedies"] == [
        {"help": "sell_to_supplier", "member": "B", "obligation": None, "rule": None, "amount": 70, "total": 140}
    ]


def test_a_member_may_ask_for_one_of_its_obligations(result: Path) -> None:
    assert json.loads(run(result, "--obligation", "ab", "--as", "B", "--json")[1])["asker"] == "B"


@pytest.mark.parametrize(
    "arguments", [(), ("--member", "A", "--obligation", "ab"), ("--member", "A", "--as", "B")], ids=str
)
def test_a_question_that_is_none_is_wrong_usage(result: Path, arguments: tuple[str, ...]) -> None:
    assert run(result, *arguments)[0] == 2


def test_an_unknown_member_is_an_error_in_one_line(result: Path) -> None:
    with pytest.raises(UnknownError, match="no member 'Z' in this result"):
        run(result, "--member", "Z")
