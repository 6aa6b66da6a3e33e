"""Restored and cloned books are noticed, may read, and write once an administrator has said which copy is live."""

from __future__ import annotations

import threading
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bizoverbiz.errors import NotFoundError
from bizoverbiz.members import copies
from bizoverbiz.members.lineage import Verdict
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network, Ring
from .operating import propose, round_state

HEADER = "BizOverBiz-Lineage"


class Books:
    """One copy of a member's books; the tokens it keeps are copied with them."""

    def __init__(self, network: Network, member: Member, confirmed: str = "") -> None:
        self.network, self.member, self.confirmed, self.pending = network, member, confirmed, ""

    def copy(self) -> Books:
        other = Books(self.network, self.member, self.confirmed)
        other.pending = self.pending
        return other

    @property
    def mark(self) -> str:
        self.pending = self.pending or token_urlsafe(16)
        return f"{self.confirmed}.{self.pending}"

    def call(self, method: str, path: str, body: Any = None, *, heard: bool = True, **options: Any) -> httpx.Response:
        self.network.clock.advance(seconds=1)
        answer = self.member.call(method, path, body, headers={HEADER: self.mark}, **options)
        if heard and answer.headers.get(HEADER) == self.pending:
            self.confirmed, self.pending = self.pending, ""
        return answer

    def declare(
        self, *lines: dict[str, Any], full: bool = False, last_notice: int = 0, **options: Any
    ) -> httpx.Response:
        body = {"full": full, "last_notice": last_notice, "lines": list(lines)}
        return self.call("POST", "/v1/declarations", body, **options)

    def confirm(self, last_notice: int = 0, **options: Any) -> httpx.Response:
        body = {"answered_by": "claire@example.com", "last_notice": last_notice}
        return self.call("POST", "/v1/member/copy", body, **options)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


NOT_LIVE = (409, "not-the-live-copy")


@pytest.fixture
def books(network: Network) -> Books:
    live = Books(network, network.member(SIRENS[0]))
    for _ in range(2):
        assert live.declare().status_code == 200
    return live


def events(books: Books) -> list[str]:
    with books.network.store.transaction(WORKER) as tx:
        member = tx.one("member_id", identifier=books.member.identifier).id
        return [event.kind for event in tx.all("events_of_member", member=member)]


def test_an_answer_to_a_write_echoes_the_mark_and_one_to_a_reading_does_not(books: Books) -> None:
    pending = books.mark.split(".")[1]
    assert HEADER not in books.call("GET", "/v1/member").headers
    assert books.declare().headers[HEADER] == pending
    assert books.declare().status_code == 200


def test_lost_answers_and_retries_raise_no_doubt(books: Books) -> None:
    for _ in range(3):
        assert books.declare(heard=False).status_code == 200
    assert books.declare().status_code == 200
    assert books.declare().status_code == 200
    assert books.call("GET", "/v1/member").json()["in_doubt_since"] is None


def test_a_restored_copy_puts_both_in_doubt_and_neither_writes_while_both_read(books: Books) -> None:
    restored = books.copy()
    books.declare()
    answer = restored.declare()
    assert slug(answer) == NOT_LIVE
    assert "POST /v1/member/copy" in answer.json()["detail"]
    for copy in (books, restored):
        assert slug(copy.declare()) == NOT_LIVE
        told = copy.call("GET", "/v1/member")
        assert (told.status_code, told.json()["in_doubt_since"]) == (200, "2026-11-22T09:00:04Z")
        assert copy.call("GET", "/v1/notices").status_code == 200
    assert events(books) == ["joined", "copy-in-doubt"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (
            "PUT",
            "/v1/statements/0f5e2c44-6a55-4c0e-9d5a-3f1f4f0c7c11/answer",
            {"answer": "refuse", "answered_by": "claire@example.com"},
        ),
        ("PUT", "/v1/notices/1/acknowledgement", {"booked": []}),
        ("POST", "/v1/member/leaving", {"answered_by": "claire@example.com"}),
        ("PUT", "/v1/member/agreement", {"version": "2026-11", "answered_by": "claire@example.com"}),
        ("DELETE", "/v1/member/keys/any", None),
    ],
)
def test_in_doubt_every_kind_of_write_is_refused(books: Books, method: str, path: str, body: object) -> None:
    restored = books.copy()
    books.declare()
    restored.declare()
    assert slug(books.call(method, path, body)) == NOT_LIVE
    assert slug(books.member.call(method, path, body)) == NOT_LIVE, "without a mark too"


def test_once_a_copy_is_confirmed_the_other_one_is_refused_alone_for_good(books: Books) -> None:
    restored = books.copy()
    books.declare()
    restored.declare()
    assert restored.confirm().status_code == 200
    for _ in range(3):
        assert restored.declare().status_code == 200
        assert slug(books.declare()) == NOT_LIVE
    assert restored.call("GET", "/v1/member").json()["in_doubt_since"] is None
    assert events(books) == ["joined", "copy-in-doubt", "copy-confirmed"]


def test_confirming_again_after_a_lost_answer_gives_the_same_answer(books: Books) -> None:
    restored = books.copy()
    books.declare()
    restored.declare()
    first, again = (restored.confirm(key="confirm-1", heard=False) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert restored.declare().status_code == 200
    assert events(books).count("copy-confirmed") == 1


def acknowledged(books: Books) -> list[tuple[int, bool]]:
    notices = books.call("GET", "/v1/notices").json()["notices"]
    return [(notice["number"], notice["acknowledged"]) for notice in notices]


def test_a_confirmed_copy_that_lacks_a_booking_gets_it_again_and_acknowledges_it(network: Network, ring: Ring) -> None:
    propose(network)
    live = Books(network, ring[0])
    live.declare()
    backup = live.copy()
    for member in ring:
        member_books = live if member is ring[0] else None
        statement = member.statement()
        if member_books is None:
            assert member.approve(statement).status_code == 200
        else:
            lines = [{"id": line["id"], "approved": line["proposed"]} for line in statement["lines"]]
            body = {"answer": "approve", "answered_by": "claire@example.com", "lines": lines}
            assert live.call("PUT", f"/v1/statements/{statement['id']}/answer", body).status_code == 200
    network.work()
    total = {"entry": "BOB/1", "date": "2026-11-22", "currency": "EUR", "amount": 1300}
    path, body = "/v1/notices/1/acknowledgement", {"booked": [total]}
    assert live.call("PUT", path, body, key="ack-1").status_code == 200
    assert acknowledged(live) == [(1, True)]

    assert slug(backup.declare()) == NOT_LIVE
    answer = backup.confirm(last_notice=0)
    assert answer.json() == {"database": ring[0].database, "last_notice": 1, "reopened": [1]}
    assert acknowledged(backup) == [(1, False)]
    assert backup.call("PUT", path, body, key="ack-1").status_code == 200
    assert acknowledged(backup) == [(1, True)], "the answer given to the lost copy is not taken for this one's"
    for member in ring[1:]:
        amount = {"entry": "X", "date": "2026-11-22", "currency": "EUR"}
        amount["amount"] = 1300 if member is ring[1] else 1000  # type: ignore[assignment]
        assert member.call("PUT", path, {"booked": [amount]}).status_code == 200
    network.work()
    assert round_state(network, 1) == "closed"


def test_in_doubt_a_mandate_approves_nothing(network: Network, ring: Ring) -> None:
    live = Books(network, ring[0])
    rules = {"currencies": [{"currency": "EUR"}]}
    body = {"given_by": "claire@example.com", "valid_until": "2026-12-31", "rules": rules}
    assert live.call("PUT", "/v1/member/mandate", body).status_code == 200
    restored = live.copy()
    for copy in (live, restored):
        copy.declare()
    propose(network)
    assert ring[0].statement()["state"] == "proposed"


def test_what_the_lost_copy_had_acknowledged_is_kept(network: Network, ring: Ring) -> None:
    test_a_confirmed_copy_that_lacks_a_booking_gets_it_again_and_acknowledges_it(network, ring)
    with network.store.transaction(WORKER) as tx:
        member = tx.one("member_id", identifier=SIRENS[0]).id
        event = tx.all("events_of_member", member=member)[-1]
    assert (event.kind, event.answered_by) == ("copy-confirmed", "claire@example.com")
    (reopened,) = event.content["reopened"]
    assert (reopened["number"], reopened["booked"][0]["entry"]) == (1, "BOB/1")


def test_books_cannot_be_said_to_contain_a_notice_that_was_never_issued(books: Books) -> None:
    answer = books.confirm(last_notice=1)
    assert (*slug(answer), answer.json()["field"]) == (422, "malformed", "last_notice")


def test_a_delayed_request_is_refused_alone(books: Books) -> None:
    late = books.member.prepare(
        "POST", "/v1/declarations", {"full": True, "last_notice": 0, "lines": []}, headers={HEADER: books.mark}
    )
    books.declare()
    books.declare()
    answer = books.member.send(*late)
    assert slug(answer) == NOT_LIVE
    assert "newer exchange" in answer.json()["detail"]
    assert books.declare().status_code == 200


def test_a_delayed_confirmation_does_not_undo_a_newer_one(books: Books) -> None:
    restored = books.copy()
    books.declare()
    restored.declare()
    body = {"answered_by": "claire@example.com", "last_notice": 0}
    books.network.clock.advance(seconds=1)
    late = restored.member.prepare("POST", "/v1/member/copy", body, headers={HEADER: restored.mark})
    assert books.confirm().status_code == 200
    assert slug(restored.member.send(*late)) == NOT_LIVE
    assert books.declare().status_code == 200


def test_books_without_a_mark_are_refused_once_there_was_one_and_stop_nobody_else(books: Books) -> None:
    answer = books.member.declare()
    assert slug(answer) == NOT_LIVE
    assert "has none" in answer.json()["detail"]
    assert books.declare().status_code == 200


def test_books_that_moved_to_another_database_are_confirmed_there(books: Books) -> None:
    moved, elsewhere = books.copy(), str(uuid4())
    answer = moved.declare(database=elsewhere)
    assert slug(answer) == NOT_LIVE
    assert books.declare().status_code == 200, "told by its number, such a copy stops nobody"
    assert moved.confirm(database=elsewhere).status_code == 200
    assert moved.declare(database=elsewhere).status_code == 200
    assert slug(books.declare()) == NOT_LIVE


def test_the_operator_confirms_a_copy_by_how_its_mark_begins(books: Books) -> None:
    restored = books.copy()
    books.declare()
    restored.declare()
    with books.network.store.transaction(WORKER) as tx:
        member = tx.one("member_id", identifier=SIRENS[0]).id
        for unknown in ("", "nonsense"):
            with pytest.raises(NotFoundError, match="members copies"):
                copies.confirm_by_operator(tx, member, unknown, last_notice=None, now=books.network.clock())
        token = restored.mark.split(".")[1][:12]
        assert copies.confirm_by_operator(tx, member, token, last_notice=0, now=books.network.clock()) == []
    assert restored.declare().status_code == 200
    assert slug(books.declare()) == NOT_LIVE


def test_joining_anew_begins_a_new_line(network: Network, books: Books) -> None:
    from .test_standing import renewing

    restored = books.copy()
    books.declare()
    restored.declare()
    new = network.candidate(SIRENS[0])
    assert new.join(renewing(network, SIRENS[0])).json()["in_doubt_since"] is None
    again = Books(network, new)
    assert again.declare().status_code == again.declare().status_code == 200


@pytest.mark.parametrize("mark", ["", "nonsense", ".short", "a.b.c"])
def test_a_mark_of_another_form_is_malformed(books: Books, mark: str) -> None:
    answer = books.member.call("GET", "/v1/member", headers={HEADER: mark})
    assert (*slug(answer), answer.json()["field"]) == (422, "malformed", HEADER)


def test_a_mark_has_to_be_signed(books: Books) -> None:
    outgoing, content = books.member.prepare("GET", "/v1/member")
    outgoing.headers[HEADER] = books.mark
    answer = books.member.send(outgoing, content)
    assert slug(answer) == (401, "signature-invalid")
    assert '"bizoverbiz-lineage"' in answer.json()["detail"]


def test_a_write_is_judged_again_in_the_transaction_that_writes(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another copy had been found to be the live one between the first look and the writing."""
    restored = books.copy()
    books.declare()
    monkeypatch.setattr(copies, "check", lambda *_: Verdict.SAME)
    assert slug(restored.declare()) == NOT_LIVE
    monkeypatch.undo()
    assert books.declare().status_code == 200


def test_of_two_copies_that_write_at_the_same_time_one_at_most_is_taken(books: Books) -> None:
    clones = [books.copy() for _ in range(4)]
    books.network.clock.advance(seconds=1)
    body = {"full": False, "last_notice": 0, "lines": []}
    answers: list[int] = []

    def write(clone: Books) -> None:
        answer = clone.member.call("POST", "/v1/declarations", body, headers={HEADER: clone.mark})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(clone,)) for clone in clones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]
