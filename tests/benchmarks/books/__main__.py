"""python -m tests.benchmarks.books: measure, then write docs/benchmarks-odoo.md and .json."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.databases import Cluster, base_template
from tests.benchmarks.service.network import engine, fill, serving, siren

from .. import machine
from ..measuring import ROOT
from . import writing

DATABASE = "bench_odoo"
#: Members of the network with whom the firm has its open items.
PARTNERS = 200


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.books", description=__doc__)
    parser.add_argument("--items", type=int, default=50_000, help="open invoices and bills to declare")
    parser.add_argument("--notice", type=int, default=2_000, help="lines of the notice to book")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks-odoo", help="without suffix")
    options = parser.parse_args(arguments)
    figures: dict[str, Any] = {"machine": machine.describe()}
    with tempfile.TemporaryDirectory(prefix="bizoverbiz-bench-") as folder:
        try:
            figures |= _measured(Path(folder), options)
        finally:
            Cluster.stop(Path(folder))
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    options.out.with_suffix(".md").write_text(writing.page(figures), encoding="utf-8")
    print(f"written: {options.out}.md, {options.out}.json")
    return 0


def _measured(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    folder.chmod(0o755)
    cluster = Cluster(folder)
    cluster.create(DATABASE, base_template(cluster))
    with engine() as stack:
        fill(stack, members=PARTNERS, obligations=10 * PARTNERS)
        with serving(stack, 1):
            invitation = json.loads(stack.command("invitation", "create", "--json"))["invitation"]
            partners = [siren(index) for index in range(PARTNERS)]
            sizes = {"items": options.items, "notice": options.notice}
            task = {"invitation": invitation, "partners": partners, **sizes}
            return _under_odoo(cluster, task)


def _under_odoo(cluster: Cluster, task: dict[str, Any]) -> dict[str, Any]:
    """Everything that is measured in Odoo, in one process of its own: the task goes in as JSON, figures come out."""
    words = [cluster.odoo_python, "-m", "tests.benchmarks.books.measure", cluster.odoo_rc, DATABASE]
    done = subprocess.run(
        words, input=json.dumps(task), stdout=subprocess.PIPE, cwd=ROOT, text=True, env=os.environ, check=False
    )
    if done.returncode:
        raise SystemExit(f"measuring under Odoo failed with {done.returncode}; its last words stand above")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
