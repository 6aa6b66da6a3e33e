"""A member's calls: what is read, and what is written once and only once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from bizoverbiz.client.errors import NoAnswerError, RefusedByEngineError
from bizoverbiz.client.home import Home, Membership, Unsent
from bizoverbiz.client.keys import MemberKey
from bizoverbiz.client.transport import Answer, Transport
from bizoverbiz.notices import Fault, NoticeError, Payload, verify_notice

_LINEAGE = "BizOverBiz-Lineage"
#: Pages of one list: above any list's length, so that an answer that leads in a circle ends.
_MAX_PAGES = 10_000


class Client:
    """One member, in its folder, which the caller has locked."""

    def __init__(self, home: Home, *, tell: Callable[[str], None], transport: Transport | None = None) -> None:
        self.home, self._tell = home, tell
        self.membership: Membership = home.membership()
        self._key = MemberKey.load(home.key)
        self.transport = transport or Transport(self.membership.url)

    def close(self) -> None:
        self.transport.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Raises `NoAnswerError`, `RefusedByEngineError`."""
        given = {name: value for name, value in query.items() if value is not None}
        address = path + (f"?{urlencode(given, doseq=True)}" if given else "")
        return self.transport.call("GET", address, key=self._key, BizOverBiz_Database=self.membership.database).body

    def evidence(self, number: int) -> bytes:
        """All this member can show of a notice's round, a zip archive. Raises as `get` does."""
        path = f"/v1/notices/{number}/evidence"
        return self.transport.download(
            path, key=self._key, kind="application/zip", BizOverBiz_Database=self.membership.database
        )

    def pages(self, path: str, rows: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, however many pages it has."""
        after = query.pop("after", None)
        for _ in range(_MAX_PAGES):
            page = self.get(path, after=after, **query)
            yield from page[rows]
            after = page.get("next")
            if after is None:
                return

    def write(
        self, what: str, method: str, path: str, body: dict[str, Any], *, books: int | None = None, ahead: bool = False
    ) -> dict[str, Any]:
        """Send a write, after those that were not answered before; it is kept until it is answered itself.

        With `ahead` it goes before them, since they cannot be sent without it.
        Raises `NoAnswerError` (it will be sent again before the next write) or `RefusedByEngineError`.
        """
        if not ahead:
            self.send_unsent()
        request = Unsent(
            what=what,
            method=method,
            path=path,
            body=json.dumps(body, ensure_ascii=False),
            idempotency_key=token_urlsafe(16),
            books=books,
        )
        kept = self.home.keep_unsent(request)
        try:
            answer = self.send(request)
        except RefusedByEngineError:
            kept.unlink()
            raise
        except NoAnswerError as error:
            raise NoAnswerError(f"{error}; the request is kept and is sent again before the next one") from None
        kept.unlink()
        return answer.body

    def send_unsent(self) -> int:
        """Send again what was not answered, in order; what is refused now is told. Returns how many were sent.

        Raises `NoAnswerError`, or `RefusedByEngineError` if the engine does not let this member in.
        """
        requests = self.home.unsent()
        for kept, request in requests:
            try:
                self.send(request)
            except RefusedByEngineError as error:
                if not error.is_judged:
                    raise
                self._tell(f"a request of before, {request.what}, is answered now: {error}")
            else:
                self._tell(f"a request of before, {request.what}, is answered now")
            kept.unlink()
        return len(requests)

    def send(self, request: Unsent, *, key: MemberKey | None = None) -> Answer:
        """Send one write now, and keep what its answer changes here; `key` signs it instead of the member's key.

        Raises `NoAnswerError`, `RefusedByEngineError`.
        """
        mark = self._mark()
        answer = self.transport.call(
            request.method,
            request.path,
            key=key or self._key,
            body=request.body.encode(),
            Idempotency_Key=request.idempotency_key,
            BizOverBiz_Database=self.membership.database,
            **mark,
        )
        changes: dict[str, Any] = {}
        if self.membership.lineage_sent and answer.headers.get(_LINEAGE) == self.membership.lineage_sent:
            changes = {"lineage": self.membership.lineage_sent, "lineage_sent": None}
        if request.books is not None and request.books not in self.membership.booked:
            changes["booked"] = sorted((*self.membership.booked, request.books))
        if changes:
            self._change(**changes)
        return answer

    def _mark(self) -> dict[str, str]:
        """The token confirmed last and the next one, which is on the disk before it is sent (docs/protocol.md)."""
        if self.membership.lineage_sent is None:
            self._change(lineage_sent=token_urlsafe(16))
        return {_LINEAGE.replace("-", "_"): f"{self.membership.lineage or ''}.{self.membership.lineage_sent}"}

    def _change(self, **fields: Any) -> None:
        self.membership = self.membership.model_copy(update=fields)
        self.home.keep_membership(self.membership)

    def keep_booked(self, last: int) -> None:
        """The books contain the notices up to this one, and those after it are to be booked again."""
        self._change(booked=list(range(1, last + 1)))

    def fetch_notices(self) -> dict[int, Payload]:
        """Fetch what is new, verify it and keep the exact bytes. Returns all kept notices, verified again.

        Raises `NoticeError` if one does not hold: nothing after it is kept.
        """
        kept = self.home.notices()
        for entry in self.pages("/v1/notices", "notices", after=max(kept, default=0)):
            number, jws = int(entry["number"]), str(entry["jws"])
            self._verified(number, jws)
            self.home.keep_notice(number, jws)
            kept[number] = jws
        return {number: self._verified(number, jws) for number, jws in sorted(kept.items())}

    def _verified(self, number: int, jws: str) -> Payload:
        notice = verify_notice(jws, {"keys": self.membership.keys})
        if (notice.number, notice.member) != (number, self.membership.identifier):
            raise NoticeError(
                Fault.CONTRADICTORY,
                f"notice {number} says that it is notice {notice.number} of {notice.member}: tell the operator",
            )
        return notice
