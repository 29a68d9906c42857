"""Where people go to pick a piece of work: the bins, and the lot that goes first."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from core.db import rows
from fulfillment.work import Piece
from inventory.counts import hands


class Spot(NamedTuple):
    """Units to take from a bin ("" for none) and of a lot ("" for none)."""

    bin: str
    walk: int
    lot: str
    expires_on: date | None
    units: int


# Units in somebody's hand are still in their holding until the parcel leaves; they are taken off where people go first.
SPOTS = """
SELECT s.variant_id, coalesce(b.code, '') AS bin, coalesce(b.walk, 0) AS walk, coalesce(l.code, '') AS lot, h.lot_id,
       l.expires_on, h.units
FROM inventory_stock s JOIN inventory_holding h ON h.stock_id = s.id AND h.condition = 'sellable'
LEFT JOIN inventory_bin b ON b.id = h.bin_id LEFT JOIN inventory_lot l ON l.id = h.lot_id
WHERE s.is_detailed AND s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)
ORDER BY l.expires_on NULLS LAST, l.received_on NULLS LAST, l.code, b.kind = 'pick' DESC NULLS LAST, b.walk, b.code
"""
IN_HAND = """
SELECT ol.variant_id, k.lot_id, sum(coalesce(k.quantity, w.picked))::int AS units
FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id AND w.picked > 0
JOIN orders_orderline ol ON ol.id = w.order_line_id AND ol.variant_id = ANY(%(variants)s)
LEFT JOIN fulfillment_pickedlot k ON k.fulfillment_line_id = w.id
WHERE f.location_id = %(place)s AND f.status IN ('picking', 'packed') GROUP BY ol.variant_id, k.lot_id
"""


def picked(location_id: UUID, variant_ids: Sequence[UUID]) -> list[hands.Held]:
    """What pickers have in hand at a place, for whoever counts its shelves."""
    given = {"place": location_id, "variants": list(variant_ids)}
    return [hands.Held(row.variant_id, row.lot_id, row.units) for row in rows(IN_HAND, given)]


def places_to_pick(piece: Piece) -> dict[UUID, list[Spot]]:
    """By order line the spots to go to for what is left to pick, in their order; nothing for what lies in no bin or lot."""
    left = {
        line.order_line_id: line.quantity - line.cancelled - line.picked
        for line in piece.lines
        if line.quantity - line.cancelled > line.picked
    }
    variants = {line.order_line_id: line.order_line.variant_id for line in piece.lines}
    given = {"place": piece.work.location_id, "variants": sorted({variants[line] for line in left})}
    found = rows(SPOTS, given) if left else []
    if not found:
        return {}
    in_hand = {(row.variant_id, row.lot_id): row.units for row in rows(IN_HAND, given)}
    by_variant: dict[UUID, list[list[Any]]] = defaultdict(list)
    for row in found:
        gone = min(row.units, in_hand.get((row.variant_id, row.lot_id), 0))
        in_hand[(row.variant_id, row.lot_id)] = in_hand.get((row.variant_id, row.lot_id), 0) - gone
        if row.units > gone:
            by_variant[row.variant_id].append([row, row.units - gone])
    return {line: _spots(by_variant[variants[line]], units) for line, units in left.items()}


def _spots(there: list[list[Any]], wanted: int) -> list[Spot]:
    spots = []
    for pair in there:
        row, units = pair
        if part := min(wanted, units):
            pair[1] -= part
            wanted -= part
            spots.append(Spot(row.bin, row.walk, row.lot, row.expires_on, part))
    return spots
