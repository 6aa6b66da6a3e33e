"""Compares what the clients were told with what the database holds, once everything has come to rest."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from typing import Any

from bizoverbiz.rounds.verifying import verify_round
from bizoverbiz.store.database import WORKER, Database

from .firm import Entry, Firm
from .stack import Stack


class Ledger:
    """The database after the fact, read as its superuser."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with closing(self._stack.superuser()) as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def nothing_acknowledged_is_lost(self, firms: list[Firm]) -> None:
        kept = {
            (keyid, key): (status, body)
            for keyid, key, status, body in self.rows("SELECT keyid, key, status, body FROM stored_answer")
        }
        for firm in firms:
            for entry in firm.journal:
                told = (entry.status, entry.answer)
                assert kept.get((entry.keyid, entry.key)) == told, f"{entry.method} {entry.path}: the answer is lost"
            self._books_are_the_last_declared(firm)
            self._notices_are_those_fetched(firm)
            self._answers_stand(firm)

    def _books_are_the_last_declared(self, firm: Firm) -> None:
        declared = [entry for entry in firm.journal if entry.path == "/v1/declarations"][-1].body
        held = self.rows(
            "SELECT side, counterpart, number, amount_open, declaration.last_notice FROM declaration JOIN member"
            " ON member.id = member_id WHERE identifier = %(firm)s",
            firm=firm.books.identifier,
        )
        fields = ("side", "counterpart", "number", "amount_open")
        wanted = [(*(line[name] for name in fields), declared["last_notice"]) for line in declared["lines"]]
        assert sorted(held) == sorted(wanted), f"{firm.name}: what is declared is not what was acknowledged last"

    def _notices_are_those_fetched(self, firm: Firm) -> None:
        held = self.rows(
            "SELECT notice.number, jws, acknowledged_at, booked FROM notice JOIN member ON member.id = member_id"
            " WHERE identifier = %(firm)s ORDER BY number",
            firm=firm.books.identifier,
        )
        assert {number: jws for number, jws, _, _ in held} == firm.books.booked, f"{firm.name}: other notices"
        acknowledged = {
            int(entry.path.split("/")[3]): entry.body["booked"]
            for entry in firm.journal
            if entry.path.startswith("/v1/notices/")
        }
        assert {number: booked for number, _, at, booked in held if at} == acknowledged, firm.name
        assert len(acknowledged) == len(held), f"{firm.name}: a notice was never acknowledged"

    def _answers_stand(self, firm: Firm) -> None:
        answers: dict[str, list[Entry]] = {}
        for entry in firm.journal:
            if entry.path.startswith("/v1/statements/"):
                answers.setdefault(entry.path.split("/")[3], []).append(entry)
        for statement, entries in answers.items():
            said = [entry.body["answer"] for entry in entries]
            kept = self.rows(
                "SELECT content->>'answer' FROM answer WHERE statement_id = %(id)s ORDER BY id", id=statement
            )
            # What changes nothing is not kept again; nothing is kept that was not said, and never more often.
            assert [answer for (answer,) in kept][:1] == said[:1], f"statement {statement}"
            assert not Counter(answer for (answer,) in kept) - Counter(said), f"statement {statement}: kept twice"
            approved = self.rows(
                "SELECT line_id::text, approved FROM statement_line WHERE statement_id = %(id)s", id=statement
            )
            last = [entry for entry in entries if entry.body["answer"] == "approve"][-1:]
            for entry in last:
                wanted = {line["id"]: line["approved"] for line in entry.body["lines"]}
                assert dict(approved) == wanted, f"statement {statement}: not the approval acknowledged last"

    def nothing_is_done_twice(self, firms: list[Firm]) -> None:
        gaps = self.rows(
            "SELECT identifier FROM member LEFT JOIN notice ON member_id = id GROUP BY identifier, last_notice"
            " HAVING count(number) <> last_notice OR coalesce(max(number), 0) <> last_notice"
        )
        assert gaps == [], "notice numbers have gaps"
        twice = self.rows("SELECT obligation_id FROM round_line WHERE live GROUP BY 1 HAVING count(*) > 1")
        assert twice == [], "an obligation is in two live rounds"
        for what, query in (
            ("line", "SELECT FROM set_off JOIN round_line l ON l.id = line_id WHERE amount IS DISTINCT FROM l.set_off"),
            ("set-off", "SELECT FROM round_line WHERE set_off > 0 AND id NOT IN (SELECT line_id FROM set_off)"),
        ):
            assert self.rows(query) == [], f"a {what} stands alone or twice"
        assert len(self.rows("SELECT FROM member")) == len(firms), "a firm joined twice, or never"
        books = {firm.books.identifier: firm.books for firm in firms}
        for firm in books.values():
            for (side, counterpart, number), amount in firm.open.items():
                other = ("payable" if side == "receivable" else "receivable", firm.identifier, number)
                assert books[counterpart].open[other] == amount, f"{number}: both sides booked different set-offs"

    def every_round_ended_and_verifies(self) -> Counter[str]:
        states: Counter[str] = Counter()
        store = Database(self._stack.url("verifying"))
        try:
            for number, state in self.rows("SELECT number, state FROM round ORDER BY number"):
                assert state in ("closed", "abandoned"), f"round {number} is {state}"
                states[state] += 1
                with store.transaction(WORKER) as tx:
                    verify_round(tx, number)
        finally:
            store.close()
        return states

    def answered_only_after_a_kill(self, firms: list[Firm]) -> int:
        """Writes whose first attempt was kept though nobody heard of it, and whose answer came on asking again."""
        kept = dict(self.rows("SELECT key, created_at FROM stored_answer"))
        return sum(entry.attempts > 1 and kept[entry.key] < entry.last_sent for firm in firms for entry in firm.journal)

    def summary(self, firms: list[Firm]) -> str:
        ((set_offs, total),) = self.rows("SELECT count(*), coalesce(sum(amount), 0)::bigint FROM set_off")
        writes = [entry for firm in firms for entry in firm.journal]
        counted = {
            "writes": len(writes),
            "sent again": sum(entry.attempts > 1 for entry in writes),
            "kept though unanswered": self.answered_only_after_a_kill(firms),
            "notices": sum(len(firm.books.booked) for firm in firms),
            "set-offs": set_offs,
            "set off (cents)": total,
        }
        return json.dumps(counted)
