"""Result directories for tests, written row by row in plain Python, as different from the verification as can be."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bizoverbiz.netting import Obligation, net

ON = date(2026, 11, 22)
STEPS = ("read", "reduce", "solve", "impute", "verify", "write")
SETOFF_COLUMNS = ("id", "debtor", "creditor", "currency", "amount", "ceiling", "set_off", "remaining", "rule")
MEMBER_COLUMNS = ("member", "currency", "receivable", "payable", "net_before", "net_after", "set_off")


@dataclass(frozen=True)
class Line:
    id: str
    debtor: str
    creditor: str
    amount: int
    currency: str = "EUR"
    due: date | None = None
    rule: str = ""
    #: None: the whole amount, or nothing where a rule is named.
    lowered: int | None = None

    @property
    def ceiling(self) -> int:
        if self.lowered is not None:
            return self.lowered
        return 0 if self.rule else self.amount

    @property
    def order(self) -> tuple[str, str, str, date, str]:
        return self.currency, self.debtor, self.creditor, self.due or date.max, self.id


@dataclass(frozen=True)
class Solved:
    """Set-offs by id and their proof, in one currency."""

    set_offs: Mapping[str, int]
    potentials: Mapping[str, int]
    multipliers: Mapping[str, int]
    caps: Mapping[str, int]
    floors: Mapping[str, int]
    solver: Mapping[str, Any] | None = None


def solve(lines: Iterable[Line]) -> Solved:
    result = net([Obligation(o.id, o.debtor, o.creditor, o.ceiling, o.due) for o in lines], on=ON)
    return Solved(result.set_offs, result.certificate.potentials, {}, {}, {})


def bound(lines: Iterable[Line], solved: Solved) -> int:
    p, mu = solved.potentials, solved.multipliers
    worths = ((o.ceiling, 1 + p.get(o.debtor, 0) - mu.get(o.debtor, 0) - p.get(o.creditor, 0)) for o in lines)
    return (
        sum(ceiling * max(0, worth) for ceiling, worth in worths)
        + sum(cap * max(0, mu.get(member, 0)) for member, cap in solved.caps.items())
        - sum(floor * max(0, -mu.get(member, 0)) for member, floor in solved.floors.items())
    )


def write_input(path: Path, lines: Iterable[Line], ids: bool = True) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([*(["id"] if ids else []), "debtor", "creditor", "currency", "amount", "due_date"])
        for o in lines:
            rows.writerow(
                [
                    *([o.id] if ids else []),
                    o.debtor,
                    o.creditor,
                    o.currency,
                    f"{o.amount // 100}.{o.amount % 100:02}",
                    o.due or "",
                ]
            )


def write_result(
    directory: Path,
    lines: Sequence[Line],
    solved: Mapping[str, Solved] | None = None,
    *,
    optimal: bool = True,
    options: Mapping[str, Any] | None = None,
    source: Path | None = None,
) -> Path:
    """Write a result directory; without `solved` the real netting solves each currency.

    Options that caps and floors of `solved` need are added to those given.
    """
    directory.mkdir(exist_ok=True)
    currencies = sorted({o.currency for o in lines})
    parts = {code: [o for o in lines if o.currency == code] for code in currencies}
    solved = solved or {code: solve(part) for code, part in parts.items()}
    with (directory / "setoffs.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(SETOFF_COLUMNS)
        for o in sorted(lines, key=lambda o: o.order):
            f = solved[o.currency].set_offs[o.id]
            rows.writerow([o.id, o.debtor, o.creditor, o.currency, o.amount, o.ceiling, f, o.amount - f, o.rule])
    figures, certificates, members = {}, {}, []
    for code, part in parts.items():
        one = solved[code]
        total, set_off = sum(o.amount for o in part), sum(one.set_offs[o.id] for o in part)
        debt = 0
        for member in sorted({o.debtor for o in part} | {o.creditor for o in part}):
            receivable = sum(o.amount for o in part if o.creditor == member)
            net_before = receivable - (payable := sum(o.amount for o in part if o.debtor == member))
            cleared = sum(one.set_offs[o.id] for o in part if o.creditor == member)
            debt += max(0, net_before)
            members.append([member, code, receivable, payable, net_before, net_before, cleared])
        certificates[code] = {
            "total": set_off,
            "bound": bound(part, one),
            "potentials": dict(sorted(one.potentials.items())),
            "multipliers": one.multipliers,
            "caps": one.caps,
            "floors": one.floors,
        } | ({"solver": one.solver} if one.solver else {})
        figures[code] = {
            "total": total,
            "set_off": set_off,
            "percent": round(100 * set_off / total, 2) if total else 0.0,
            "net_internal_debt": debt,
            "upper_bound": one.solver["bound"] if one.solver else bound(part, one),
        }
    with (directory / "members.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(MEMBER_COLUMNS)
        rows.writerows(sorted(members, key=lambda row: (row[1], row[0])))
    write_json(directory / "certificate.json", {"format": 1, "currency": certificates})
    sha256 = hashlib.sha256(source.read_bytes() if source else b"").hexdigest()
    write_json(
        directory / "summary.json",
        {
            "format": 1,
            "input": {"name": source.name if source else "obligations.csv", "sha256": sha256, "rows": len(lines)},
            "firms": len({row[0] for row in members}),
            "obligations": len(lines),
            "on": ON.isoformat(),
            "decimals": 2,
            "options": _limits(solved) | dict(options or {}),
            "currency": figures,
            "optimal": optimal,
            "seconds": dict.fromkeys(STEPS, 0.01),
        },
    )
    (directory / "report.html").write_text("<!doctype html><title>Set-off</title>", encoding="utf-8")
    return directory


def _limits(solved: Mapping[str, Solved]) -> dict[str, Any]:
    capped, floored = any(one.caps for one in solved.values()), any(one.floors for one in solved.values())
    return ({"member_caps": 1} if capped else {}) | ({"fairness": {"wanted": "1/2"}} if floored else {})


def write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
