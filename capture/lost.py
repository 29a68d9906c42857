"""What was lost for want of stock, added up: by product, channel and day, over any choice of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from capture.models import RefusedDemand
from core.days import midnight, reader_day

MOST = 6
MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Lost:
    """Units and their net value in the functional currency."""

    units: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What was lost of one product or channel."""

    key: str
    name: str
    lost: Lost


VALUE = ExpressionWrapper(F("lost") * F("unit_value"), output_field=DecimalField(max_digits=18, decimal_places=4))
SUMS = {"units": Sum("lost", default=0), "value": Sum(VALUE, default=Decimal(0))}


def total(found: QuerySet[RefusedDemand]) -> Lost:
    """Over all of them."""
    return Lost(**found.aggregate(**SUMS))


def by_product(found: QuerySet[RefusedDemand]) -> list[Share]:
    """The products of which most value was lost, their SKUs for names."""
    return _by(found, "variant__sku", "variant__sku")


def by_channel(found: QuerySet[RefusedDemand]) -> list[Share]:
    """The same of channels."""
    return _by(found, "channel__code", "channel__name")


def _by(found: QuerySet[RefusedDemand], key: str, name: str) -> list[Share]:
    shares = _bare(found).filter(lost__gt=0).values(key, name).annotate(**SUMS).order_by("-value", key)[:MOST]
    return [Share(row[key], row[name], Lost(row["units"], row["value"])) for row in shares]


def by_day(found: QuerySet[RefusedDemand], days: Sequence[date]) -> dict[date, int]:
    """Units lost on each of the days."""
    within = _bare(found).filter(at__gte=midnight(days[0]), at__lt=midnight(days[-1] + timedelta(days=1)))
    rows = within.annotate(day=TruncDate("at")).values("day").annotate(units=Sum("lost"))
    return dict(rows.order_by().values_list("day", "units"))


def _bare(found: QuerySet[RefusedDemand]) -> QuerySet[Any]:
    return found.select_related(None).order_by()


def since(days: int) -> Lost:
    """What was lost in the last days, today's among them."""
    return total(RefusedDemand.objects.filter(at__gte=midnight(reader_day() - timedelta(days=days - 1))))


def days_of(first: date | None, last: date | None) -> list[date]:
    """The days to draw: those asked for, up to today and no more than `MOST_DAYS`; without a first one the last 30."""
    end = min(last or reader_day(), reader_day())
    begin = max(first or end - timedelta(days=29), end - timedelta(days=MOST_DAYS - 1))
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)] or [end]
