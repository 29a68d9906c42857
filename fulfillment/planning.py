"""What routing plans: the fulfilment orders of a set, written in two statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.db import rows, run
from core.ids import new_id
from core.money import ZERO
from core.problems import Conflict
from sourcing.plans import Plan

VIRTUAL = "virtual"
"""The method of an order without goods (a voucher, a fee): the same steps, but nothing is taken from a shelf."""


@dataclass(frozen=True, slots=True)
class Work:
    """A fulfilment order to be written; `lines` are (order line, units)."""

    id: UUID
    order_id: UUID
    location_id: UUID
    method: str
    carrier: str
    service: str
    freight: Decimal
    earliest: date | None
    latest: date | None
    lines: tuple[tuple[UUID, int], ...]


def work_of(plans: Sequence[Plan]) -> list[Work]:
    """One fulfilment order per parcel of each plan."""
    return [
        Work(
            id=new_id(),
            order_id=plan.order_id,
            location_id=parcel.location_id,
            method="ship",
            carrier=parcel.carrier,
            service=parcel.service,
            freight=parcel.freight,
            earliest=parcel.earliest,
            latest=parcel.latest,
            lines=tuple((line.line_id, line.quantity) for line in parcel.lines),
        )
        for plan in plans
        for parcel in plan.parcels
    ]


def virtual_work(lines: Sequence[Any], orders: Mapping[UUID, Any]) -> list[Work]:
    """Orders of non-stock lines alone: the first shipping location of their channel's pool answers for them."""
    by_order: dict[UUID, list[tuple[UUID, int]]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append((line.line_id, line.reserved))
    if not by_order:
        return []
    places = _first_places({orders[order_id].channel_id for order_id in by_order})
    return [
        Work(new_id(), order_id, _place(places, orders[order_id]), VIRTUAL, "", "", ZERO, None, None, tuple(units))
        for order_id, units in by_order.items()
    ]


def _place(places: Mapping[UUID, UUID], order: Any) -> UUID:
    if order.channel_id not in places:
        raise Conflict(
            _("%(number)s cannot be routed: no location of its channel's pool ships.") % {"number": order.number}
        )
    return places[order.channel_id]


def _first_places(channel_ids: set[UUID]) -> dict[UUID, UUID]:
    found = rows(
        """
        SELECT DISTINCT ON (c.id) c.id AS channel_id, p.id AS location_id
        FROM orders_channel c JOIN inventory_poollocation pl ON pl.pool_id = c.pool_id
        JOIN inventory_location p ON p.id = pl.location_id AND p.is_active AND 'ship' = ANY(p.can)
        WHERE c.id = ANY(%(ids)s) ORDER BY c.id, p.kind <> 'warehouse', p.code
        """,
        {"ids": list(channel_ids)},
    )
    return {row.channel_id: row.location_id for row in found}


_INSERT_WORK = """
INSERT INTO fulfillment_fulfillmentorder
    (id, order_id, location_id, method, carrier, service, status, freight_cost, promise_earliest, promise_latest,
     created_at)
SELECT w.id, w.order_id, w.location_id, w.method, w.carrier, w.service, 'planned', w.cents / 100.0, w.earliest, w.latest,
       %(at)s
FROM unnest(%(ids)s::uuid[], %(orders)s::uuid[], %(locations)s::uuid[], %(methods)s::text[], %(carriers)s::text[],
            %(services)s::text[], %(cents)s::bigint[], %(earliest)s::date[], %(latest)s::date[])
     AS w(id, order_id, location_id, method, carrier, service, cents, earliest, latest)
"""
_INSERT_LINES = """
INSERT INTO fulfillment_fulfillmentline (id, fulfillment_order_id, order_line_id, quantity, picked, cancelled)
SELECT l.id, l.work, l.line, l.q, 0, 0
FROM unnest(%(ids)s::uuid[], %(work)s::uuid[], %(lines)s::uuid[], %(quantities)s::int[]) AS l(id, work, line, q)
"""


def insert_work(work: Sequence[Work], *, at: datetime) -> None:
    """Write fulfilment orders as planned, with their lines."""
    if not work:
        return
    run(
        _INSERT_WORK,
        {
            "at": at,
            "ids": [w.id for w in work],
            "orders": [w.order_id for w in work],
            "locations": [w.location_id for w in work],
            "methods": [w.method for w in work],
            "carriers": [w.carrier for w in work],
            "services": [w.service for w in work],
            "cents": [int(w.freight * 100) for w in work],
            "earliest": [w.earliest for w in work],
            "latest": [w.latest for w in work],
        },
    )
    lines = [(w.id, line_id, quantity) for w in work for line_id, quantity in w.lines]
    run(
        _INSERT_LINES,
        {
            "ids": [new_id() for _ in lines],
            "work": [work_id for work_id, _, _ in lines],
            "lines": [line_id for _, line_id, _ in lines],
            "quantities": [quantity for _, _, quantity in lines],
        },
    )
