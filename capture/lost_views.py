"""The page of lost sales: the list with its sums by product, channel and day."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from capture import lost
from capture.tables import LOST_SALES
from core.charts import Columns, Point, columns
from core.lists.spec import Reading
from core.lists.views import show
from core.locales import say_day
from core.money import display
from core.permissions import permission


@permission(LOST_SALES.permission)
def lost_sales(request: HttpRequest) -> HttpResponse:
    """Rows and sums of what the address asks for."""
    reading = LOST_SALES.read(request.GET)
    found = reading.narrow(LOST_SALES.base(request.user))
    whole = lost.total(found)
    return show(
        request,
        LOST_SALES.name,
        lost_units=whole.units,
        lost_value=_euros(whole.value),
        products=_bars(lost.by_product(found), reading, "q"),
        channels=_bars(lost.by_channel(found), reading, "channel"),
        chart=_chart(found, reading) if whole.units else None,
    )


def _euros(value: Any) -> str:
    return display(value, settings.FUNCTIONAL_CURRENCY)


def _with(reading: Reading, **changes: str) -> str:
    kept = [pair for pair in reading.filter_params() if pair[0] not in changes]
    return f"{LOST_SALES.address}?{urlencode([*kept, *changes.items()])}"


def _bars(shares: list[lost.Share], reading: Reading, name: str) -> dict[str, Any]:
    items = [
        {
            "label": share.name,
            "value": share.lost.units,
            "end": _euros(share.lost.value),
            "href": _with(reading, **{name: share.key}),
        }
        for share in shares
    ]
    return {"items": items, "top": max((share.lost.units for share in shares), default=0)}


def _chart(found: Any, reading: Reading) -> Columns:
    span = reading.values.get("day")
    days = lost.days_of(span.first if span else None, span.last if span else None)
    units = lost.by_day(found, days)
    return columns([Point(say_day(day), units.get(day, 0), _with(reading, day=day.isoformat())) for day in days])
