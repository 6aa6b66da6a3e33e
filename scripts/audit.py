"""audit.py FILE…: known vulnerabilities of the packages pinned there, by pip-audit.

Fails on findings. Where the vulnerability data is out of reach it says so and does not fail: a linter that needs the
internet would otherwise hold up every change made without it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def audit(file: str) -> dict[str, Any] | str:
    """What pip-audit found, or in its last words why it could not look."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "found.json")
        options = ["--no-deps", "--disable-pip", "--progress-spinner=off", "--timeout=10", "--format=json"]
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "pip_audit", "-r", file, *options, f"--output={out}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if out.exists() and out.stat().st_size:
            return dict(json.loads(out.read_text()))
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]


def told(file: str, found: dict[str, Any] | str) -> tuple[str, bool]:
    """One or several lines, and whether they hold up the change."""
    if isinstance(found, str):
        return f"{file}: NOT AUDITED, the vulnerability data is out of reach: {found[:300]}", False
    packages = found["dependencies"]
    skipped = [each for each in packages if "skip_reason" in each]
    if len(skipped) == len(packages):
        return f"{file}: NOT AUDITED, the package index here has no vulnerability data", False
    findings = [
        f"{file}: {each['name']} {each['version']}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'none'}"
        for each in packages
        for one in each.get("vulns", ())
    ]
    missed = f"; not audited: {', '.join(each['name'] for each in skipped)}" if skipped else ""
    summary = f"{file}: {len(packages) - len(skipped)} packages, {len(findings)} known vulnerabilities{missed}"
    return "\n".join([*findings, summary]), bool(findings)


if __name__ == "__main__":
    results = [told(file, audit(file)) for file in sys.argv[1:]]
    print("\n".join(text for text, _ in results))
    sys.exit(any(bad for _, bad in results))
