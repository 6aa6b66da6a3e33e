"""What a test run said, test by test, and where two runs differ."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree


def read(report: Path) -> dict[str, str]:
    """Outcome by test of a JUnit report: passed, skipped, failed or error; of a name that is there twice the worst."""
    order = ("passed", "skipped", "failed", "error")
    outcomes: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        outcome = next(
            (kind for kind in ("error", "failed", "skipped") if case.find(_TAGS[kind]) is not None), "passed"
        )
        outcomes[name] = max(outcomes.get(name, "passed"), outcome, key=order.index)
    return outcomes


_TAGS = {"error": "error", "failed": "failure", "skipped": "skipped"}


def differences(without: dict[str, str], with_addons: dict[str, str]) -> list[str]:
    """One line for each test that the addons change, lose or add."""
    return [
        f"{name}: {without.get(name, 'not there')} without the addons, {with_addons.get(name, 'not there')} with them"
        for name in sorted(without.keys() | with_addons.keys())
        if without.get(name) != with_addons.get(name)
    ]
