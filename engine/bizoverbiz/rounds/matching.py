"""Matching what has changed since the last time, in the database where nothing is to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog

from bizoverbiz.matching import Declared, Discrepancy, Encumbrance, Matched, Pair, Side, Suggestion, match
from bizoverbiz.matching.commitments import to_set_off
from bizoverbiz.members.standing import absence
from bizoverbiz.rounds.committing import registration
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()
_Ids = Mapping[str, UUID]
_Row = dict[str, Any]


def match_changes(tx: Transaction, now: datetime) -> int:
    """Match again whatever concerns members whose declarations or standing have changed. Returns how many they are.

    Only pairs of firms one of which has changed something about the other are looked at, and of their lines only those
    are judged one by one, by `matching.match`, that do not match plainly.
    """
    tx.one("matching_lock")
    today = now.astimezone(UTC).date()
    tx.run("commitments_lapse", today=today)
    if not tx.one("changes_pending").pending:
        return 0
    for name in ("touched_table", "changes_take", "touched_analyze", "concerned_table", "concerned_analyze"):
        tx.run(name)
    members = int(tx.one("touched_count").count)
    tx.all("suggestion_answers_lock")
    for name in ("suggestions_settle", "compared_table", "compared_analyze", "compared_decide"):
        tx.run(name)
    tx.run("commitments_fulfil", now=now)
    for name in ("found_table", "told_table", "disagreement_table"):
        tx.run(name)
    plain = tx.run("found_plainly")
    tx.run("found_analyze")
    judged = _judge(tx)
    tx.bulk("found_insert", _commitments(tx, today))
    _keep(tx)
    tx.run("matching_tables_drop")
    _log.info("matched", members=members, plainly=plain, judged=judged)
    return members


def _keep(tx: Transaction) -> None:
    tx.run("obligations_clear")
    tx.run("obligations_upsert")
    tx.run("disagreement_analyze")
    tx.run("discrepancies_resolve")
    tx.run("discrepancies_upsert")
    tx.run("told_plainly")
    tx.all("declarants_lock")
    tx.run("verdicts_update")


def _judge(tx: Transaction) -> int:
    """Judge the lines that do not match plainly. Returns how many they are."""
    rows = tx.all("compared_rest")
    members = tx.all("members_all")
    ids: _Ids = {row.identifier: row.id for row in members}
    found = match(
        map(_declared, rows),
        members=ids.keys(),
        absent={row.identifier: why for row in members if (why := absence(row)) is not None},
        rejected=[Pair(*row) for row in tx.all("suggestions_rejected")],
    )
    tx.bulk("found_insert", (_obligation(one, ids) for one in found.obligations))
    tx.bulk("disagreement_insert", (_discrepancy(one, ids) for one in found.discrepancies))
    suggestions = [_suggestion(one, ids) for one in found.suggestions]
    tx.bulk("suggestions_withdraw", suggestions)
    tx.bulk("suggestions_insert", suggestions)
    verdicts = (
        {"id": key, "state": one.state, "matched_amount": one.matched_amount, "reason": one.reason}
        for key, one in found.verdicts.items()
    )
    tx.bulk("told_insert", verdicts)
    return len(rows)


def _declared(row: Any) -> Declared:
    encumbrance = Encumbrance(row.encumbrance) if row.encumbrance else None
    return Declared(**row._asdict() | {"side": Side(row.side), "encumbrance": encumbrance})


def _obligation(one: Matched, ids: _Ids) -> _Row:
    return {
        "creditor_id": ids[one.creditor],
        "debtor_id": ids[one.debtor],
        "number_key": one.number_key,
        "currency": one.currency,
        "kind": "invoice",
        "number": one.number,
        "amount": one.amount,
        "issue_date": one.issue_date,
        "due_date": one.due_date,
    }


def _discrepancy(one: Discrepancy, ids: _Ids) -> _Row:
    return {
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
        "disputed_by": one.disputed_by,
        "dispute_code": one.dispute_code,
    }


def _suggestion(one: Suggestion, ids: _Ids) -> _Row:
    pair = one.pair
    return pair._asdict() | {
        "creditor_id": ids[pair.creditor],
        "debtor_id": ids[pair.debtor],
        "number_key": one.number_key,
        "issue_date": one.issue_date,
        "due_date": one.due_date,
    }


def _commitments(tx: Transaction, today: date) -> Iterable[_Row]:
    """Commitments that both parties register alike and let be set off, as obligations."""
    rows = tx.all("commitments_concerned")
    for (creditor, debtor, reference), sides in groupby(rows, key=lambda row: (row[1], row[2], row[0])):
        own = list(sides)
        amount = to_set_off([registration(row) for row in own], today, own[0].decided)
        if amount:
            yield {
                "creditor_id": creditor,
                "debtor_id": debtor,
                "number_key": f"commitment {reference}",
                "currency": own[0].currency,
                "kind": "commitment",
                "number": reference,
                "amount": amount,
                "issue_date": own[0].agreed_on,
                "due_date": own[0].due_date,
            }
