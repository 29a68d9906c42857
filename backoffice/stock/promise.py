"""What a channel can promise of a product, as a sum that adds up; every number leads to what is behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from capture import references, room
from catalog.models import Variant
from core.permissions import allows
from inventory import panels
from inventory.explained import Explained, Step, explained, why_not
from inventory.models import Cap
from sourcing.network import network
from sourcing.selectors import preferred


@dataclass(frozen=True, slots=True)
class Sum:
    """What a channel can promise now: what is free at its places, and what orders that wait there could make room for."""

    explained: Explained
    room: int
    cap: Cap | None

    @property
    def units(self) -> int:
        """As many as an order is accepted for."""
        there = self.explained.free + self.room
        return there if self.cap is None else min(there, self.cap.left)


def sum_of(variant: Variant, channel: Any) -> Sum:
    """The sum for a channel; room is looked for only where orders wait."""
    found = explained(variant.pk, channel.pool_id, channel.id)
    cap = Cap.objects.filter(variant=variant, channel_id=channel.id).first()
    places = preferred(channel.pool_id, channel.country, "")
    more = room.most([variant.pk], channel.pool_id, channel.id, places) if found.total("reserved") else {}
    return Sum(found, more.get(variant.pk, 0), cap)


def open_channels() -> list[Any]:
    """Channels that sell: web shops first, of these the one that sells from the most places."""
    found = [c for c in references.channels().values() if c.is_active and not c.is_history]
    pools = network(pool_ids={c.pool_id for c in found}).pools
    return sorted(found, key=lambda c: (c.kind != "web", -len(pools[c.pool_id]), c.name))


@panels.add
def promise_panel(request: HttpRequest, variant: Variant) -> str:
    """The panel of the product's page; nothing for what is not kept in stock, or while nothing sells."""
    channels = open_channels()
    if not variant.is_stocked or not channels:
        return ""
    channel = next((c for c in channels if c.code == request.GET.get("channel")), channels[0])
    found = sum_of(variant, channel)
    told = {
        "variant": variant,
        "channels": channels,
        "channel": channel,
        "sum": found,
        "steps": [{"step": step, "total": found.explained.total(step.name)} for step in found.explained.steps],
        "places": [_place(row, found.explained.steps, variant, request.user) for row in found.explained.counted],
        "left_out": [{"row": row, "why": why_not(row)} for row in found.explained.left_out],
    }
    return render_to_string("backoffice/stock_promise.html", told, request)


def _place(row: Any, steps: list[Step], variant: Variant, user: Any) -> dict[str, Any]:
    links = dict(_links(row, variant, user))
    said = [(step, getattr(row, step.name)) for step in steps]
    numbers = [
        {"step": step, "units": units, "href": links.get(step.name, "") if units else ""} for step, units in said
    ]
    return {"row": row, "numbers": numbers, "short": _short(row)}


def _links(row: Any, variant: Variant, user: Any) -> Iterator[tuple[str, str]]:
    here = f"{reverse('stock-changes')}?{urlencode({'product': variant.pk, 'location': row.code})}"
    yield "on_hand", f"{here}&kind=on_hand"
    yield "safety", f"{here}&kind=safety"
    if allows(user, "orders.view"):
        yield "reserved", f"{reverse('orders')}?reserved={row.id}"
        yield "allocated", f"{reverse('orders')}?allocated={row.id}"
    if row.feed:
        yield "held", reverse("stock-feed", args=[row.feed])


def _short(row: Any) -> str:
    if not row.short:
        return ""
    return _("%(n)d more are promised or kept back than lie here: nothing is free") % {"n": row.short}
