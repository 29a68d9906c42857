"""What a customer can have now, and when: shown on the shop's pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from capture.answers import window
from catalog.models import Variant
from core.calls import Calls
from core.problems import Invalid
from inventory import selectors as inventory
from inventory.supply.selectors import atp_by_date, inbound
from oms.api.orders import channel_by_code
from oms.api.shapes import AvailabilityOut, AvailabilityQuery
from sourcing.promise import promise
from sourcing.selectors import preferred

calls = Calls(tags=["stock"])


@calls.reads("/availability", scope="stock.view", gives=AvailabilityOut)
def read_availability(request: HttpRequest, query: Query[AvailabilityQuery]) -> dict[str, Any]:
    """What a channel can promise of some SKUs, and when they would arrive."""
    channel = channel_by_code(query.channel)
    variants = _variants(query.sku)
    country = query.country or channel.country
    places = preferred(channel.pool_id, country, query.postal_code, query.service)
    free: dict[UUID, dict[UUID, int]] = {}
    for row in inventory.available([v.pk for v in variants.values()], channel.pool_id):
        if row.free:
            free.setdefault(row.variant_id, {})[row.location_id] = row.free
    now = {variant: sum(units.values()) for variant, units in free.items()}
    coming = atp_by_date([v.pk for v in variants.values()], channel.pool_id, free=now)
    return {
        "items": [
            _item(v, free.get(v.pk, {}), places, query, country) | {"inbound": inbound(coming[v.pk])}
            for v in (variants[sku] for sku in query.sku)
        ]
    }


def _variants(skus: list[str]) -> dict[str, Variant]:
    found = {v.sku: v for v in Variant.objects.filter(sku__in=skus, is_active=True)}
    errors = [
        {"loc": ["query", "sku", index], "msg": f"“{sku}” is not something we sell"}
        for index, sku in enumerate(skus)
        if sku not in found
    ]
    if errors:
        raise Invalid(errors=errors)
    return found


def _item(
    variant: Variant, free: dict[UUID, int], places: Sequence[UUID], query: AvailabilityQuery, country: str
) -> dict[str, Any]:
    """One SKU; its promise is that of the place which would send it."""
    first = next((place for place in places if free.get(place)), None)
    when = promise([first], query.service, country, query.postal_code, timezone.now()) if first else None
    return {
        "sku": variant.sku,
        "available": sum(free.values()),
        "promise": window(when.earliest, when.latest) if when else None,
        "pickup": [],
    }
