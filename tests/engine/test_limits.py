"""How often a member may ask: counted once for all processes, closed for writes if counting fails, open for reads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import psycopg2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from limits import parse_many

from bizoverbiz.api.app import create_app
from bizoverbiz.api.limiting import seconds_to_wait
from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.settings import load_settings
from bizoverbiz.store.counting import PostgresStorage
from bizoverbiz.store.database import Database

from .client import Member
from .conftest import SIRENS, Clock, Network
from .test_serving import Start, answering, start, unused_port

__all__ = ["start"]

LIMITS = {
    "read": parse_many("5/minute"),
    "write": parse_many("3/minute"),
    "join": parse_many("2/minute"),
    "search": parse_many("2/minute"),
}


@pytest.fixture
def limited(network: Network) -> Network:
    """The same network, whose members are counted from now on."""
    return limit(network)


def limit(network: Network) -> Network:
    app = network._server.config.app
    assert isinstance(app, FastAPI)
    made = create_app(network.store, base_url=network.base_url, clock=network.clock, limits=LIMITS)  # type: ignore[arg-type]
    app.state.limiter = made.state.limiter
    return network


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def read(member: Member, times: int) -> list[int]:
    return [member.call("GET", "/v1/member").status_code for _ in range(times)]


def write(member: Member, times: int) -> list[int]:
    return [member.declare().status_code for _ in range(times)]


def test_searches_of_the_directory_are_counted_once_more_so_that_nobody_probes_by_them(network: Network) -> None:
    member = network.member(SIRENS[0])
    limit(network)
    asked = "/v1/directory?direction=suppliers&keywords=vis"
    assert [member.call("GET", asked).status_code for _ in range(3)] == [200, 200, 429]
    assert read(member, 2) == [200] * 2, "other reading goes on"


def test_a_member_that_asks_too_often_is_told_how_long_to_wait(network: Network) -> None:
    member = network.member(SIRENS[0])
    limit(network)
    assert read(member, 6) == [200] * 5 + [429]
    answer = member.call("GET", "/v1/member")
    assert slug(answer) == (429, "too-many-requests")
    assert "5 requests in 60 seconds are let in for reading" in answer.json()["detail"]
    wait = int(answer.headers["Retry-After"])
    network.clock.advance(seconds=wait - 2)
    assert read(member, 1) == [429]
    network.clock.advance(seconds=2)
    assert read(member, 1) == [200]


def test_writes_are_counted_apart_from_reads_and_each_member_by_itself(network: Network) -> None:
    a, b = network.member(SIRENS[0]), network.member(SIRENS[1])
    limit(network)
    assert write(a, 4) == [200] * 3 + [429]
    assert read(a, 1) == [200]
    assert write(b, 1) == [200]


def test_a_refused_request_is_let_in_later_as_it_was_signed(network: Network) -> None:
    member = network.member(SIRENS[0])
    limit(network)
    read(member, 5)
    outgoing, content = member.prepare("GET", "/v1/member")
    assert member.send(outgoing, content).status_code == 429
    network.clock.advance(seconds=120)
    assert member.send(outgoing, content).status_code == 200, "its nonce was not used up"


def test_joining_is_counted_by_address_before_anything_is_believed(limited: Network) -> None:
    answers = [limited.candidate(SIRENS[0]).join("wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert "Retry-After" in answers[-1].headers


def test_another_member_cannot_use_up_what_is_let_in(network: Network) -> None:
    member, stranger = network.member(SIRENS[0]), network.candidate(SIRENS[1])
    limit(network)
    stranger.keyid = member.keyid
    assert {stranger.call("GET", "/v1/member").status_code for _ in range(10)} == {401}
    assert read(member, 5) == [200] * 5


def test_if_requests_cannot_be_counted_writes_are_refused_and_reads_go_on(network: Network, url: str) -> None:
    member = network.member(SIRENS[0])
    limit(network)
    with psycopg2.connect(url) as owner, owner.cursor() as cursor:
        cursor.execute("ALTER TABLE request_count RENAME TO gone")
    owner.close()
    answer = member.declare()
    assert slug(answer) == (503, "engine-unavailable")
    assert "Retry-After" in answer.headers
    assert slug(network.candidate(SIRENS[1]).join("secret")) == (503, "engine-unavailable")
    assert read(member, 8) == [200] * 8


def test_several_processes_let_in_together_what_one_would(store: Database, url: str, clock: Clock) -> None:
    other = Database(url)
    storages = [PostgresStorage(store, clock), PostgresStorage(other, clock)]
    let_in: list[bool] = []

    def ask(storage: PostgresStorage) -> None:
        for _ in range(10):
            let_in.append(storage.acquire_sliding_window_entry("LIMITER/read/x/15/1/minute", 15, 60))

    threads = [threading.Thread(target=ask, args=(storage,)) for storage in storages * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert (let_in.count(True), len(let_in)) == (15, 40)


def test_the_processes_of_one_engine_count_together_what_the_environment_says(
    network: Network, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIZOVERBIZ_LIMIT_JOINING", "3/day")
    port = unused_port()
    base = f"http://127.0.0.1:{port}"
    process = start("serve", "--port", str(port), "--workers", "2", public_url=base)
    answering(f"{base}/v1/health", process)

    def join(_: int) -> int:
        with httpx.Client(timeout=30) as http:
            return Member(http, base, lambda: datetime.now(UTC), SIRENS[0]).join("wrong").status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(join, range(8))) == [403] * 3 + [429] * 5


def test_the_window_slides(store: Database, clock: Clock) -> None:
    storage = PostgresStorage(store, clock)

    def ask(times: int) -> int:
        return sum(storage.acquire_sliding_window_entry("k", 10, 60) for _ in range(times))

    assert ask(20) == 10
    clock.advance(seconds=60)
    assert ask(20) == 0, "the whole window before still weighs"
    clock.advance(seconds=30)
    assert ask(20) == 5, "half of it does"
    clock.advance(seconds=-40)
    assert ask(20) == 0, "a process whose clock is behind lets in no more"
    clock.advance(seconds=200)
    assert ask(20) == 10
    assert not storage.acquire_sliding_window_entry("other", 10, 60, amount=11)


def test_the_storage_is_a_whole_one_of_the_library(store: Database, clock: Clock) -> None:
    storage = PostgresStorage(store, clock)
    assert storage.check()
    assert (storage.get("k"), storage.get_sliding_window("k", 60)) == (0, (0, 0.0, 0, 0.0))
    assert [storage.incr("k", 60), storage.incr("k", 60, 3)] == [1, 4]
    assert storage.get_expiry("k") == clock().timestamp() + 120
    assert storage.get_sliding_window("k", 60) == (0, 60.0, 4, 60.0)
    clock.advance(seconds=90)
    assert storage.get_sliding_window("k", 60) == (4, 30.0, 0, 0.0)
    clock.advance(seconds=60)
    assert (storage.get("k"), storage.get_sliding_window("k", 60)) == (0, (0, 0.0, 0, 0.0))
    storage.incr("other", 60)
    storage.clear("other")
    assert storage.get("other") == 0
    assert storage.reset() == 1


def test_counts_that_weigh_nothing_are_forgotten(network: Network, url: str) -> None:
    member = network.member(SIRENS[0])
    limit(network)
    read(member, 1)
    network.clock.advance(seconds=121)
    network.work()
    with psycopg2.connect(url) as owner, owner.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE bizoverbiz_worker")
        cursor.execute("SELECT count(*) FROM request_count")
        assert cursor.fetchone() == (0,)
    owner.close()


@given(
    st.integers(1, 20), st.sampled_from([1, 60, 3600]), st.integers(0, 20), st.integers(0, 20), st.floats(0.01, 0.99)
)
def test_after_the_time_told_one_more_is_let_in(limit_: int, expiry: int, before: int, now: int, part: float) -> None:
    previous, count = min(before, limit_), min(now, limit_)
    left = expiry * part
    weight = int(previous * part)
    if weight + count < limit_:
        return
    wait = seconds_to_wait(limit_, expiry, previous, left, count, left)
    assert 1 <= wait <= 2 * expiry + 1
    position = expiry - left + wait
    windows, passed = divmod(position, expiry)
    held = (previous, count) if windows == 0 else (count, 0) if windows == 1 else (0, 0)
    assert int(held[0] * (1 - passed / expiry)) + held[1] + 1 <= limit_


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///nowhere")
    return monkeypatch


def test_rates_are_set_in_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BIZOVERBIZ_LIMIT_WRITES", "7/second; 100/hour")
    (first, second) = parse_many(load_settings().limit_writes)
    assert (first.amount, second.amount) == (7, 100)
    environment.setenv("BIZOVERBIZ_LIMIT_WRITES", "often")
    with pytest.raises(MisconfiguredError, match="BIZOVERBIZ_LIMIT_WRITES"):
        load_settings()
