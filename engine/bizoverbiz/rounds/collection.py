"""Collection: members declare, the engine matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from bizoverbiz.errors import MalformedError
from bizoverbiz.matching import Declared, Side, match
from bizoverbiz.members.standing import absence, check_may_declare
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()


def declare(
    tx: Transaction,
    *,
    member: UUID,
    lines: Sequence[Mapping[str, Any]],
    keep: Sequence[Mapping[str, Any]],
    full: bool,
    last_notice: int,
    now: datetime,
) -> int:
    """Keep a member's valid lines; with `full`, withdraw the others. Returns how many were withdrawn.

    `keep` names refused lines (side, counterpart, number, currency, reference, as far as known), under which what
    was declared before stays. Raises `SuspendedError`, `LeftError`, or `MalformedError` if the books are said to
    contain a notice that was never issued.
    """
    own = tx.one("member_get", member=member)
    check_may_declare(own)
    if last_notice > own.last_notice:
        raise MalformedError(
            f"last_notice is {last_notice}, but the last notice issued to you is {own.last_notice}", field="last_notice"
        )
    tx.all("declarations_lock", member=member)
    withdrawn = 0
    if full:
        references = [line["reference"] for line in keep if line.get("reference")]
        known = ({name: line.get(name) for name in _KEY} for line in (*lines, *keep) if all(map(line.get, _KEY)))
        withdrawn = tx.bulk("declarations_withdraw", known, member=member, references=references)
    tx.bulk("declarations_upsert", lines, member=member, last_notice=last_notice, now=now)
    tx.run("change_insert", member=member)
    return withdrawn


_KEY = ("side", "counterpart", "number", "currency")


def match_changes(tx: Transaction) -> int:
    """Match again whatever concerns members whose declarations or standing have changed. Returns how many they are."""
    tx.one("matching_lock")
    changed = [row.member_id for row in tx.all("changes_take")]
    if not changed:
        return 0
    members = tx.all("members_all")
    ids = {row.identifier: row.id for row in members}
    rows = tx.all("declarations_touching", members=changed)
    declared = [Declared(**row._asdict() | {"side": Side(row.side)}) for row in rows]
    absent = {row.identifier: why for row in members if (why := absence(row)) is not None}
    found = match(declared, members=ids.keys(), absent=absent)
    obligations = [
        {
            "creditor_id": ids[one.creditor],
            "debtor_id": ids[one.debtor],
            "number_key": one.number_key,
            "currency": one.currency,
            "number": one.number,
            "amount": one.amount,
            "issue_date": one.issue_date,
            "due_date": one.due_date,
        }
        for one in found.obligations
    ]
    discrepancies = [
        {
            "kind": one.kind,
            "creditor_id": ids[one.creditor],
            "debtor_id": ids[one.debtor],
            "creditor": one.creditor,
            "debtor": one.debtor,
            "number_key": one.number_key,
            "currency": one.currency,
            "number": one.number,
            "creditor_amount": one.creditor_amount,
            "debtor_amount": one.debtor_amount,
            "issue_date": one.issue_date,
            "due_date": one.due_date,
            "reason": one.reason,
        }
        for one in found.discrepancies
    ]
    verdicts = (
        {"id": key, "state": one.state, "matched_amount": one.matched_amount, "reason": one.reason}
        for key, one in found.verdicts.items()
    )
    tx.bulk("obligations_clear", obligations, members=changed)
    tx.bulk("obligations_upsert", obligations)
    tx.bulk("discrepancies_resolve", discrepancies, members=changed)
    tx.bulk("discrepancies_upsert", discrepancies)
    tx.bulk("verdicts_update", verdicts)
    _log.info("matched", members=len(changed), declarations=len(declared), obligations=len(obligations))
    return len(changed)
