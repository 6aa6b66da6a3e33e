"""Writing the notices of a decision: numbered without gaps per member, signed, with their lines' proofs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from bizoverbiz.notices import Leaf, NoticeLine, Payload, SigningKey, proofs
from bizoverbiz.notices.merkle import Step
from bizoverbiz.rounds import audit
from bizoverbiz.store.database import Transaction


def issue(
    tx: Transaction,
    number: int,
    *,
    leaves: Sequence[Leaf],
    root: str,
    audit_head: str,
    key: SigningKey,
    now: datetime,
) -> None:
    """Sign one notice a member and currency, and record in which notice either party finds each set-off."""
    proof_of = {one.id: proof for one, proof in zip(leaves, proofs(leaves), strict=True)}
    details = {(row.line_id, row.member_id): row for row in tx.all("statement_details", round=number)}
    open_now = {row.id: row.amount_open for row in tx.all("lines_open", round=number)}
    lines = [line for line in tx.all("lines", round=number) if line.set_off]
    own: dict[tuple[str, UUID], list[Any]] = defaultdict(list)
    for line in lines:
        own[line.currency, line.creditor_id].append(line)
        own[line.currency, line.debtor_id].append(line)
    members = {row.id: row for row in tx.all("parties_lock", members=[member for _, member in own])}
    last = {member: row.last_notice for member, row in members.items()}
    network = tx.one("network").name
    reversed_ = {row.id: row for row in tx.all("notices_reversed", round=number)}
    signed, number_of = [], {}
    for currency, member in sorted(own):
        last[member] += 1
        number_of[currency, member] = last[member]
        payload = Payload(
            network=network,
            round=number,
            member=members[member].identifier,
            name=members[member].name,
            number=last[member],
            decided_at=audit.instant(now),
            currency=currency,
            total=sum(line.set_off for line in own[currency, member] if line.creditor_id == member),
            lines=[
                _line(
                    line,
                    details[line.id, member],
                    is_creditor=line.creditor_id == member,
                    amount_open=open_now[line.id],
                    proof=proof_of[str(line.id)],
                    reversed_=reversed_.get(line.id),
                )
                for line in own[currency, member]
            ],
            round_root=root,
            audit_head=audit_head,
            kind="reversal" if reversed_ else None,
        )
        kept = {"member_id": member, "number": last[member], "currency": currency, "total": payload.total}
        signed.append(kept | {"jws": key.sign(payload)})
    tx.bulk("notices_insert", signed, round=number)
    tx.bulk("parties_count_notices", ({"id": member, "last_notice": last[member]} for member in last))
    tx.bulk("set_offs_insert", (_set_off(line, number_of) for line in lines))
    fingerprints = sorted(sha256(notice["jws"].encode("ascii")).hexdigest() for notice in signed)
    audit.record(tx, number, "notices", {"keyid": key.keyid, "sha256": fingerprints}, now)


def _line(
    line: Any, detail: Any, *, is_creditor: bool, amount_open: int, proof: Sequence[Step], reversed_: Any
) -> NoticeLine:
    notice = None if reversed_ is None else reversed_.creditor_notice if is_creditor else reversed_.debtor_notice
    return NoticeLine(
        id=str(line.id),
        side="receivable" if is_creditor else "payable",
        counterpart=line.debtor if is_creditor else line.creditor,
        counterpart_name=detail.counterpart_name,
        number=line.number,
        reference=detail.reference,
        due_date=line.due_date.isoformat() if line.due_date else None,
        amount_open=amount_open,
        ceiling=line.final_ceiling,
        set_off=line.set_off,
        remaining=amount_open - line.set_off if notice is None else amount_open + line.set_off,
        salt=line.salt,
        proof=[list(step) for step in proof],
        reverses=notice,
    )


def _set_off(line: Any, number_of: dict[tuple[str, UUID], int]) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "obligation_id": line.obligation_id,
        "amount": line.set_off if line.reverses is None else -line.set_off,
        "creditor_id": line.creditor_id,
        "creditor_notice": number_of[line.currency, line.creditor_id],
        "debtor_id": line.debtor_id,
        "debtor_notice": number_of[line.currency, line.debtor_id],
    }
