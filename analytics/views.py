"""The dashboard of today: every figure leads to the orders behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.cache import FIGURES, kept
from core.charts import Columns, Point, columns
from core.days import reader_day
from core.locales import written_day
from core.permissions import permission
from core.templatetags.ui import age, money
from fulfillment.selectors import Backlog, backlog
from inventory.selectors import places
from orders.selectors import Waiting, by_channel, late_count, placed_per_day, value_per_currency, waiting

SPANS = (7, 28, 90)
SLOW = timedelta(hours=24)


@permission("insight.view")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Orders and value of today, where orders wait, what is late, and orders a day."""
    today, zone = reader_day(), timezone.get_current_timezone_name()
    days = next((span for span in SPANS if str(span) == request.GET.get("days")), 28)
    found = kept("insight", lambda: look(today, days), today, days, zone, seconds=FIGURES)
    now = kept("waiting", waiting, seconds=FIGURES)
    return render(
        request,
        "analytics/dashboard.html",
        {
            "today": today,
            "stats": _stats(today, found, now),
            "chart": _chart(found.per_day, today, days),
            "days": days,
            "spans": [{"days": span, "on": span == days} for span in SPANS],
            "stages": stages(now),
            "top": max((w.orders for w in now.values()), default=0),
            "channels": found.channels,
            "busiest": max((row["orders"] for row in found.channels), default=0),
            "places": _places(found.backlog),
        },
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What the dashboard counts: the same for all who read it by the same clock."""

    per_day: dict[date, int]
    values: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    late: int
    backlog: list[Backlog]


def look(today: date, days: int) -> Found:
    """Count it all: so many days up to today."""
    per_day = placed_per_day(today - timedelta(days=days - 1), today)
    return Found(per_day, value_per_currency(today), by_channel(today), late_count(), backlog())


def _stats(today: date, found: Found, now: dict[str, Waiting]) -> list[dict[str, Any]]:
    orders, per_day, held = reverse("orders"), found.per_day, now.get("on_hold")
    count, before = per_day.get(today, 0), per_day.get(today - timedelta(days=1), 0)
    values = [
        {
            "label": _("Value today, %(currency)s") % {"currency": row["currency"]},
            "value": money(row["value"], row["currency"]),
            "href": f"{orders}?day={today.isoformat()}",
            "note": ngettext("%(n)d order", "%(n)d orders", row["orders"]) % {"n": row["orders"]},
            "formula": _("Totals of the orders placed today, tax and delivery included, cancelled ones left out."),
        }
        for row in found.values
    ]
    return [
        {
            "label": _("Orders today"),
            "value": count,
            "href": f"{orders}?day={today.isoformat()}",
            "note": _("yesterday %(n)d") % {"n": before},
            "trend": [per_day.get(today - timedelta(days=back), 0) for back in range(6, -1, -1)],
            "formula": _("Orders placed since midnight, from every channel."),
        },
        *values,
        {
            "label": _("Late"),
            "value": found.late,
            "href": f"{orders}?late=1",
            "note": _("past the promised day"),
            "formula": _("Orders whose promised day is past and of which units have still to leave."),
        },
        {
            "label": pgettext("orders", "On hold"),
            "value": held.orders if held else 0,
            "href": f"{orders}?status=on_hold",
            "note": _("oldest order %(age)s old") % {"age": age(held.oldest)} if held else _("nothing is stopped"),
        },
    ]


def stages(now: dict[str, Waiting]) -> list[dict[str, Any]]:
    """Each stage with its orders and the age of the oldest; what waits longest is marked."""
    orders = reverse("orders")
    names = [
        ("on_hold", pgettext("orders", "On hold"), f"{orders}?status=on_hold"),
        ("reserved", pgettext("orders", "Waiting for routing"), f"{orders}?stage=reserved"),
        ("backordered", pgettext("orders", "Backordered"), f"{orders}?stage=backordered"),
        ("allocated", pgettext("orders", "Waiting for release"), f"{orders}?stage=allocated"),
        ("released", pgettext("orders", "To pick"), f"{orders}?stage=released"),
        ("picked", pgettext("orders", "To pack"), f"{orders}?stage=picked"),
        ("packed", pgettext("orders", "To hand to carrier"), f"{orders}?stage=packed"),
    ]
    slowest = min((now[stage].oldest for stage in IN_WORK if stage in now), default=None)
    return [_stage(now.get(stage), label, href, slowest) for stage, label, href in names]


IN_WORK = ("allocated", "released", "picked", "packed")
"""Stages whose waiting is in our own hands."""


def _stage(found: Waiting | None, label: str, href: str, slowest: datetime | None) -> dict[str, Any]:
    slow = found is not None and found.oldest == slowest and timezone.now() - found.oldest > SLOW
    return {
        "label": label,
        "value": found.orders if found else 0,
        "href": href,
        "tone": "amber" if slow else "plain",
        "end": age(found.oldest) if found else "—",
        "end_tone": "amber" if slow else "",
    }


def _chart(per_day: dict[date, int], today: date, days: int) -> Columns:
    orders = reverse("orders")
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    points = [
        Point(
            written_day(day, "d MMM"),
            per_day.get(day, 0),
            f"{orders}?day={day.isoformat()}",
            now=day == today,
        )
        for day in span
    ]
    return columns(points)


def _places(work: Sequence[Backlog]) -> list[dict[str, Any]]:
    """Open work by place: how much, how much of it late."""
    known = {place.pk: place for place in places()}
    found: dict[Any, dict[str, Any]] = {}
    for row in work:
        if row.location_id not in known:
            continue
        at = known[row.location_id]
        place = found.setdefault(at.pk, {"name": at.name, "code": at.code, "count": 0, "late": 0})
        place["count"] += row.count
        place["late"] += row.late
    return sorted(found.values(), key=lambda place: -place["count"])
