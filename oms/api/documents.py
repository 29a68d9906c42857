"""Orders with all that belongs to them, composed from the apps' bulk reads: as many queries for one as for a page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from capture.answers import order_answer
from core.models import Incident
from fulfillment import selectors as fulfillment
from fulfillment.models import FulfillmentOrder, Shipment
from orders.models import Channel, Hold, Order, OrderLine
from payments import selectors as payments
from returns import selectors as returns
from returns.models import Return


def order_documents(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Each order as `GET /orders/{number}` tells it."""
    ids = [order.pk for order in orders]
    channels = dict(Channel.objects.values_list("id", "code"))
    lines = by_order(OrderLine.objects.filter(order__in=ids).order_by("position"))
    paid = payments.payments_of(ids)
    holds = by_order(Hold.objects.filter(order__in=ids).order_by("opened_at", "id"))
    work = fulfillment.of_orders(ids)
    parcels = fulfillment.shipments_of_orders(ids)
    incidents = _incidents(ids)
    returned = returns.of_orders(ids)
    return [
        order_answer(
            order,
            lines[order.pk],
            channel=channels[order.channel_id],
            payments=paid[order.pk],
            holds=holds[order.pk],
            fulfillment_orders=[_work(w) for w in work.get(order.pk, [])],
            shipments=[_parcel(p) for p in parcels.get(order.pk, [])],
            returns=[_return(r) for r in returned.get(order.pk, [])],
            exceptions=incidents[order.pk],
        )
        for order in orders
    ]


def by_order(found: Iterable[Any]) -> dict[UUID, list[Any]]:
    """Rows that name their order, by it."""
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        groups[row.order_id].append(row)
    return groups


def _work(work: FulfillmentOrder) -> dict[str, Any]:
    return {
        "id": str(work.pk),
        "location": work.location.code,
        "method": work.method,
        "status": work.status,
        "lines": [_part(line, line.quantity - line.cancelled) for line in work.lines.all()],
    }


def _parcel(parcel: Shipment) -> dict[str, Any]:
    return {
        "id": str(parcel.pk),
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number or "",
        "status": parcel.status,
        "lines": [_part(line, line.quantity) for line in parcel.lines.all()],
    }


def _part(line: Any, quantity: int) -> dict[str, Any]:
    return {"id": str(line.order_line_id), "sku": line.order_line.sku, "quantity": quantity}


def _incidents(ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    groups: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for incident in Incident.objects.filter(about__in=ids, resolved_at=None).order_by("opened_at", "id"):
        groups[incident.about].append(
            {
                "id": str(incident.pk),
                "kind": incident.kind,
                "opened_at": incident.opened_at.isoformat(),
                "data": incident.data,
            }
        )
    return groups


def _return(found: Return) -> dict[str, Any]:
    return {
        "rma": found.rma,
        "status": found.status,
        "lines": [_part(line, line.quantity) for line in found.lines.all()],
    }
