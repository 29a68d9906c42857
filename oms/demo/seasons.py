"""When customers of a home and living shop order: by time of year, weekday and hour, in local time.

The shapes are those of European online retail: Sunday and Monday evenings are strongest, trade rises from mid
November to mid December with a peak at Black Friday, sales follow in January and July, August is quiet.
"""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

WEEKDAYS = (1.15, 1.0, 1.0, 0.98, 0.92, 0.85, 1.12)
"""Monday first."""
HOURS = (6, 3, 2, 1, 1, 2, 8, 20, 34, 44, 50, 52, 60, 54, 48, 46, 48, 54, 60, 70, 86, 90, 62, 24)
"""Relative number of orders in each hour of the day."""
MONTHS = (1.05, 0.85, 0.9, 0.9, 0.95, 0.95, 1.05, 0.7, 0.95, 1.05, 1.3, 1.6)
CHRISTMAS_PEAK = (12, 14)
SALES_WEEKS = ((1, 8), (7, 1))
"""First days of the sales, which last a fortnight."""


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def day_weight(day: date) -> float:
    """How much trade a day has; about 1.0 on an ordinary one."""
    return WEEKDAYS[day.weekday()] * _month(day) * _event(day)


def _month(day: date) -> float:
    """The month's level, blended from the middle of one month to the middle of the next so that it has no steps."""
    middle = day.replace(day=15)
    other = (middle + timedelta(days=30 if day >= middle else -30)).month
    part = abs((day - middle).days) / 31
    return MONTHS[day.month - 1] * (1 - part) + MONTHS[other - 1] * part


def _event(day: date) -> float:
    from_black_friday = (day - black_friday(day.year)).days
    if -4 <= from_black_friday <= 3:
        return 2.8 if from_black_friday in (0, 3) else 1.6
    if day.month == 12 and day.day > 23:
        return 0.45
    peak = date(day.year, *CHRISTMAS_PEAK)
    if abs((day - peak).days) <= 5:
        return 1.35
    return 1.3 if any(0 <= (day - date(day.year, *start)).days < 14 for start in SALES_WEEKS) else 1.0


def order_times(
    random: Random, *, until: datetime, days: int, total: int, zone: str = "Europe/Paris"
) -> list[datetime]:
    """`total` moments before `until`, over `days` days, spread by season, weekday and hour; ascending, zoned."""
    local = until.astimezone(ZoneInfo(zone))
    all_days = [local.date() - timedelta(days=back) for back in range(days, -1, -1)]
    weights = [day_weight(day) for day in all_days]
    weights[-1] *= (local.hour * 60 + local.minute) / 1440
    moments = [_moment(random, day, zone) for day in random.choices(all_days, weights, k=total)]
    return sorted(moment if moment < local else _before(random, local) for moment in moments)


def _moment(random: Random, day: date, zone: str) -> datetime:
    hour = random.choices(range(24), HOURS)[0]
    return datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)), ZoneInfo(zone))


def _before(random: Random, local: datetime) -> datetime:
    """A moment of today that has already passed."""
    return local - timedelta(seconds=random.randrange(60, max(61, local.hour * 3600 + local.minute * 60)))
