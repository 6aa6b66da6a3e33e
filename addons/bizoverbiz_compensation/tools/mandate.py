"""Whether what the engine says was approved by mandate is within the mandate that was given.

The engine applies the rules; these books check them before an approval counts, as they check a notice before booking.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


def is_within(rules: Mapping[str, Any], currency: str, lines: Iterable[Mapping[str, Any]], cut_on: date) -> bool:
    """Whether the rules cover every approved line of a statement.

    :param rules: as docs/protocol.md gives them; amounts in minor units
    :param lines: of the statement, each with ``side``, ``counterpart``, ``due_date``, ``ceiling``, ``proposed`` and
        ``approved``
    :param cut_on: the day of the round's cut-off
    """
    limits = next((one for one in rules["currencies"] if one["currency"] == currency), None)
    if limits is None:
        return False
    own = {one["counterpart"]: one["per_round"] for one in rules["counterparts"] if one["currency"] == currency}
    taken: dict[tuple[str, ...], int] = defaultdict(int)
    for line in lines:
        if not line["approved"]:
            continue
        if not _covers(rules, limits, line, cut_on):
            return False
        taken[(line["side"],)] += line["approved"]
        taken[line["side"], line["counterpart"]] += line["approved"]
    return all(
        _fits(amount, limits["per_round"] if len(place) == 1 else own.get(place[1], limits["per_counterpart"]))
        for place, amount in taken.items()
    )


def _covers(rules: Mapping[str, Any], limits: Mapping[str, Any], line: Mapping[str, Any], cut_on: date) -> bool:
    due = line.get("due_date")
    if rules["only_overdue"] and (not due or date.fromisoformat(due) >= cut_on):
        return False
    if rules["only_counterparts"] is not None and line["counterpart"] not in rules["only_counterparts"]:
        return False
    most = line["ceiling"] if rules["whole"] else line["proposed"]
    return _fits(line["approved"], most) and _fits(line["approved"], limits["per_line"])


def _fits(amount: int, limit: int | None) -> bool:
    return limit is None or amount <= limit
