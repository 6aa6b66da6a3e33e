"""Result tables made from a list of debts, as `net` writes them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import polars as pl

Debt = tuple[str, str, str, int, int]
SETOFFS = {
    "id": pl.String, "debtor": pl.String, "creditor": pl.String, "currency": pl.String, "amount": pl.Int64,
    "ceiling": pl.Int64, "set_off": pl.Int64, "remaining": pl.Int64, "rule": pl.String,
}  # fmt: skip
MEMBERS = {
    "member": pl.String, "currency": pl.String, "receivable": pl.Int64, "payable": pl.Int64,
    "net_before": pl.Int64, "net_after": pl.Int64, "set_off": pl.Int64,
}  # fmt: skip
AGES = {"currency": pl.String, "age": pl.String, "amount": pl.Int64, "set_off": pl.Int64}


def result(debts: Iterable[Debt], *, decimals: int = 2, **options: Any) -> dict[str, Any]:
    """Give the arguments of `render` for debts (currency, debtor, creditor, amount, set off), all not yet due."""
    rows, members, currencies = [], defaultdict(lambda: [0, 0, 0]), defaultdict(lambda: [0, 0])
    for i, (currency, debtor, creditor, amount, set_off) in enumerate(debts):
        rows.append((f"I{i}", debtor, creditor, currency, amount, amount, set_off, amount - set_off, ""))
        members[currency, creditor][0] += amount
        members[currency, debtor][1] += amount
        members[currency, creditor][2] += set_off
        members[currency, debtor][2] += 0
        currencies[currency][0] += amount
        currencies[currency][1] += set_off
    net = defaultdict(int)
    for (currency, _), (receivable, payable, _) in members.items():
        net[currency] += max(0, receivable - payable)
    summary = {
        "format": 1,
        "input": {"name": "input.csv", "sha256": "0123456789abcdef" * 4, "rows": len(rows)},
        "firms": len({name for _, name in members}),
        "obligations": len(rows),
        "on": "2026-11-01",
        "decimals": decimals,
        "options": options,
        "currency": {
            code: {
                "total": total,
                "set_off": set_off,
                "percent": 100 * set_off / max(1, total),
                "net_internal_debt": net[code],
                "upper_bound": set_off,
            }
            for code, (total, set_off) in currencies.items()
        },
        "optimal": True,
        "seconds": {"read": 0.1},
    }
    columns = [(name, code, r, p, r - p, r - p, s) for (code, name), (r, p, s) in sorted(members.items())]
    return {
        "summary": summary,
        "setoffs": pl.DataFrame(rows, schema=SETOFFS, orient="row"),
        "members": pl.DataFrame(columns, schema=MEMBERS, orient="row"),
        "ages": pl.DataFrame(
            [(code, "not_yet_due", total, set_off) for code, (total, set_off) in currencies.items()],
            schema=AGES,
            orient="row",
        ),
    }
