"""The proposal: what could be set off if everybody agreed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import structlog

from bizoverbiz.netting import NettingError, net
from bizoverbiz.rounds import audit, logged
from bizoverbiz.rounds.problem import by_currency, obligations
from bizoverbiz.rounds.state import RoundState, check_step
from bizoverbiz.store import rounds as store
from bizoverbiz.store.database import Transaction

_log = structlog.get_logger()


def propose(tx: Transaction, number: int, *, now: datetime) -> None:
    """Net a frozen round with the matched amounts as ceilings and give every member concerned its statement.

    A currency that cannot be netted holds up no other: its obligations are released for the next round, and the
    audit log says why.
    """
    current = store.lock(tx, number)
    check_step(number, current.state, RoundState.PROPOSED)
    totals = {}
    for currency, lines in by_currency(tx.all("lines", round=number)):
        try:
            problem = obligations(lines, {line.key: line.ceiling for line in lines})
            found = net(problem, on=current.frozen_at.astimezone(UTC).date())
        except NettingError as error:
            _log.error("currency left out", round=number, currency=currency, error=type(error).__name__)
            tx.run("lines_release", round=number, currency=currency)
            audit.record(tx, number, "released", {"currency": currency, "reason": str(error)}, now)
            continue
        tx.bulk("lines_propose", ({"id": line.id, "proposed": found.set_offs[line.key]} for line in lines))
        certificate = found.certificate.to_json()
        tx.run(
            "problem_propose",
            round=number,
            currency=currency,
            total=found.total,
            certificate=json.dumps(certificate),
        )
        totals[currency] = {"proposed": found.total, "certificate": audit.digest(certificate)}
    statements = tx.run("statements_insert", round=number)
    tx.run("statement_lines_insert", round=number)
    logged.statements(tx, number, now=now)
    deadline = now + timedelta(hours=current.approval_hours)
    store.step(tx, number, RoundState.PROPOSED, proposed_at=now, deadline=deadline)
    audit.record(tx, number, "proposed", {"problems": totals, "statements": statements}, now)
    _log.info("proposed", round=number, statements=statements, currencies=len(totals))
