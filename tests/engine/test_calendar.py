"""When rounds are cut off: the pure function, and the worker that goes by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizoverbiz.rounds.calendar import ByHand, Calendar, Monthly, Weekly, next_cut_off
from bizoverbiz.rounds.options import OptionError, set_network_options
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import Network
from .operating import report, round_state

PARIS = ZoneInfo("Europe/Paris")
ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
moments = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
hours = {"hour": st.integers(0, 23), "minute": st.integers(0, 59), "timezone": st.sampled_from(ZONES)}
calendars: st.SearchStrategy[Calendar] = st.one_of(
    st.builds(Weekly, weekday=st.sampled_from(DAYS), **hours),
    st.builds(Monthly, day=st.one_of(st.integers(1, 31), st.just("last-working-day")), **hours),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(calendars, moments)
def test_the_next_cut_off_is_later_and_none_lies_in_between(calendar: Calendar, after: datetime) -> None:
    found = next_cut_off(calendar, after)
    assert found is not None
    assert after < found <= after + timedelta(days=33)
    assert next_cut_off(calendar, found - timedelta(seconds=1)) == found
    middle = after + (found - after) / 2
    assert next_cut_off(calendar, middle) == found


@given(calendars, moments)
def test_a_cut_off_shows_on_the_wall_clock_as_it_was_set(calendar: Calendar, after: datetime) -> None:
    found = next_cut_off(calendar, after)
    assert found is not None
    assert not isinstance(calendar, ByHand)
    local = found.astimezone(ZoneInfo(calendar.timezone))
    wanted = local.replace(hour=calendar.hour, minute=calendar.minute)
    # Samoa has skipped a whole day once.
    skipped = local.utcoffset() != (found - timedelta(hours=25)).astimezone(local.tzinfo).utcoffset()
    assert local == wanted or skipped, "only clocks that are put forward may move it"
    if skipped:
        return
    if isinstance(calendar, Weekly):
        assert DAYS[local.weekday()] == calendar.weekday
    elif calendar.day == "last-working-day":
        assert local.weekday() < 5
        assert all(
            day.month != local.month or day.weekday() > 4 for day in (local + timedelta(days=n) for n in (1, 2, 3))
        )
    else:
        assert local.day == calendar.day or (local.day < calendar.day and (local + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("calendar", "after", "expected"),
    [
        (Weekly(weekday="friday", hour=18), "2026-10-21T00:00", "2026-10-23T16:00"),
        (Weekly(weekday="friday", hour=18), "2026-10-23T16:00", "2026-10-30T17:00"),  # summer time has ended
        (Weekly(weekday="sunday", hour=2, minute=30), "2026-03-25T00:00", "2026-03-29T01:30"),  # 02:30 is skipped
        (Weekly(weekday="sunday", hour=2, minute=30), "2026-10-20T00:00", "2026-10-25T00:30"),  # the first of two
        (Weekly(weekday="sunday", hour=2, minute=30), "2026-10-25T00:30", "2026-11-01T01:30"),  # and not the second
        (Monthly(day=31, hour=9), "2026-02-01T00:00", "2026-02-28T08:00"),
        (Monthly(day=30, hour=9), "2028-02-01T00:00", "2028-02-29T08:00"),
        (Monthly(day="last-working-day", hour=9), "2026-05-01T00:00", "2026-05-29T07:00"),
        (Monthly(day=1, hour=0, timezone="Pacific/Apia"), "2026-07-31T10:59", "2026-07-31T11:00"),
    ],
)
def test_dates_across_daylight_saving_and_short_months(calendar: Calendar, after: str, expected: str) -> None:
    assert next_cut_off(calendar, utc(after)) == utc(expected)


def test_by_hand_there_is_no_next_date() -> None:
    assert next_cut_off(ByHand(), utc("2026-11-22T09:00")) is None


def set_options(network: Network, *settings: str) -> None:
    with network.store.transaction(WORKER) as tx:
        set_network_options(tx, settings)


def states(network: Network) -> list[tuple[int, str]]:
    everything = ["collection", "frozen", "proposed", "decided", "closed", "abandoned"]
    with network.store.transaction(WORKER) as tx:
        return [(row.number, row.state) for row in tx.all("rounds_in", states=everything)]


def test_an_unknown_time_zone_is_refused(network: Network) -> None:
    with pytest.raises(OptionError, match="Mars/Olympus is no time zone"):
        set_options(network, 'calendar={"kind": "weekly", "weekday": "friday", "timezone": "Mars/Olympus"}')


def test_the_worker_takes_a_round_from_its_opening_to_its_decision(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    a.declare(a.line("payable", b, "B-1", 100), a.line("receivable", b, "A-1", 80))
    b.declare(b.line("receivable", a, "B-1", 100), b.line("payable", a, "A-1", 80))
    set_options(network, 'calendar={"kind": "weekly", "weekday": "monday", "hour": 12}', "approval_hours=24")
    assert network.work()
    assert states(network) == [(1, "collection")]
    assert report(network, 1)["cut_at"] == "2026-11-23T11:00:00Z"
    network.clock.now = utc("2026-11-23T10:59")
    assert network.work()
    assert states(network) == [(1, "collection")]
    network.clock.advance(minutes=1)
    assert network.work()
    assert states(network) == [(1, "proposed")]
    assert network.work()
    assert states(network) == [(1, "proposed"), (2, "collection")]
    for member in two:
        member.approve(member.statement())
    assert network.work()
    assert round_state(network, 1) == "decided"


def test_dates_missed_while_no_worker_ran_are_caught_up_once(network: Network) -> None:
    set_options(network, 'calendar={"kind": "weekly", "weekday": "monday", "hour": 12}')
    assert network.work()
    network.clock.advance(days=31)
    for _ in range(4):
        assert network.work()
    # Nobody has declared anything: the round that was cut off late is decided at once, and closed.
    assert states(network) == [(1, "closed"), (2, "collection")]
    assert report(network, 2)["cut_at"] == "2026-12-28T11:00:00Z"
