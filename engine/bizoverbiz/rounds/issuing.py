"""Writing the notices of a decision: numbered without gaps per member, signed, with their lines' proofs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import polars as pl

from bizoverbiz.notices import Leaf, SigningKey
from bizoverbiz.notices.merkle import ProofTexts
from bizoverbiz.notices.writing import Head, line_text, notice_text
from bizoverbiz.rounds import audit
from bizoverbiz.store import frames
from bizoverbiz.store.database import Transaction

#: Bytes of notices written by one query.
_AT_ONCE = 32 * 1024 * 1024


class _Line(NamedTuple):
    """A line of a notice as the query gives it, in this order; amounts in minor units."""

    member: str
    currency: str
    id: str
    side: str
    counterpart: str
    counterpart_name: str
    number: str
    reference: str | None
    due_date: str | None
    ceiling: int
    set_off: int
    salt: str
    #: Of a reversal, the number of the notice in which it was set off.
    reverses: int | None
    #: Of a commitment, its reference and what is sold.
    commitment: str | None
    description: str | None


_SCHEMA = {name: pl.Int64 if name in ("ceiling", "set_off", "reverses") else pl.String for name in _Line._fields}


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
    proof_of = ProofTexts(leaves)
    with frames.for_all(tx):
        open_now = {str(row.id): row.amount_open for row in tx.all("lines_open", round=number)}
        lines = frames.read(tx, "notice_lines", _SCHEMA, round=number)
    parties = tx.all("parties_lock", members=[UUID(member) for member in lines["member"].unique()])
    members = {str(row.id): row for row in parties}
    last = {member: row.last_notice for member, row in members.items()}
    told = {
        "network": tx.one("network").name,
        "round": number,
        "decided_at": audit.instant(now),
        "round_root": root,
        "audit_head": audit_head,
        "kind": "reversal" if tx.one("round_get", round=number).kind == "reversal" else None,
    }
    fingerprints, signed, size = [], [], 0
    for (member, currency), rows in groupby(map(_Line._make, lines.iter_rows()), key=itemgetter(0, 1)):
        last[member] += 1
        own = list(rows)
        total = sum(line.set_off for line in own if line.side == "receivable")
        who = {"member": members[member].identifier, "name": members[member].name, "number": last[member]}
        head = Head(**who, currency=currency, total=total, **told)
        texts = [_line(line, open_now[line.id], proof_of[line.id]) for line in own]
        token = key.sign_text(notice_text(head, texts), head.kind)
        fingerprints.append(sha256(token.encode("ascii")).hexdigest())
        signed.append({"member_id": member, "number": head.number, "currency": currency, "total": total, "jws": token})
        size += len(token)
        if size > _AT_ONCE:
            tx.bulk("notices_insert", signed, round=number)
            signed, size = [], 0
    tx.bulk("notices_insert", signed, round=number)
    tx.bulk("parties_count_notices", ({"id": member, "last_notice": last[member]} for member in last))
    with frames.for_all(tx):
        tx.run("set_offs_insert", round=number)
    audit.record(tx, number, "notices", {"keyid": key.keyid, "sha256": sorted(fingerprints)}, now)


def _line(line: _Line, amount_open: int, proof: str) -> str:
    return line_text(
        id=line.id,
        side=line.side,
        counterpart=line.counterpart,
        counterpart_name=line.counterpart_name,
        number=line.number,
        reference=line.reference,
        due_date=line.due_date,
        amount_open=amount_open,
        ceiling=line.ceiling,
        set_off=line.set_off,
        remaining=amount_open - line.set_off if line.reverses is None else amount_open + line.set_off,
        salt=line.salt,
        proof=proof,
        reverses=line.reverses,
        commitment=line.commitment,
        description=line.description,
    )
