"""From a lot to everything it has reached: places, open work, parcels, orders and customers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.db import rows
from core.permissions import locations_of
from fulfillment.models import PickedLot, Shipment

CUSTOMERS = "customers.view"
"""The right to read whom a recall concerns."""

# By the index of the lots of what was picked: nothing is read but the rows of these lots and what they belong to.
REACHED = """
SELECT count(DISTINCT f.order_id) AS orders, count(DISTINCT o.customer_id) AS customers,
       count(DISTINCT f.id) FILTER (WHERE k.has_left) AS parcels,
       coalesce(sum(k.quantity) FILTER (WHERE k.has_left), 0)::int AS units_gone,
       count(DISTINCT f.id) FILTER (WHERE NOT k.has_left) AS work,
       coalesce(sum(k.quantity) FILTER (WHERE NOT k.has_left), 0)::int AS units_in_hand
FROM fulfillment_pickedlot k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id JOIN orders_order o ON o.id = f.order_id
WHERE k.lot_id = ANY(%(lots)s)
"""


def reached(lot_ids: Sequence[UUID]) -> Any:
    """How many orders, customers, parcels and pieces of open work have units of these lots, and how many units."""
    return rows(REACHED, {"lots": list(lot_ids)})[0]


def picked() -> QuerySet[PickedLot]:
    """Everything that was picked by lot, with its order and customer."""
    return PickedLot.objects.select_related(
        "lot__variant",
        "fulfillment_line__fulfillment_order__order__customer",
        "fulfillment_line__fulfillment_order__location",
    )


def holders(user: Any) -> QuerySet[PickedLot]:
    """What was picked by lot at the places where somebody sees customers."""
    found, reach = picked(), locations_of(user, CUSTOMERS)
    return found if reach is None else found.filter(fulfillment_line__fulfillment_order__location__in=reach)


def with_parcels(found: list[Any]) -> None:
    """The parcel of each row, in one statement."""
    work = {each.fulfillment_line.fulfillment_order_id for each in found}
    parcels = Shipment.objects.filter(fulfillment_order__in=work).exclude(status="voided")
    by_work = {parcel.fulfillment_order_id: parcel for parcel in parcels}
    for each in found:
        each.parcel = by_work.get(each.fulfillment_line.fulfillment_order_id)


LYING = """
SELECT h.lot_id, l.id, l.code, l.name, h.condition, sum(h.units)::int AS units, string_agg(DISTINCT b.code, ', ' ORDER BY b.code) AS bins
FROM inventory_holding h JOIN inventory_stock s ON s.id = h.stock_id JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN inventory_bin b ON b.id = h.bin_id
WHERE h.lot_id = ANY(%(lots)s) GROUP BY h.lot_id, l.id, h.condition ORDER BY l.name, h.condition DESC
"""


def lying(lot_ids: Sequence[UUID]) -> list[Any]:
    """Where units of lots lie, by place and condition."""
    return rows(LYING, {"lots": list(lot_ids)})


IN_TRANSIT = """
SELECT q.lot_id, t.number, t.due_on, a.name AS origin, b.name AS target, b.code AS target_code, q.units FROM (
    SELECT k.lot_id, p.transfer_id, sum(CASE p.kind WHEN 'send' THEN 1 ELSE -1 END * (k.sellable + k.damaged))::int AS units
    FROM inventory_transfersteplot k JOIN inventory_transferstepline x ON x.id = k.step_line_id
    JOIN inventory_transferstep p ON p.id = x.step_id WHERE k.lot_id = ANY(%(lots)s)
    GROUP BY k.lot_id, p.transfer_id) q
JOIN inventory_transfer t ON t.id = q.transfer_id
JOIN inventory_location a ON a.id = t.origin_id JOIN inventory_location b ON b.id = t.target_id
WHERE q.units > 0 ORDER BY t.due_on, t.number
"""
# A movement's note names its document: the order and its receipt, or the transfer.
CAME = """
SELECT m.at, m.reason, m.note, l.id AS place_id, l.name AS place, sum(h.quantity)::int AS units
FROM inventory_holdingmove h JOIN inventory_movement m ON m.id = h.movement_id AND m.reason <> 'condition'
JOIN inventory_location l ON l.id = m.location_id
WHERE h.lot_id = %(lot)s AND h.quantity > 0 GROUP BY m.at, m.reason, m.note, m.source, l.id
ORDER BY m.at DESC, m.source LIMIT %(most)s
"""
MOST_CAME = 50


def in_transit(lot_ids: Sequence[UUID]) -> list[Any]:
    """Transfers that have units of lots on their way."""
    return rows(IN_TRANSIT, {"lots": list(lot_ids)})


def came(lot_id: UUID) -> list[Any]:
    """What brought units of a lot, and where, the newest first."""
    return rows(CAME, {"lot": lot_id, "most": MOST_CAME})
