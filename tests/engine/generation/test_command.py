"""`bizoverbiz generate`, as its user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bizoverbiz.cli.generate import generate
from bizoverbiz.generation import draw_network

COMMAND = typer.Typer(rich_markup_mode=None)
COMMAND.command()(generate)
SMALL = ["--firms", "30", "--obligations", "120", "--seed", "4"]


def test_without_a_file_the_rows_go_to_standard_output_and_the_statistics_beside_it() -> None:
    run = CliRunner().invoke(COMMAND, SMALL)
    assert run.exit_code == 0
    assert run.stdout == draw_network(30, 120, 4).frame().write_csv()
    figures = dict(line.split("  ", 1) for line in run.stderr.splitlines())
    assert figures["obligations"].strip() == "120"
    assert figures["net internal debt"].strip() == "50.0 %"
    assert figures["clearable"].strip().endswith("%")


def test_with_a_file_nothing_goes_to_standard_output(tmp_path: Path) -> None:
    target = tmp_path / "obligations.csv"
    run = CliRunner().invoke(COMMAND, [*SMALL, "--out", str(target), "--on", "2025-03-01"])
    assert (run.exit_code, run.stdout) == (0, "")
    assert len(target.read_text().splitlines()) == 121
    assert "2025-0" in target.read_text()
    assert "2026-" not in target.read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--firms", "1", "--obligations", "5", "--seed", "0"], "--firms"),
        (["--firms", "5", "--obligations", "0", "--seed", "0"], "--obligations"),
        (["--firms", "5", "--obligations", "5", "--seed", "-1"], "--seed"),
        (["--firms", "5", "--obligations", "999999999", "--seed", "0"], "ask for 1 to 100,000,000"),
        ([*SMALL, "--on", "yesterday"], "--on"),
        ([*SMALL, "--on", "0012-01-01"], "no day for invoices"),
        ([*SMALL, "--out", "obligations.txt"], "the ending says no format"),
        ([*SMALL, "--out", "nowhere/obligations.csv"], "does not exist"),
    ],
)
def test_wrong_usage_ends_with_status_2_and_the_reason(arguments: list[str], reason: str) -> None:
    run = CliRunner(env={"COLUMNS": "300"}).invoke(COMMAND, arguments)
    assert (run.exit_code, run.stdout) == (2, "")
    assert reason in run.stderr


def test_other_commands_do_not_wait_for_numpy_and_polars() -> None:
    code = "import sys, bizoverbiz.cli.generate; print({'numpy', 'polars', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
