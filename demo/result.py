"""The figures of a decided round: for the screen and for result.json. Amounts are integer cents."""

from collections.abc import Sequence
from typing import Any

from demo.checks import Evidence, new_entries
from demo.firms import FIRMS, Firm
from demo.ledger import Key, agreed
from demo.member import Member


def figures(found: Evidence) -> dict[str, Any]:
    """`firms` and `network`: matched obligations only, each counted at what both parties' books agree is open."""
    matched = {line.key for line in found.lines}
    before = {key: amount for key, amount in agreed(found.before).items() if key in matched}
    after = {key: amount for key, amount in agreed(found.after).items() if key in matched}
    return {
        "firms": [_firm(found, firm, before, after) for firm in FIRMS],
        "network": {
            "currency": "EUR",
            "total_before": sum(before.values()),
            "proposed": sum(line.proposed for line in found.lines),
            "set_off": sum(line.set_off or 0 for line in found.lines),
            "total_after": sum(after.values()),
            "optimum_verified": found.verification.get("holds") is True,
        },
    }


def _firm(found: Evidence, firm: Firm, before: dict[Key, int], after: dict[Key, int]) -> dict[str, Any]:
    """The firm's figures, reread from the books; its invoices are its own and its suppliers'."""
    was, remains = found.before[firm.siren], found.after[firm.siren]
    touched = {
        key: left
        for side in ("receivables", "payables")
        for key, left in getattr(remains, side).items()
        if left != getattr(was, side).get(key, left)
    }
    receivable = {key for key in before if key.creditor == firm.siren}
    payable = {key for key in before if key.debtor == firm.siren}
    return {
        "name": firm.name,
        "siren": firm.siren,
        "receivable_before": sum(before[key] for key in receivable),
        "payable_before": sum(before[key] for key in payable),
        "set_off": sum(before[key] - after[key] for key in receivable),
        "receivable_after": sum(after[key] for key in receivable),
        "payable_after": sum(after[key] for key in payable),
        "invoices_cleared": sum(left == 0 for left in touched.values()),
        "invoices_partial": sum(left != 0 for left in touched.values()),
        "entries_posted": len(new_entries(found, firm)),
    }


def discrepancies(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Each once, from the views of its two parties, which must be the same."""
    views: dict[tuple[str, str], dict[str, Any]] = {}
    for member in members:
        for seen in member.discrepancies():
            ours, theirs = ("creditor", "debtor") if seen["side"] == "receivable" else ("debtor", "creditor")
            view = {
                "kind": seen["kind"],
                ours: member.firm.siren,
                theirs: seen["counterpart"],
                "number": seen["number"],
                f"{ours}_amount": round(seen["our_amount"] * 100),
                f"{theirs}_amount": round(seen["their_amount"] * 100),
            }
            entry = views.setdefault((seen["uuid"], seen["kind"]), {**view, "seen_by": []})
            if any(entry[name] != view[name] for name in view):
                raise ValueError(f"{member.firm.name} is told {view}, its partner {entry}")
            entry["seen_by"].append(member.firm.siren)
    return sorted(views.values(), key=lambda entry: (entry["kind"], entry["creditor"], entry["number"]))
