"""python -m tests.core: run Odoo's own accounting tests in a database with our addons and in one without; compare."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from demo.databases import ROOT, Cluster, base_template, plain_template

from . import results

#: Unless all are asked for: the tests of what a set-off touches.
CHOSEN = ("test_account_move_reconcile", "test_account_payment_register", "test_account_inalterable_hash")
#: Of these, what tries the same once more in another currency or in another batch: an addon changes both or neither.
REPEATED = ("foreign", "currency", "exchange", "rounding", "batch", "versioning")
MODULES = ("account", "l10n_fr_account")


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
    reports = {"core_without": folder / "core-without.xml", "core_with": folder / "core-with.xml"}
    # One after the other: two templates cannot be built and copied at the same time.
    cluster.create("core_without", plain_template(cluster))
    cluster.create("core_with", base_template(cluster))
    # With statistics of an almost empty database, a query of core's payment status takes a nested loop that never ends.
    for database in reports:
        with cluster.cursor() as cr:
            cr.execute(f"ALTER DATABASE {database} SET enable_nestloop = off")
    which = [] if options.all else ["-k", f"not ({' or '.join(REPEATED)})"]
    running = [start(cluster, database, report, [*which, *map(str, files)]) for database, report in reports.items()]
    minutes = 240 if options.all else 15
    try:
        for process in running:
            process.wait(60 * minutes)
    except subprocess.TimeoutExpired:
        for process in running:
            process.kill()
            process.wait()
        print(f"Not through within {minutes} minutes: see core-with.log and core-without.log in {folder}.")
        return 1
    without, with_addons = (results.read(report) for report in reports.values())
    for name, outcomes in (("without", without), ("with", with_addons)):
        counts = Counter(outcomes.values())
        print(f"{name} the addons: {len(outcomes)} tests, {', '.join(f'{n} {kind}' for kind, n in counts.items())}")
    different = results.differences(without, with_addons)
    print("\n".join(different) or "No test differs.")
    return 1 if different or not without else 0


def tests(cluster: Cluster, *, everything: bool) -> list[Path]:
    """Odoo's test files, wherever Odoo is."""
    ask = "from odoo.modules import module as m; m.initialize_sys_path(); print(m.get_module_path('account'))"
    said = subprocess.run([cluster.odoo_python, "-c", ask], capture_output=True, text=True, check=True)
    addons = Path(said.stdout.strip()).parent
    if everything:
        return sorted(file for module in MODULES for file in (addons / module / "tests").glob("test_*.py"))
    return [addons / "account" / "tests" / f"{name}.py" for name in CHOSEN]


def start(cluster: Cluster, database: str, report: Path, tests: list[str]) -> subprocess.Popen[bytes]:
    report.unlink(missing_ok=True)
    command = [cluster.odoo_python, "-m", "pytest", "-c", "/dev/null", f"--rootdir={Path(tests[-1]).parents[2]}"]
    command += ["-q", "-W", "ignore", "-p", "no:cacheprovider", f"--odoo-database={database}", "--odoo-http"]
    log = report.with_suffix(".log").open("wb")
    return subprocess.Popen(
        [*command, f"--junitxml={report}", *tests],
        cwd=ROOT,
        env={**os.environ, "ODOO_RC": cluster.odoo_rc, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )


if __name__ == "__main__":
    sys.exit(main())
