"""python -m demo run|stop|template: see `make help` for the ways to call it."""

import argparse
import subprocess
import sys
from pathlib import Path

import httpx
from rich.markup import escape

from demo import scenario, screen
from demo.checks import InvariantError
from demo.databases import BooksError, Cluster, base_template, plain_template, run_books
from demo.member import ExchangeError
from demo.odoo_client import OdooError
from demo.processes import ProcessDiedError
from demo.progress import PatienceError, console
from demo.run import Demo, run
from demo.stack import EngineCommandError, Stack

EXPECTED = (
    InvariantError, BooksError, ExchangeError, OdooError, ProcessDiedError, PatienceError, EngineCommandError,
    httpx.TransportError, subprocess.TimeoutExpired,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description="One netting round between six Odoo firms.")
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="run it and leave a second round waiting for an approval by hand")
    runs.add_argument("--no-second-round", action="store_true", help="stop everything after the first round")
    stops = commands.add_parser("stop", help="end what a run left")
    template = commands.add_parser("template", help="build a French Odoo database with the addons, or without")
    template.add_argument(
        "--name", required=True, nargs="+", help="the database to make, anew if it exists; more are copies of it"
    )
    template.add_argument("--also", nargs="*", default=[], help="Odoo's modules to install beside, such as a chart")
    template.add_argument("--plain", action="store_true", help="without the addons")
    for command in (runs, stops, template):
        command.add_argument("--var", type=Path, required=True, help="the folder for databases, logs and results")
    options = parser.parse_args()
    folder = options.var.resolve()
    if options.command == "run":
        return _run(folder, second_round=not options.no_second_round)
    if options.command == "stop":
        ended = Stack.stop(folder) if folder.exists() else []
        console.print(f"Stopped: {', '.join(ended)}." if ended else "Nothing of the demonstration was running.")
    else:
        return _make_template(folder, options)
    return 0


def _make_template(folder: Path, options: argparse.Namespace) -> int:
    try:
        cluster = Cluster(folder)
        first, *copies = options.name
        cluster.create(first, (plain_template if options.plain else base_template)(cluster))
        if options.also:
            run_books(cluster, [["install", *options.also, f"--db={first}"]], print)
        for copy in copies:
            cluster.create(copy, first)
    except BooksError as error:
        console.print(f"[bold red]{escape(', '.join(options.name))}: not made.[/] {escape(str(error))}")
        return 1
    return 0


def _run(folder: Path, second_round: bool) -> int:
    try:
        demo = run(folder, second_round)
    except EXPECTED as error:
        console.print(f"\n[bold red]The demonstration failed.[/] {type(error).__name__}:")
        console.print(str(error), markup=False)
        console.print(f"Logs: {folder / 'log'}")
        Stack.stop(folder)
        return 1
    except KeyboardInterrupt:
        console.print("\nInterrupted; stopping.")
        Stack.stop(folder)
        return 130
    if not second_round:
        Stack.stop(folder)
        return 0
    _show_way_on(demo, folder)
    return 0


def _show_way_on(demo: Demo, folder: Path) -> None:
    member = next(member for member in demo.members if member.firm.key == scenario.LEFT_WAITING)
    statement = member.statement(demo.waiting)
    stack = demo.stack
    screen.show_way_on(
        stack.odoo_url, stack.doorman_port, scenario.LEFT_WAITING, statement, str(folder / "result.json")
    )


if __name__ == "__main__":
    sys.exit(main())
