"""Filters between two ends: days and numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.days import midnight, reader_day
from core.lists.filters import LONGEST, Filter, Unreadable, Word
from core.locales import say_day

RELATIVE: dict[str, tuple[Word, Callable[[date], tuple[date, date]]]] = {
    "today": (gettext_lazy("Today"), lambda day: (day, day)),
    "yesterday": (gettext_lazy("Yesterday"), lambda day: (day - timedelta(1), day - timedelta(1))),
    "last-7-days": (gettext_lazy("Last 7 days"), lambda day: (day - timedelta(6), day)),
    "last-30-days": (gettext_lazy("Last 30 days"), lambda day: (day - timedelta(29), day)),
    "this-month": (gettext_lazy("This month"), lambda day: (day.replace(day=1), day)),
}
FORTHCOMING: dict[str, tuple[Word, Callable[[date], tuple[date, date]]]] = {
    "today": RELATIVE["today"],
    "tomorrow": (gettext_lazy("Tomorrow"), lambda day: (day + timedelta(1), day + timedelta(1))),
    "next-7-days": (gettext_lazy("Next 7 days"), lambda day: (day, day + timedelta(6))),
    "yesterday": RELATIVE["yesterday"],
}
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included; None where it is open. `name` when it is one that moves with the calendar."""

    first: date | None
    last: date | None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Period(Filter):
    """A day, a span of days (`since`, `until`) or one that moves with the calendar: `day=today`, `day=last-7-days`.

    `timed`: the field is a moment and not a day.
    """

    since: str = ""
    until: str = ""
    timed: bool = True
    named: dict[str, Any] = field(default_factory=lambda: RELATIVE)
    kind: ClassVar[str] = "period"

    @property
    def names(self) -> tuple[str, ...]:
        """The day or name, and the two ends."""
        return self.name, self.since or f"{self.name}_from", self.until or f"{self.name}_to"

    def read(self, query: QueryDict) -> Any:
        """The span; both ends are days that exist, in their order."""
        one, first, last = (query.get(name, "").strip()[:LONGEST] for name in self.names)
        if one in self.named:
            begins, ends = self.named[one][1](reader_day())
            return Span(begins, ends, one)
        if one:
            day = _day(one)
            return Span(day, day)
        if not first and not last:
            return None
        span = Span(_day(first) if first else None, _day(last) if last else None)
        if span.first and span.last and span.first > span.last:
            raise Unreadable
        return span

    def condition(self, value: Any) -> Q:
        """From the beginning of the first day to the end of the last, where the company is."""
        name, found = self.field or self.name, Q()
        if value.first:
            found &= Q(**{f"{name}__gte": midnight(value.first) if self.timed else value.first})
        if value.last and self.timed:
            found &= Q(**{f"{name}__lt": midnight(value.last, 1)})
        elif value.last:
            found &= Q(**{f"{name}__lte": value.last})
        return found

    def words(self, value: Any) -> str:
        """The name of the span, the day, or its ends."""
        if value.name:
            return str(self.named[value.name][0]).lower()
        if value.first == value.last:
            return say_day(value.first)
        if value.last is None:
            return _("since %(day)s") % {"day": say_day(value.first)}
        if value.first is None:
            return _("until %(day)s") % {"day": say_day(value.last)}
        return _("%(first)s to %(last)s") % {"first": say_day(value.first), "last": say_day(value.last)}

    def fixed(self, value: Any) -> Any:
        """The days of today, where it moves with the calendar."""
        return replace(value, name="")

    def params(self, value: Any) -> list[tuple[str, str]]:
        """A moving span by its name, so that a saved view moves too; else days."""
        one, first, last = self.names
        if value.name or value.first == value.last:
            return [(one, value.name or value.first.isoformat())]
        ends = [(first, value.first), (last, value.last)]
        return [(name, day.isoformat()) for name, day in ends if day]

    def fields(self, value: Any) -> dict[str, Any]:
        """The moving spans, and the two ends as days."""
        own = value is not None and not value.name
        return {
            "options": [
                (key, str(word), value is not None and value.name == key) for key, (word, _) in self.named.items()
            ],
            "first": value.first if own else None,
            "last": value.last if own else None,
        }


def _day(text: str) -> date:
    try:
        found = parse_date(text)
    except ValueError as error:
        raise Unreadable from error
    if found is None or not EARLIEST <= found <= LATEST:
        raise Unreadable
    return found


@dataclass(frozen=True, kw_only=True)
class Range(Filter):
    """A number between two ends, both included: `total_min=100&total_max=500`. `whole` for counts."""

    whole: bool = False
    unit: Word = ""
    largest: ClassVar[Decimal] = Decimal(10) ** 9
    kind: ClassVar[str] = "range"

    @property
    def names(self) -> tuple[str, ...]:
        """The two ends."""
        return f"{self.name}_min", f"{self.name}_max"

    def read(self, query: QueryDict) -> Any:
        """The two ends; None where it is open."""
        ends = [self._number(query.get(name, "").strip()[:LONGEST]) for name in self.names]
        if ends == [None, None]:
            return None
        if None not in ends and ends[0] > ends[1]:  # type: ignore[operator]
            raise Unreadable
        return tuple(ends)

    def _number(self, text: str) -> Decimal | None:
        if not text:
            return None
        try:
            found = Decimal(text.replace(",", "."))
        except InvalidOperation as error:
            raise Unreadable from error
        if not found.is_finite() or abs(found) > self.largest or (self.whole and found != int(found)):
            raise Unreadable
        return found

    def condition(self, value: Any) -> Q:
        """Between the ends."""
        name, (low, high) = self.field or self.name, value
        found = Q() if low is None else Q(**{f"{name}__gte": low})
        return found if high is None else found & Q(**{f"{name}__lte": high})

    def words(self, value: Any) -> str:
        """`100 to 500`, `from 100`, `up to 500`."""
        low, high = (None if end is None else f"{end.normalize():f}" for end in value)
        if high is None:
            return _("from %(low)s") % {"low": low}
        return (
            _("up to %(high)s") % {"high": high}
            if low is None
            else _("%(low)s to %(high)s") % {"low": low, "high": high}
        )

    def params(self, value: Any) -> list[tuple[str, str]]:
        """The ends that are set."""
        return [(name, f"{end.normalize():f}") for name, end in zip(self.names, value, strict=True) if end is not None]

    def fields(self, value: Any) -> dict[str, Any]:
        """The two ends."""
        low, high = value or (None, None)
        return {"low": low, "high": high}
