"""What carriers say: kept once, in whatever order it comes; only time moves a parcel, and delivered is final."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows, run
from core.ids import new_id
from core.incidents import open_incident, resolve_incidents
from core.problems import Conflict, Invalid, NotFound
from core.states import apply_many, words
from core.timeline import Row, record_many
from fulfillment.events import ShipmentDelivered, ShipmentMoved, publish_of
from fulfillment.locks import history
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.states import FULFILLMENT_ORDER, ON_THE_WAY, SHIPMENT
from orders import quantities
from orders.quantities import Units
from orders.services import lock_orders, refresh


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a carrier's status does: the action on the shipment, and the incident it opens. Rank orders one moment."""

    rank: int
    action: str = ""
    incident: str = ""


STATUSES = {
    "Pending": Meaning(0),
    "InfoReceived": Meaning(1),
    "InTransit": Meaning(2, "move"),
    "OutForDelivery": Meaning(3, "go_out"),
    "AttemptFail": Meaning(4, "miss"),
    "AvailableForPickup": Meaning(5, "wait_for_pickup"),
    "Exception": Meaning(6, "trouble", "parcel_exception"),
    "Expired": Meaning(7, "trouble", "parcel_lost"),
    "Delivered": Meaning(8, "deliver"),
}
"""AfterShip's nine delivery states (their "tag")."""

_SPELLINGS = {name.lower(): name for name in STATUSES}
INCIDENTS = tuple(m.incident for m in STATUSES.values() if m.incident)
CLOCK_SKEW = timedelta(days=1)
LONGEST = 500


def normal_status(text: str) -> str:
    """AfterShip's name of a status, however it is spelt: `in_transit`, `IN TRANSIT`, `InTransit`."""
    plain = text.replace("_", "").replace("-", "").replace(" ", "").lower()
    if plain not in _SPELLINGS:
        raise Invalid.field(["status"], _("must be one of: %(choices)s") % {"choices": ", ".join(STATUSES)})
    return _SPELLINGS[plain]


def record_event(
    shipment: UUID | str,
    status: str,
    at: datetime,
    *,
    actor: Actor,
    place: str = "",
    detail: str = "",
) -> Shipment:
    """Keep what a carrier said about a parcel (by its id or tracking number) and move it when this is news.

    The same event again changes nothing. One older than what is known is kept, without moving the parcel back.
    Conflict while the parcel has not been shipped: the carrier is to tell us again.
    """
    status = normal_status(status)
    _check(at, place, detail)
    with transaction.atomic():
        row = _locked(shipment)
        meaning = STATUSES[status]
        if meaning.action and row.status not in (*ON_THE_WAY, "delivered"):
            raise Conflict(
                _("Parcel %(tracking_number)s is %(words)s; it has not left yet.")
                % {"tracking_number": row.tracking_number, "words": words(row.status)},
                state=row.status,
            )
        latest = _latest(row.id)
        if _keep([row.id], status, at, place=place, detail=detail) and _is_news(row, status, at, latest):
            _act(row, status, at, actor=actor)
        return Shipment.objects.get(pk=row.id)


def deliver(shipment_ids: Sequence[UUID], *, actor: Actor, at: datetime | None = None) -> list[UUID]:
    """Parcels have arrived. Set-based; those delivered before stay as they are. Returns the ids that moved."""
    at = at or timezone.now()
    with transaction.atomic():
        found = rows(
            "SELECT DISTINCT order_id FROM fulfillment_shipment WHERE id = ANY(%(ids)s)", {"ids": list(shipment_ids)}
        )
        orders = {order.id: order for order in lock_orders(row.order_id for row in found)}
        moved = _arrive(shipment_ids, orders, actor=actor, at=at)
        _keep(moved, "Delivered", at)
    return moved


def _arrive(shipment_ids: Sequence[UUID], orders: dict[UUID, Any], *, actor: Actor, at: datetime) -> list[UUID]:
    """The effect of delivery under the orders' lock: shipments, work, quantities, events, orders."""
    moved = apply_many(SHIPMENT, Shipment, shipment_ids, "deliver", actor=actor, about="order_id", at=at)
    if not moved:
        return []
    arrived = rows(_ARRIVED, {"at": at, "ids": moved})
    apply_many(
        FULFILLMENT_ORDER,
        FulfillmentOrder,
        [a.fulfillment_order_id for a in arrived],
        "deliver",
        actor=actor,
        about="order_id",
        at=at,
    )
    quantities.deliver([Units(row.order_line_id, row.q) for row in rows(_UNITS, {"ids": moved})])
    publish_of(
        (
            ShipmentDelivered(about=a.order_id, number=orders[a.order_id].number, shipment_id=str(a.id))
            for a in sorted(arrived)
        ),
        history(orders),
    )
    refresh([a.order_id for a in arrived], actor=actor, at=at)
    return moved


_ARRIVED = """
UPDATE fulfillment_shipment SET delivered_at = %(at)s WHERE id = ANY(%(ids)s)
RETURNING id, order_id, fulfillment_order_id
"""
_UNITS = """
SELECT order_line_id, sum(quantity)::int AS q FROM fulfillment_shipmentline WHERE shipment_id = ANY(%(ids)s) GROUP BY 1
"""
_FIND = """
SELECT id, order_id, tracking_number, status FROM fulfillment_shipment WHERE
"""


def _locked(shipment: UUID | str) -> Any:
    """The shipment's row, with its order locked."""
    column = "id" if isinstance(shipment, UUID) else "tracking_number"
    statement = f"{_FIND} {column} = %(value)s"
    found = rows(statement, {"value": shipment})
    if not found:
        raise NotFound(_("There is no parcel with this number."))
    lock_orders([found[0].order_id])
    return rows(statement, {"value": shipment})[0]


def _latest(shipment_id: UUID) -> Any:
    """The newest event known of a parcel that moves it."""
    found = rows(
        """
        SELECT status, at FROM fulfillment_trackingevent WHERE shipment_id = %(id)s AND status <> ALL(%(silent)s)
        ORDER BY at DESC LIMIT 20
        """,
        {"id": shipment_id, "silent": [name for name, meaning in STATUSES.items() if not meaning.action]},
    )
    return max(found, key=lambda e: (e.at, STATUSES[e.status].rank), default=None)


def _is_news(row: Any, status: str, at: datetime, latest: Any) -> bool:
    meaning = STATUSES[status]
    if not meaning.action or row.status == "delivered":
        return False
    if status == "Delivered" or latest is None:
        return True
    return (at, meaning.rank) > (latest.at, STATUSES[latest.status].rank)


_KEEP = """
INSERT INTO fulfillment_trackingevent (id, shipment_id, status, at, place, detail, received_at)
SELECT e.id, e.shipment, %(status)s, %(at)s, %(place)s, %(detail)s, %(now)s
FROM unnest(%(ids)s::uuid[], %(shipments)s::uuid[]) AS e(id, shipment) ON CONFLICT DO NOTHING
"""


def _keep(shipment_ids: Sequence[UUID], status: str, at: datetime, *, place: str = "", detail: str = "") -> bool:
    """Store the event for each parcel; False when it was there already."""
    cursor = run(
        _KEEP,
        {
            "status": status,
            "at": at,
            "place": place.strip(),
            "detail": detail.strip(),
            "now": timezone.now(),
            "ids": [new_id() for _ in shipment_ids],
            "shipments": list(shipment_ids),
        },
    )
    return cursor.rowcount > 0


def _act(row: Any, status: str, at: datetime, *, actor: Actor) -> None:
    """Move one parcel under its order's lock, and tell who needs to know."""
    (order,) = lock_orders([row.order_id])
    orders, meaning = {order.id: order}, STATUSES[status]
    if meaning.action == "deliver":
        _arrive([row.id], orders, actor=actor, at=at)
        for kind in INCIDENTS:
            resolve_incidents(kind, about=row.order_id, actor=actor, resolution="delivered")
        return
    target = SHIPMENT.table[meaning.action][1]
    run("UPDATE fulfillment_shipment SET status = %(s)s WHERE id = %(id)s", {"s": target, "id": row.id})
    if target != row.status:
        data = {"id": str(row.id)}
        record_many([Row(row.order_id, f"shipment.{meaning.action}", row.status, target, data)], actor=actor, at=at)
        moved = ShipmentMoved(about=order.id, number=order.number, shipment_id=str(row.id), status=target)
        publish_of([moved], history(orders))
        refresh([order.id], actor=actor, at=at)
    if meaning.incident and not order.is_history:
        data = {"shipment": str(row.id), "tracking_number": row.tracking_number, "at": at.isoformat()}
        open_incident(meaning.incident, about=order.id, data=data, actor=actor)


def _check(at: datetime, place: str, detail: str) -> None:
    if timezone.is_naive(at):
        raise Invalid.field(["at"], _("must have a time zone"))
    if at > timezone.now() + CLOCK_SKEW:
        raise Invalid.field(["at"], _("lies in the future"))
    for name, text in (("location", place), ("detail", detail)):
        if len(text) > LONGEST or "\x00" in text:
            raise Invalid.field([name], _("must be at most %(longest)s characters of text") % {"longest": LONGEST})
