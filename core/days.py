"""Whose day it is. A moment is one thing everywhere; a day belongs to somebody.

The books', taxes' and promises' days are the company's (`company_day`); work, parcels and cut-offs have the day of
their location (`day_at`); what somebody reads or asks for is in the zone of the request, which is the reader's own
(`reader_day`, `midnight`). The middleware `backoffice.reader` sets that zone; outside a request it is the company's.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone

SATURDAY = 5


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every zone by the names that people know, `Europe/Paris`; none of the short and historical ones."""
    regions = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return frozenset(name for name in available_timezones() if name.partition("/")[0] in regions) | {"UTC"}


def zone(name: str) -> ZoneInfo:
    """The zone of this name; the company's when the name is empty or unknown, so that nothing stops over it."""
    return ZoneInfo(name if name in zone_names() else settings.TIME_ZONE)


def company_day(at: datetime | None = None) -> date:
    """The day in the company's books at a moment (now when none is given)."""
    return day_at(settings.TIME_ZONE, at)


def day_at(name: str, at: datetime | None = None) -> date:
    """The day at a place with the zone `name`, at a moment (now when none is given)."""
    return (at or timezone.now()).astimezone(zone(name)).date()


def reader_day(at: datetime | None = None) -> date:
    """The day of whoever reads this page, at a moment (now when none is given)."""
    return timezone.localdate(at)


def midnight(day: date, days: int = 0, name: str = "") -> datetime:
    """The beginning of a day (or of one `days` later) for the reader, or in the zone `name`.

    Days on which the clocks change have 23 or 25 hours; where midnight itself is skipped, the day begins when it ends.
    """
    where = zone(name) if name else timezone.get_current_timezone()
    return datetime.combine(day + timedelta(days=days), time.min, where)


def is_told_twice(local: datetime) -> bool:
    """Whether the clocks show this local time twice, as in the night when they are set back."""
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    return first is not None and second is not None and first > second


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= SATURDAY else day


def after(day: date, working_days: int) -> date:
    """That many working days after a working day."""
    weeks, rest = divmod(working_days, 5)
    over_weekend = 2 if day.weekday() + rest >= SATURDAY else 0
    return day + timedelta(days=weeks * 7 + rest + over_weekend)
