"""`bizoverbiz verify`, as an auditor runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bizoverbiz.cli.verify import verify
from bizoverbiz.verification import VerificationError

from .writing import Line, Solved, write_input, write_result

LINES = [Line("1", "A", "B", 123456), Line("2", "B", "A", 100000)]
app = typer.Typer()
app.command()(verify)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    write_input(tmp_path / "input.csv", LINES)
    return write_result(tmp_path / "r", LINES, source=tmp_path / "input.csv")


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, VerificationError):
        raise done.exception
    return done.exit_code, done.output


def test_it_says_what_holds_and_what_is_proven(result: Path) -> None:
    code, said = run(result)
    assert code == 0
    assert "Holds, as far as its files alone can show: 2 obligations of 2 firms" in said
    assert "2,000.00 EUR of 2,234.56 EUR set off; the certificate proves that no more was possible" in said


def test_quiet_says_nothing(result: Path) -> None:
    assert run(result, "--quiet") == (0, "")


def test_machines_get_the_figures_in_minor_units(result: Path) -> None:
    code, said = run(result, "--json")
    assert code == 0
    assert json.loads(said) == {
        "holds": True,
        "input_compared": False,
        "currency": {
            "EUR": {
                "obligations": 2,
                "firms": 2,
                "total": 223456,
                "set_off": 200000,
                "bound": 200000,
                "proof": "certificate",
            }
        },
    }


def test_a_damaged_result_is_an_error_for_people_and_a_status_for_machines(result: Path) -> None:
    (result / "members.csv").unlink()
    with pytest.raises(VerificationError, match=r"members\.csv: is missing"):
        run(result)
    code, said = run(result, "--json")
    assert code == 1
    assert json.loads(said)["file"] == "members.csv"


def test_an_unproven_optimum_is_said_to_be_one(tmp_path: Path) -> None:
    set_offs = {"1": 50000, "2": 50000}
    for solver, words in (
        (None, "not proven to be the most; at most 2,234.56 EUR was possible"),
        ({"bound": 100000, "gap": 0.0, "reproducible": True}, "the solver says that no more was possible"),
    ):
        solved = Solved(set_offs, {}, {}, {}, {}, solver)
        result = write_result(tmp_path / "r", LINES, {"EUR": solved}, optimal=False)
        assert words in run(result)[1]


def test_the_input_is_compared_on_demand(result: Path, tmp_path: Path) -> None:
    assert "is made from" in run(result, tmp_path / "input.csv")[1]
