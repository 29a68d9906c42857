"""What comes when and where: units by week and place, and the supply behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from core.db import rows
from core.locales import written_day
from inventory.models import Supply

WEEKS = 6
MOST_SHOWN = 200
LATE, LATER = "late", "later"


@dataclass(frozen=True, slots=True)
class AtPlace:
    """Units that come to a place in a week; `promised` of them are waited for."""

    location_id: UUID
    name: str
    units: int
    promised: int
    share: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week from its Monday on (`key`), what is late, or all that comes later."""

    key: str
    first: date | None
    last: date | None
    places: list[AtPlace]

    @property
    def label(self) -> str:
        """In words: from which day to which."""
        if self.first is None or self.last is None:
            return _("Late") if self.key == LATE else _("Later")
        first, last = (written_day(day, "d MMM") for day in (self.first, self.last))
        return _("%(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def units(self) -> int:
        """All that comes in it."""
        return sum(place.units for place in self.places)

    @property
    def promised(self) -> int:
        """What of it is waited for."""
        return sum(place.promised for place in self.places)


_BY_WEEK = """
SELECT CASE WHEN y.due < %(today)s THEN 'late' WHEN y.due >= %(end)s THEN 'later'
            ELSE to_char(date_trunc('week', y.due), 'YYYY-MM-DD') END AS week,
       y.location_id, l.name,
       sum(CASE WHEN y.order_by IS NULL THEN y.quantity - y.arrived ELSE y.committed END)::bigint AS units, sum(y.committed)::bigint AS promised
FROM inventory_supply y JOIN inventory_location l ON l.id = y.location_id
WHERE y.state = 'expected' AND (y.order_by IS NULL OR y.committed > 0) GROUP BY 1, 2, 3 ORDER BY l.name
"""


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def weeks(today: date) -> list[Week]:
    """What is late (if anything), this week and the next ones, and what comes later (if anything): one statement.

    What is still to be ordered counts as far as it is promised.
    """
    first = monday(today)
    end = first + timedelta(weeks=WEEKS)
    by_week: dict[str, list[Any]] = {}
    for row in rows(_BY_WEEK, {"today": today, "end": end}):
        by_week.setdefault(row.week, []).append(row)
    most = max((row.units for found in by_week.values() for row in found), default=1)
    shown = [Week(LATE, None, None, _places(by_week.get(LATE, ()), most))]
    for n in range(WEEKS):
        day = first + timedelta(weeks=n)
        shown.append(
            Week(day.isoformat(), day, day + timedelta(days=6), _places(by_week.get(day.isoformat(), ()), most))
        )
    shown.append(Week(LATER, None, None, _places(by_week.get(LATER, ()), most)))
    return [week for week in shown if week.first or week.places]


def _places(found: Sequence[Any], most: int) -> list[AtPlace]:
    return [
        AtPlace(row.location_id, row.name, row.units, row.promised, max(2, round(100 * row.units / most)))
        for row in found
    ]


def supply_in(week: str, location_id: UUID | None, today: date) -> QuerySet[Supply]:
    """The supply that is still to come in a week of the calendar ("": in any) and to a place (None: to any)."""
    found = Supply.objects.filter(state=Supply.State.EXPECTED).select_related("variant__product", "location")
    if location_id:
        found = found.filter(location_id=location_id)
    if week == LATE:
        found = found.filter(due__lt=today)
    elif week == LATER:
        found = found.filter(due__gte=monday(today) + timedelta(weeks=WEEKS))
    elif week:
        first = date.fromisoformat(week)
        found = found.filter(due__gte=max(first, today), due__lt=first + timedelta(days=7))
    return found.order_by("due", "location__name", "variant__sku", "id")


def of_variant(variant_id: UUID) -> list[Supply]:
    """What is to come of a variant, the soonest first."""
    found = Supply.objects.filter(state=Supply.State.EXPECTED, variant_id=variant_id, quantity__gt=F("arrived"))
    return list(found.select_related("location").order_by("due", "id")[:MOST_SHOWN])


_WAITING = "SELECT coalesce(sum(quantity), 0)::bigint AS units FROM inventory_supplypin WHERE variant_id = %(id)s AND supply_id IS NULL"


def waiting_for_none(variant_id: UUID) -> int:
    """Units of a variant that orders wait for, and of which no supply is known."""
    return int(rows(_WAITING, {"id": variant_id})[0].units)
