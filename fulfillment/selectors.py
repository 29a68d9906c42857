"""Reads of the work on orders: parcels of orders, and where units stand at each place."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from core.db import rows
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from fulfillment.states import PROGRESS


class Backlog(NamedTuple):
    """Work that stands in one state: how much, and since when the oldest order waits."""

    status: str
    orders: int
    units: int
    oldest: datetime | None


def work_of(order_ids: Iterable[UUID]) -> dict[UUID, list[FulfillmentOrder]]:
    """The fulfilment orders of each order, oldest first, with place, lines and shipments: three statements in all."""
    lines = Prefetch("lines", FulfillmentLine.objects.select_related("order_line").order_by("order_line__position"))
    shipments = Prefetch("shipments", Shipment.objects.exclude(status="voided").order_by("created_at"))
    found: dict[UUID, list[FulfillmentOrder]] = defaultdict(list)
    work: QuerySet[FulfillmentOrder] = FulfillmentOrder.objects.filter(order_id__in=list(order_ids))
    for each in work.select_related("location").prefetch_related(lines, shipments).order_by("created_at", "id"):
        found[each.order_id].append(each)
    return found


def order_number_of_parcel(tracking_number: str) -> str | None:
    """The order that a tracking number belongs to."""
    return Shipment.objects.filter(tracking_number=tracking_number).values_list("order__number", flat=True).first()


def backlog(location_ids: Iterable[UUID] | None = None) -> list[Backlog]:
    """Open work by state in the order it passes, everywhere or at some places."""
    places = None if location_ids is None else list(location_ids)
    found: dict[str, Any] = {
        row.status: row
        for row in rows(
            """
            SELECT f.status, count(DISTINCT f.id)::int AS orders, sum(l.quantity - l.cancelled)::int AS units,
                   min(f.created_at) AS oldest
            FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline l ON l.fulfillment_order_id = f.id
            WHERE f.status IN ('planned', 'released', 'accepted', 'picking', 'packed')
              AND (%(places)s::uuid[] IS NULL OR f.location_id = ANY(%(places)s))
            GROUP BY f.status
            """,
            {"places": places},
        )
    }
    return [
        Backlog(status, found[status].orders, found[status].units, found[status].oldest)
        for status in PROGRESS
        if status in found
    ]
