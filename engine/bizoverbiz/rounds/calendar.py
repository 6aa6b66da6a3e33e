"""When rounds are cut off: a pure function from a calendar and an instant to the next cut-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from dateutil.rrule import FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule
from dateutil.tz import resolve_imaginary
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DAYS = {"monday": MO, "tuesday": TU, "wednesday": WE, "thursday": TH, "friday": FR, "saturday": SA, "sunday": SU}


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone of the IANA database, such as Europe/Paris") from error
    return name


class _Calendar(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ByHand(_Calendar):
    """The operator opens rounds and cuts them off."""

    kind: Literal["by-hand"] = "by-hand"


class _Timed(_Calendar):
    #: On the wall clock of the time zone.
    hour: int = Field(18, ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/Paris"


class Weekly(_Timed):
    kind: Literal["weekly"] = "weekly"
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Monthly(_Timed):
    """On a day of the month, or its last one where the month is shorter; or on its last day from Monday to Friday."""

    kind: Literal["monthly"] = "monthly"
    day: Annotated[int, Field(ge=1, le=31)] | Literal["last-working-day"]


Calendar = ByHand | Weekly | Monthly


def next_cut_off(calendar: Calendar, after: datetime) -> datetime | None:
    """The first cut-off later than `after`, in UTC; None where the operator cuts off by hand.

    An hour that the clocks skip is the one as much later that they show; of an hour they show twice it is the first.
    """
    if isinstance(calendar, ByHand):
        return None
    zone = ZoneInfo(calendar.timezone)
    # A day earlier: clocks that change in between can move a cut-off by hours, never by a day.
    start = after.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    for local in _dates(calendar, start):
        moment: datetime = resolve_imaginary(local.replace(tzinfo=zone)).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("a calendar has no last date")


def _dates(calendar: Weekly | Monthly, start: datetime) -> rrule:
    at = {"byhour": calendar.hour, "byminute": calendar.minute, "bysecond": 0}
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if isinstance(calendar, Weekly):
        return rrule(WEEKLY, dtstart=first, byweekday=_DAYS[calendar.weekday], **at)
    # From the first day of the month on: the rule picks the last one of those that fit.
    first = first.replace(day=1)
    if calendar.day == "last-working-day":
        return rrule(MONTHLY, dtstart=first, byweekday=(MO, TU, WE, TH, FR), bysetpos=-1, **at)
    days = tuple(range(min(calendar.day, 28), calendar.day + 1))
    return rrule(MONTHLY, dtstart=first, bymonthday=days, bysetpos=-1, **at)
