"""The start page: what waits for this person, by what they may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounting.models import JournalEntry
from backoffice import reach
from backoffice.timeline_words import INCIDENTS
from core.lists import capped_count
from core.models import Incident
from core.outbox import parked_count
from core.permissions import allows, locations_of
from core.templatetags.ui import age, count
from fulfillment.selectors import waiting
from inventory.models import Stock
from inventory.selectors import StockFilters, stock_of_variants
from orders.models import Order
from orders.rows import OrderRow, row
from orders.selectors import Filters, listed

NEWEST, OLDEST = 8, 6
WORK_NAMES = {
    "planned": lambda: pgettext("orders", "Waiting for release"),
    "released": lambda: pgettext("orders", "To pick"),
    "accepted": lambda: pgettext("orders", "Accepted"),
    "picking": lambda: pgettext("orders", "Being picked"),
    "packed": lambda: pgettext("orders", "To hand to carrier"),
}
TABS = {"planned": "pick", "released": "pick", "accepted": "pick", "picking": "pick", "packed": "ship"}


@dataclass(frozen=True, slots=True)
class Problem:
    """An open exception: what it is about, what it is, since when."""

    reference: str
    url: str
    what: str
    since: datetime


def figures(user: Any) -> list[dict[str, Any]]:
    """The counts that call for somebody, each with the list behind it."""
    found: list[dict[str, Any]] = []
    day = timezone.localdate()
    if allows(user, "orders.view"):
        orders, mine = reverse("orders"), reach.within(user)
        for label, note, filters, query in (
            (
                _("Need someone"),
                _("held, without stock, or late"),
                Filters(status="needs_someone"),
                "?status=needs_someone",
            ),
            (_("Late"), _("promised before today"), Filters(late=True), "?late=1"),
            (_("Placed today"), _("over all channels"), Filters(day=day), f"?day={day.isoformat()}"),
        ):
            number = capped_count(listed(filters, mine).prefetch_related(None))
            found.append({"label": label, "note": note, "value": count(number), "href": orders + query})
    if allows(user, "stock.view"):
        short = capped_count(stock_of_variants(StockFilters(state="short")))
        found.append(
            {
                "label": _("Stock below promises"),
                "note": _("products"),
                "value": short,
                "href": f"{reverse('stock')}?state=short",
            }
        )
    if allows(user, "ledger.view"):
        number = capped_count(JournalEntry.objects.filter(date=day))
        href = f"{reverse('ledger')}?start={day.isoformat()}"
        found.append(
            {
                "label": _("Journal entries today"),
                "note": _("booked by themselves"),
                "value": count(number),
                "href": href,
            }
        )
    return found


def stopped(user: Any) -> int:
    """How much work that follows orders stopped, for who can decide about it."""
    return parked_count() if allows(user, "queue.manage") else 0


def work(user: Any) -> list[dict[str, Any]]:
    """Open work by state at the places of this person; nothing when they work nowhere."""
    if not allows(user, "fulfillment.work"):
        return []
    found = waiting(locations_of(user, "fulfillment.work"))
    url = reverse("work")
    return [
        {"label": WORK_NAMES[w.status](), "value": w.count, "href": f"{url}?tab={TABS[w.status]}", "end": age(w.oldest)}
        for w in found
    ]


def newest(user: Any) -> list[OrderRow]:
    """The orders that came in last."""
    if not allows(user, "orders.view"):
        return []
    return [row(order) for order in listed(Filters(), reach.within(user)).order_by("-placed_at", "-id")[:NEWEST]]


def problems(user: Any) -> list[Problem]:
    """Open exceptions (of this person's locations), the oldest first, with the order or product each is about."""
    if not allows(user, "incidents.view"):
        return []
    found, places = Incident.objects.filter(resolved_at=None), locations_of(user, "incidents.view")
    if places is not None:
        found = found.filter(location_id__in=places)
    open_ones = list(found.order_by("opened_at")[:OLDEST])
    about = _subjects([incident.about for incident in open_ones])
    return [
        Problem(*about.get(incident.about, ("—", "")), what=_name(incident.kind), since=incident.opened_at)
        for incident in open_ones
    ]


def _name(kind: str) -> str:
    known = INCIDENTS.get(kind)
    return (known() if known else kind.replace("_", " ")).capitalize()


def _subjects(ids: list[UUID]) -> dict[UUID, tuple[str, str]]:
    orders = Order.objects.filter(pk__in=ids).values_list("pk", "number")
    found = {key: (number, reverse("order", args=[number])) for key, number in orders}
    for key, sku in Stock.objects.filter(pk__in=ids).values_list("pk", "variant__sku"):
        found[key] = (sku, reverse("stock-item", args=[sku]))
    return found
