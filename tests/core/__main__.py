"""python -m tests.core: run Odoo's own accounting tests in a database with our addons and in one without; compare."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from demo.databases import ROOT, Cluster, base_template, plain_template, run_books

from . import results, watch

#: Unless all are asked for: the tests of what a set-off touches.
CHOSEN = ("test_account_move_reconcile", "test_account_payment_register", "test_account_inalterable_hash")
#: Of these, what tries the same once more in another currency or in another batch: an addon changes both or neither.
REPEATED = ("foreign", "currency", "exchange", "rounding", "batch", "versioning")
MODULES = ("account", "l10n_fr_account")
#: Needs every country's chart, and Odoo's own runner.
NOT_FOR_PYTEST = ("test_account_all_l10n",)
#: Installed on both sides where all tests run: what our addons bring with them or wait for; so all of ours are there.
BESIDE = ("crm", "sale", "purchase")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.core", description=__doc__)
    parser.add_argument("--var", type=Path, required=True, help="the folder for databases, logs and reports")
    parser.add_argument(
        "--all", action="store_true", help="all tests of account and l10n_fr_account, not the chosen ones"
    )
    options = parser.parse_args()
    folder = options.var.resolve()
    cluster = Cluster(folder)
    files = tests(cluster, everything=options.all)
    records = {"core_without": folder / "core-without.jsonl", "core_with": folder / "core-with.jsonl"}
    make_databases(cluster, BESIDE if options.all else ())
    which = [] if options.all else ["-k", f"not ({' or '.join(REPEATED)})"]
    running = [start(cluster, database, record, [*which, *map(str, files)]) for database, record in records.items()]
    minutes = 240 if options.all else 15
    in_time = ended(running, 60 * minutes)
    without, with_addons = (results.read(record) for record in records.values())
    for name, outcomes in (("without", without), ("with", with_addons)):
        counts = Counter(outcomes.values())
        print(f"{name} the addons: {len(outcomes)} tests, {', '.join(f'{n} {kind}' for kind, n in counts.items())}")
    if failing := results.failing_on_both_sides(without, with_addons):
        print("\n".join(["Failing with the addons and without:", *(f"  {name}" for name in failing)]))
    different = results.differences(without, with_addons)
    print("\n".join(different) or "No test differs.")
    if not in_time:
        print(f"Not through within {minutes} minutes: see core-with.log and core-without.log in {folder}.")
    return 1 if different or not without or not in_time else 0


def make_databases(cluster: Cluster, beside: tuple[str, ...]) -> None:
    """core_without and core_with, which differ by our addons alone."""
    # One after the other: two templates cannot be built and copied at the same time.
    cluster.create("core_without", plain_template(cluster))
    cluster.create("core_with", base_template(cluster))
    for database in ("core_without", "core_with"):
        if beside:
            run_books(cluster, [["install", f"--db={database}", *beside]], print)
        with cluster.cursor() as cr:
            # With statistics of an almost empty database, a query of core's payment status takes a nested loop that
            # never ends.
            cr.execute(f"ALTER DATABASE {database} SET enable_nestloop = off")
            # A signal waits for the server's answer: the server gives up first.
            cr.execute(f"ALTER DATABASE {database} SET statement_timeout = '{watch.LIMIT // 2}s'")


def ended(running: list[subprocess.Popen[bytes]], seconds: float) -> bool:
    """Whether all have come to their end in time; the others are killed."""
    end = time.monotonic() + seconds
    try:
        for process in running:
            process.wait(max(0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    finally:
        for process in running:
            process.kill()
            process.wait()
    return True


def tests(cluster: Cluster, *, everything: bool) -> list[Path]:
    """Odoo's test files, wherever Odoo is."""
    ask = "from odoo.modules import module as m; m.initialize_sys_path(); print(m.get_module_path('account'))"
    said = subprocess.run([cluster.odoo_python, "-c", ask], capture_output=True, text=True, check=True)
    addons = Path(said.stdout.strip()).parent
    if not everything:
        return [addons / "account" / "tests" / f"{name}.py" for name in CHOSEN]
    files = sorted(file for module in MODULES for file in (addons / module / "tests").glob("test_*.py"))
    return [file for file in files if file.stem not in NOT_FOR_PYTEST]


def start(cluster: Cluster, database: str, record: Path, tests: list[str]) -> subprocess.Popen[bytes]:
    record.unlink(missing_ok=True)
    command = [cluster.odoo_python, "-m", "pytest", "-c", "/dev/null", f"--rootdir={Path(tests[-1]).parents[2]}"]
    command += ["-v", "-W", "ignore", "-p", "no:cacheprovider", "-p", "tests.core.watch"]
    command += [f"--odoo-database={database}", "--odoo-http", "--durations=30"]
    with record.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            [*command, *tests],
            cwd=ROOT,
            env={
                **os.environ,
                "ODOO_RC": cluster.odoo_rc,
                "PYTHONDONTWRITEBYTECODE": "1",
                watch.RECORD: str(record),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )


if __name__ == "__main__":
    sys.exit(main())
