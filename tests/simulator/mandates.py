"""Standing mandates of a simulated firm: what it gives, and what the engine may approve by them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

#: How an answer begins that no person has given.
BY_MANDATE = "mandate of "


def drawn(rng: Random, partners: list[str]) -> dict[str, Any]:
    """Rules as people set them: mostly a limit or two, sometimes a firm left out or a few firms only."""

    def limit(chance: float) -> int | None:
        return rng.choice((50, 500, 20_000, 300_000)) if rng.random() < chance else None

    currencies = [
        {"currency": currency, "per_round": limit(0.5), "per_line": limit(0.3), "per_counterpart": limit(0.3)}
        for currency in (("EUR",) if rng.random() < 0.5 else ("EUR", "CHF"))
    ]
    without = [{"counterpart": rng.choice(partners), "currency": "EUR", "per_round": 0}] if rng.random() < 0.3 else []
    only = rng.sample(partners, len(partners) // 2 + 1) if rng.random() < 0.2 else None
    return {
        "currencies": currencies,
        "counterparts": without,
        "only_counterparts": only,
        "only_overdue": rng.random() < 0.2,
        "whole": rng.random() < 0.4,
    }


def allow(rules: dict[str, Any], currency: str, lines: list[dict[str, Any]], name: str) -> bool:
    """Whether all that stands under `name` in the lines could have been approved by these rules.

    What is proposed is not known of a notice; then only the ceiling limits a line.
    """
    rule = next((one for one in rules["currencies"] if one["currency"] == currency), None)
    if rule is None:
        return not any(line[name] for line in lines)
    own = {one["counterpart"]: one["per_round"] for one in rules["counterparts"] if one["currency"] == currency}
    sides: Counter[str] = Counter()
    firms: Counter[tuple[str, str]] = Counter()
    for line in lines:
        amount = line[name] or 0
        most = line["ceiling"] if rules["whole"] else line.get("proposed", line["ceiling"])
        only = rules["only_counterparts"]
        if amount > most or (rule["per_line"] is not None and amount > rule["per_line"]):
            return False
        if amount and only is not None and line["counterpart"] not in only:
            return False
        sides[line["side"]] += amount
        firms[line["side"], line["counterpart"]] += amount
    within = all(rule["per_round"] is None or total <= rule["per_round"] for total in sides.values())
    limits = {firm: own.get(firm[1], rule["per_counterpart"]) for firm in firms}
    return within and all(limit is None or firms[firm] <= limit for firm, limit in limits.items())
