"""Reads of work and parcels, in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import rows
from core.problems import NotFound
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment, ShipmentLine, TrackingEvent
from fulfillment.states import OPEN


def work(*, location_ids: Iterable[UUID] | None = None, statuses: Sequence[str] = OPEN) -> QuerySet[FulfillmentOrder]:
    """The work of some locations (None: all), the oldest promise first; with location, order, units and units picked."""
    found = FulfillmentOrder.objects.filter(status__in=statuses).select_related("location", "order")
    if location_ids is not None:
        found = found.filter(location_id__in=list(location_ids))
    return found.annotate(
        units=Sum(F("lines__quantity") - F("lines__cancelled")), units_picked=Sum("lines__picked"), skus=Count("lines")
    ).order_by(F("promise_latest").asc(nulls_last=True), "id")


def fulfillment_order(fulfillment_order_id: UUID, *, location_ids: Iterable[UUID] | None = None) -> FulfillmentOrder:
    """One piece of work with lines (order line, variant, product), order and parcels; NotFound outside the locations."""
    found = _with_all(FulfillmentOrder.objects.filter(pk=fulfillment_order_id))
    if location_ids is not None:
        found = found.filter(location_id__in=list(location_ids))
    work_order = found.first()
    if work_order is None:
        raise NotFound(_("There is no such fulfilment order."))
    return work_order


def _with_all(found: QuerySet[FulfillmentOrder]) -> QuerySet[FulfillmentOrder]:
    lines = FulfillmentLine.objects.select_related("order_line__variant__product").order_by("order_line__position")
    parcels = Shipment.objects.exclude(status="voided").order_by("id")
    return found.select_related("location", "order").prefetch_related(
        Prefetch("lines", lines), Prefetch("shipments", parcels)
    )


def of_orders(order_ids: Sequence[UUID]) -> dict[UUID, list[FulfillmentOrder]]:
    """The fulfilment orders of many orders, with location, lines and living parcels, by order."""
    by_order: dict[UUID, list[FulfillmentOrder]] = defaultdict(list)
    for found in _with_all(FulfillmentOrder.objects.filter(order_id__in=order_ids)).order_by("id"):
        by_order[found.order_id].append(found)
    return by_order


def shipments_of_orders(order_ids: Sequence[UUID], *, events: bool = False) -> dict[UUID, list[Shipment]]:
    """The living parcels of many orders with their lines (and the carriers' events, newest first), by order."""
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position")
    found = Shipment.objects.filter(order_id__in=order_ids).exclude(status="voided").order_by("id")
    found = found.select_related("fulfillment_order__location").prefetch_related(Prefetch("lines", lines))
    if events:
        found = found.prefetch_related(Prefetch("events", TrackingEvent.objects.order_by("-at", "-id")))
    by_order: dict[UUID, list[Shipment]] = defaultdict(list)
    for shipment in found:
        by_order[shipment.order_id].append(shipment)
    return by_order


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much open work a location has in a state, and how much of it is past its promise."""

    location_id: UUID
    status: str
    count: int
    late: int


def backlog(location_ids: Iterable[UUID] | None = None) -> list[Backlog]:
    """Open work by location and state: one statement."""
    found = rows(
        """
        SELECT f.location_id, f.status, count(*) AS count,
               count(*) FILTER (WHERE coalesce(o.promise_latest, f.promise_latest)
                                      < (%(now)s AT TIME ZONE l.time_zone)::date) AS late
        FROM fulfillment_fulfillmentorder f JOIN inventory_location l ON l.id = f.location_id
        JOIN orders_order o ON o.id = f.order_id
        WHERE f.status = ANY(%(open)s) AND (%(everywhere)s OR f.location_id = ANY(%(locations)s)) GROUP BY 1, 2
        """,
        {
            "open": list(OPEN),
            "now": timezone.now(),
            "everywhere": location_ids is None,
            "locations": list(location_ids or []),
        },
    )
    return [Backlog(*row) for row in found]


def find_work(code: str, *, location_ids: Iterable[UUID] | None = None) -> FulfillmentOrder | None:
    """The open work that a scanned or typed order number or tracking number belongs to."""
    code = code.strip()[:64]
    found = FulfillmentOrder.objects.filter(
        Q(order__number__iexact=code) | Q(shipments__tracking_number__iexact=code), status__in=OPEN
    )
    if location_ids is not None:
        found = found.filter(location_id__in=list(location_ids))
    return found.order_by("id").first()


def parcel(shipment_id: UUID) -> Any:
    """A parcel with its order, sender, lines: what a label and a packing slip show."""
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position")
    found = Shipment.objects.select_related("order", "fulfillment_order__location").prefetch_related(
        Prefetch("lines", lines)
    )
    shipment = found.filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound(_("There is no such parcel."))
    return shipment


def order_number_of_parcel(tracking_number: str) -> str | None:
    """The order that a tracking number belongs to."""
    return Shipment.objects.filter(tracking_number=tracking_number).values_list("order__number", flat=True).first()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open work that stands in one state: how much, and since when the oldest waits."""

    status: str
    count: int
    units: int
    oldest: datetime


def waiting(location_ids: Iterable[UUID] | None = None) -> list[Waiting]:
    """Open work by state in the order it passes, everywhere or at some places: one statement."""
    found = rows(
        """
        SELECT f.status, count(DISTINCT f.id) AS count, sum(l.quantity - l.cancelled)::int AS units,
               min(f.created_at) AS oldest
        FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline l ON l.fulfillment_order_id = f.id
        WHERE f.status = ANY(%(open)s) AND (%(everywhere)s OR f.location_id = ANY(%(locations)s))
        GROUP BY f.status
        """,
        {"open": list(OPEN), "everywhere": location_ids is None, "locations": list(location_ids or [])},
    )
    return sorted((Waiting(*row) for row in found), key=lambda w: OPEN.index(w.status))
