"""Numbers, days and times as people of a language write them: one place for babel's locale and what follows from it."""

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from core.days import is_told_twice, reader_day


def locale() -> str:
    """The locale of the language in use; English is British."""
    language = get_language() or "en"
    return "en_GB" if language == "en" else to_locale(language)


def number(value: Decimal | float, digits: int = 0) -> str:
    """`1,234` or `1 234`; up to `digits` decimals, without zeros at the end."""
    pattern = f"#,##0.{'#' * digits}" if digits else "#,##0"
    return str(format_decimal(value, pattern, locale=locale()))


def percent(share: Decimal | float, digits: int = 1) -> str:
    """A share of one: `94.1%` or `94,1 %`."""
    figure = format_decimal(share * 100, f"#,##0.{'0' * digits}" if digits else "#,##0", locale=locale())
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
    named = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}.get(away)
    if named:
        return named
    pattern = "EEE d" if abs(away) < 7 else "d MMM" if day.year == today.year else "d MMM y"
    return str(format_date(day, pattern, locale=locale()))


def say_time(value: datetime) -> str:
    """The time of day, `10:42`; in the hour that the clocks show twice it says which of the two, `02:30 CEST`."""
    text = str(format_time(value.replace(tzinfo=None), "HH:mm", locale=locale()))
    return f"{text} {value.tzname()}" if value.tzinfo and is_told_twice(value) else text
