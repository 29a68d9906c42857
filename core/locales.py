"""Numbers, days and times as people of a language write them: one place for babel's locale and what follows from it.

What is written is kept: a page says the same few days, times and numbers many times, and working out each anew took a
third of a list.
"""

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from core.days import is_told_twice, reader_day


def locale() -> str:
    """The locale of the language in use; English is British."""
    language = get_language() or "en"
    return "en_GB" if language == "en" else to_locale(language)


def written_day(day: date, pattern: str) -> str:
    """A day by a pattern of the Unicode standard, `EEEE d MMMM`."""
    return _day(day, pattern, locale())


def written_time(at: time | datetime) -> str:
    """Hours and minutes."""
    return _time(time(at.hour, at.minute), locale())


@lru_cache(maxsize=4096)
def _day(day: date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


@lru_cache(maxsize=4096)
def _time(at: time, locale: str) -> str:
    return str(format_time(at, "HH:mm", locale=locale))


@lru_cache(maxsize=4096)
def _figure(value: Decimal | float, pattern: str, locale: str) -> str:
    return str(format_decimal(value, pattern, locale=locale))


def number(value: Decimal | float, digits: int = 0) -> str:
    """`1,234` or `1 234`; up to `digits` decimals, without zeros at the end."""
    pattern = f"#,##0.{'#' * digits}" if digits else "#,##0"
    return _figure(value, pattern, locale())


def percent(share: Decimal | float, digits: int = 1) -> str:
    """A share of one: `94.1%` or `94,1 %`."""
    figure = _figure(share * 100, f"#,##0.{'0' * digits}" if digits else "#,##0", locale())
    return f"{figure}\u202f%" if locale().startswith("fr") else f"{figure}%"


def weight(grams: int) -> str:
    """`350 g`, `1.2 kg`: never more precise than a parcel needs."""
    if grams < 1000:
        return f"{number(grams)}\u00a0g"
    return f"{number(Decimal(grams) / 1000, 2 if grams < 10_000 else 1)}\u00a0kg"


def say_day(day: date, today: date | None = None) -> str:
    """A day as people say it: Today, Tomorrow, Yesterday, `Fri 27`, `27 Nov`, `27 Nov 2025`."""
    today = today or reader_day()
    away = (day - today).days
    if abs(away) <= 1:
        return (_("Today"), _("Tomorrow"), _("Yesterday"))[away]
    pattern = "EEE d" if abs(away) < 7 else "d MMM" if day.year == today.year else "d MMM y"
    return written_day(day, pattern)


def say_time(value: datetime) -> str:
    """The time of day, `10:42`; in the hour that the clocks show twice it says which of the two, `02:30 CEST`."""
    text = written_time(value)
    return f"{text} {value.tzname()}" if value.tzinfo and is_told_twice(value) else text
