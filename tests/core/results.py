"""What a test run said, test by test, and where two runs differ."""

from __future__ import annotations

import json
from pathlib import Path

#: From best to worst; a test that says several things, of its subtests or of its tear-down, counts as the worst.
ORDER = ("passed", "skipped", "failed", "error")


def read(record: Path) -> dict[str, str]:
    """Outcome by test of what `watch` has written down."""
    outcomes: dict[str, str] = {}
    for line in record.read_text().splitlines() if record.exists() else ():
        said = json.loads(line)
        outcomes[said["test"]] = max(outcomes.get(said["test"], "passed"), said["outcome"], key=ORDER.index)
    return outcomes


def failing_on_both_sides(without: dict[str, str], with_addons: dict[str, str]) -> list[str]:
    """What says nothing of the addons, and something of the machine or of Odoo's release."""
    bad = ("failed", "error")
    return sorted(name for name in without if without[name] in bad and with_addons.get(name) in bad)


def differences(without: dict[str, str], with_addons: dict[str, str]) -> list[str]:
    """One line for each test that the addons change, lose or add."""
    return [
        f"{name}: {without.get(name, 'not there')} without the addons, {with_addons.get(name, 'not there')} with them"
        for name in sorted(without.keys() | with_addons.keys())
        if without.get(name) != with_addons.get(name)
    ]
