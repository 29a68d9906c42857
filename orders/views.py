"""The list of orders."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.lists import KeysetList, capped_count
from core.permissions import permission
from core.templatetags.ui import say_day
from core.wording import BUCKET
from orders.forms import FilterForm
from orders.models import Order
from orders.rows import row
from orders.selectors import Filters, channels, listed


def _tabs() -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("needs_someone", _("Needs someone")),
        ("on_hold", pgettext("orders", "On hold")),
        ("backordered", pgettext("orders", "Backordered")),
        ("placed", pgettext("orders", "Waiting for routing")),
        ("processing", pgettext("orders", "In preparation")),
        ("partially_shipped", pgettext("orders", "Part shipped")),
        ("shipped", pgettext("orders", "Shipped")),
    ]


@permission("orders.view")
def order_list(request: HttpRequest, within: Q | None = None) -> HttpResponse:
    """Orders, newest first, by the filters in the address; of those the reader may see (None: all)."""
    filters = FilterForm(request.GET).filters()
    page = KeysetList[Order](listed(filters, within), "-placed_at").page(request.GET.get("cursor", ""))
    return render(
        request,
        "orders/list.html",
        {
            "page": page,
            "rows": [row(order) for order in page.items],
            "filters": filters,
            "tabs": _tab_items(request, filters, within),
            "limited": within is not None,
            "chips": _chips(request, filters),
            "channels": channels(),
            "keep": [(name, request.GET[name]) for name in KEPT if request.GET.get(name)],
        },
    )


KEPT = ("status", "stage", "day", "since", "late", "customer")


def _tab_items(request: HttpRequest, filters: Filters, within: Q | None) -> list[dict[str, Any]]:
    """Each state with its count, capped so that it is never slow, for the channel chosen."""
    return [
        {
            "label": label,
            "url": without(request, "status", "stage", "late", status=status),
            "on": filters.status == status and not filters.stage and not filters.late,
            "count": capped_count(
                listed(Filters(status=status, channel=filters.channel), within).prefetch_related(None)
            ),
        }
        for status, label in _tabs()
    ]


def _chips(request: HttpRequest, filters: Filters) -> list[dict[str, str]]:
    """What the list is narrowed by, each with the address that takes it away."""
    said = {
        "stage": _("Units %(state)s") % {"state": BUCKET[filters.stage].text} if filters.stage in BUCKET else "",
        "day": _("Placed: %(day)s") % {"day": say_day(filters.day)} if filters.day else "",
        "since": _("Since %(day)s") % {"day": say_day(filters.since)} if filters.since else "",
        "late": _("Late") if filters.late else "",
        "customer": _("One customer") if filters.customer else "",
        "q": f"“{filters.text}”" if filters.text else "",
    }
    return [{"label": label, "url": without(request, name)} for name, label in said.items() if label]


def without(request: HttpRequest, *names: str, **values: str) -> str:
    """The page's query string without some filters (and from the start), and with others."""
    query = request.GET.copy()
    for name in (*names, "cursor"):
        query.pop(name, None)
    for name, value in values.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}"
