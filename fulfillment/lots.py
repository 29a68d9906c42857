"""Which lots the units of a piece of work are of: what expires first goes first. What a parcel took with it stays known.

A lot's units are in hand from the pick until the parcel leaves; the holding falls when it does. Stock rows are locked
while lots are chosen, so that two pickers never take the same unit.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.bulk import Table
from core.db import rows, run
from core.ids import new_id
from core.problems import Conflict
from core.timeline import Row, record_many
from fulfillment.amend import open_boxes
from fulfillment.locks import lock_orders_of
from fulfillment.trim import free_numbers
from inventory.holdings import hands
from inventory.holdings.ledger import OF_LOT, Part
from inventory.locks import lock_stock
from inventory.models import Lot
from inventory.services import LOCK
from orders.quantities import Units, move
from orders.services import refresh

IN_HAND = """
SELECT l.variant_id, f.location_id, k.lot_id, sum(k.quantity)::int AS units FROM inventory_lot l
JOIN fulfillment_pickedlot k ON k.lot_id = l.id AND NOT k.has_left
JOIN fulfillment_fulfillmentline x ON x.id = k.fulfillment_line_id
JOIN fulfillment_fulfillmentorder f ON f.id = x.fulfillment_order_id
JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS w(variant_id, location_id)
  ON w.variant_id = l.variant_id AND w.location_id = f.location_id
WHERE l.variant_id = ANY(%(variants)s) GROUP BY 1, 2, 3
"""


@hands.source
def in_hand(places: hands.Places) -> hands.Hands:
    """Units of lots that are picked at these places and have not left."""
    given = {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]}
    return {(row.variant_id, row.location_id, row.lot_id): row.units for row in rows(IN_HAND, given)}


class WrongLot(Conflict):
    """This lot is not the one to take. `lot` is the one that goes first."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Units that were taken for a line of work."""

    line_id: UUID
    location_id: UUID
    variant_id: UUID
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class _New:
    id: UUID
    fulfillment_line_id: UUID
    lot_id: UUID
    quantity: int


PICKED = Table(
    "fulfillment_pickedlot",
    {"id": "uuid", "fulfillment_line_id": "uuid", "lot_id": "uuid", "quantity": "int"},
    computed={"has_left": "false"},
)
KEEP = f"""
{PICKED.insert()} ON CONFLICT (fulfillment_line_id, lot_id)
DO UPDATE SET quantity = fulfillment_pickedlot.quantity + excluded.quantity
"""
# What lies there of lots that are sold, less what is in somebody's hand or box already.
THERE = """
SELECT s.variant_id, s.location_id, l.id AS lot_id, l.code, l.expires_on, h.units - coalesce(p.units, 0) AS units
FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS w(variant_id, location_id)
JOIN inventory_stock s USING (variant_id, location_id)
JOIN LATERAL (
    SELECT lot_id, sum(units)::int AS units FROM inventory_holding
    WHERE stock_id = s.id AND condition = 'sellable' AND lot_id IS NOT NULL GROUP BY lot_id) h ON true
JOIN inventory_lot l ON l.id = h.lot_id AND l.state = 'open'
LEFT JOIN LATERAL (
    SELECT sum(k.quantity)::int AS units FROM fulfillment_pickedlot k
    JOIN fulfillment_fulfillmentline x ON x.id = k.fulfillment_line_id
    JOIN fulfillment_fulfillmentorder f ON f.id = x.fulfillment_order_id
    WHERE k.lot_id = l.id AND NOT k.has_left AND f.location_id = s.location_id) p ON true
ORDER BY l.expires_on NULLS LAST, l.received_on NULLS LAST, l.code
"""


def there(places: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[Any]]:
    """Units of open lots that can still be picked, first expired first, by (variant, location)."""
    found: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    given = {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]}
    for row in rows(THERE, given):
        if row.units > 0:
            found[(row.variant_id, row.location_id)].append(row)
    return found


def assign(picked: Sequence[Picked], named: Mapping[UUID, UUID] | None = None) -> None:
    """Write down of which lots units were picked: that which was scanned (`named`, by line), else what expires first.

    WrongLot when another one goes before the one that was scanned; Conflict when the lots that lie there are too few.
    """
    places = sorted({(p.variant_id, p.location_id) for p in picked})
    run(LOCK, {"variants": [v for v, _ in places], "locations": [place for _, place in places]})
    left = {key: [[row, row.units] for row in found] for key, found in there(places).items()}
    new: list[_New] = []
    for each in picked:
        lots = left.get((each.variant_id, each.location_id), [])
        scanned = (named or {}).get(each.line_id)
        new += _take(each, _allowed(each, lots, scanned) if scanned else lots)
    run(KEEP, PICKED.params(_merged(new)))


def _allowed(each: Picked, lots: list[Any], scanned: UUID) -> list[Any]:
    """The scanned lot, unless one that ends earlier has units left."""
    chosen = [pair for pair in lots if pair[0].lot_id == scanned and pair[1] > 0]
    first = next((pair[0] for pair in lots if pair[1] > 0), None)
    if not chosen:
        said = _("Nothing is left of that lot here, or it is not sold. %(lot)s goes next.")
        raise WrongLot(said % {"lot": first.code if first else "—"}, lot=first.code if first else "")
    if first and first.expires_on and (first.expires_on != chosen[0][0].expires_on):
        said = _("Lot %(lot)s ends first: take that one. Put this one back.")
        raise WrongLot(said % {"lot": first.code}, lot=first.code)
    return chosen


def _take(each: Picked, lots: list[Any]) -> list[_New]:
    new, wanted = [], each.quantity
    for pair in lots:
        if part := min(wanted, pair[1]):
            pair[1] -= part
            wanted -= part
            new.append(_New(new_id(), each.line_id, pair[0].lot_id, part))
    if wanted:
        said = _("Only %(n)s of %(sku)s lie here in lots that are sold. Count the place.")
        raise Conflict(said % {"n": each.quantity - wanted, "sku": each.sku}, left=each.quantity - wanted)
    return new


def _merged(new: Sequence[_New]) -> list[_New]:
    """One row for each line and lot."""
    sums: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for each in new:
        sums[(each.fulfillment_line_id, each.lot_id)] += each.quantity
    return [_New(new_id(), line, lot, quantity) for (line, lot), quantity in sums.items()]


LEAVE = """
UPDATE fulfillment_pickedlot k SET has_left = true
FROM fulfillment_fulfillmentline w, inventory_lot l
WHERE w.id = k.fulfillment_line_id AND l.id = k.lot_id AND w.fulfillment_order_id = ANY(%(ids)s) AND NOT k.has_left
RETURNING w.fulfillment_order_id AS work_id, w.order_line_id AS line_id, l.id AS lot_id, l.code, l.state, k.quantity
"""


def leave(work_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], tuple[Part, ...]]:
    """The lots of work that leaves, by (work, order line). Conflict while one of them is not sold any more."""
    found: dict[tuple[UUID, UUID], list[Part]] = defaultdict(list)
    for row in rows(LEAVE, {"ids": list(work_ids)}):
        if row.state != "open":
            raise Conflict(_("Lot %(lot)s is not sold any more: the box must not leave with it.") % {"lot": row.code})
        found[(row.work_id, row.line_id)].append(Part(row.quantity, lot_id=row.lot_id))
    return {key: tuple(parts) for key, parts in found.items()}


RETURNED = """
SELECT w.order_line_id AS line_id, k.lot_id, l.state, k.quantity FROM fulfillment_pickedlot k
JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id JOIN inventory_lot l ON l.id = k.lot_id
WHERE w.order_line_id = ANY(%(lines)s) AND k.has_left ORDER BY w.order_line_id, k.id
"""


def come_back(wanted: Sequence[tuple[UUID, int, int]]) -> dict[UUID, list[tuple[Part, bool]]]:
    """Of order lines the units from `start` on, so many: their lots, laid end to end as they left, and whether each is sold.

    Units of no known lot are left out.
    """
    sent: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows(RETURNED, {"lines": [each[0] for each in wanted]}):
        sent[row.line_id].append(row)
    found: dict[UUID, list[tuple[Part, bool]]] = defaultdict(list)
    for line, start, quantity in wanted:
        upto = 0
        for row in sent[line]:
            part = min(start + quantity, upto + row.quantity) - max(start, upto)
            upto += row.quantity
            if part > 0:
                is_sold = row.state == "open"
                found[line].append((Part(part, lot_id=row.lot_id, because="" if is_sold else OF_LOT), is_sold))
    return found


# What is in hand of a lot beyond what of it lies there and is sold, what was picked last first.
AFFECTED = """
SELECT h.id, h.work_id, h.order_id, h.status, least(h.quantity, h.every - coalesce(t.units, 0) - h.later)::int AS too_many
FROM (
    SELECT k.id, k.quantity, f.id AS work_id, f.order_id, f.status, f.location_id,
           sum(k.quantity) OVER (PARTITION BY f.location_id) AS every,
           sum(k.quantity) OVER (PARTITION BY f.location_id ORDER BY k.id DESC) - k.quantity AS later
    FROM fulfillment_pickedlot k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
    WHERE k.lot_id = %(lot)s AND NOT k.has_left AND f.status IN ('picking', 'packed')) h
LEFT JOIN (
    SELECT s.location_id, sum(x.units) AS units FROM inventory_holding x JOIN inventory_stock s ON s.id = x.stock_id
    JOIN inventory_lot l ON l.id = x.lot_id AND l.state = 'open'
    WHERE x.lot_id = %(lot)s AND x.condition = 'sellable' GROUP BY s.location_id) t USING (location_id)
WHERE h.every - coalesce(t.units, 0) > h.later ORDER BY h.work_id, h.id
"""
TAKE_OUT = """
WITH wanted AS (SELECT * FROM unnest(%(ids)s::uuid[], %(units)s::int[]) AS w(id, units)),
gone AS (
    DELETE FROM fulfillment_pickedlot k USING wanted w WHERE k.id = w.id AND k.quantity = w.units
    RETURNING k.fulfillment_line_id AS line, w.units),
less AS (
    UPDATE fulfillment_pickedlot k SET quantity = k.quantity - w.units FROM wanted w
    WHERE k.id = w.id AND k.quantity > w.units RETURNING k.fulfillment_line_id AS line, w.units)
UPDATE fulfillment_fulfillmentline w SET picked = w.picked - g.units
FROM (SELECT * FROM gone UNION ALL SELECT * FROM less) g WHERE w.id = g.line
RETURNING w.id AS work_line_id, w.fulfillment_order_id AS work_id, w.order_line_id AS line_id, g.units AS quantity
"""


def put_back(lot_id: UUID, *, actor: Actor) -> int:
    """Units of a lot that is not sold any more, or of which fewer lie there than are picked, come out of open work: closed
    boxes are opened, and others are to be picked. Returns the units; a second call finds none."""
    ids = sorted({row.work_id for row in rows(AFFECTED, {"lot": lot_id})})
    if not ids:
        return 0
    lot = Lot.objects.get(pk=lot_id)
    with transaction.atomic():
        lock_orders_of(ids)
        lock_stock([lot.variant_id], None)
        work = [row for row in rows(AFFECTED, {"lot": lot_id}) if row.work_id in ids]
        boxes = sorted({row.work_id for row in work if row.status == "packed"})
        open_boxes(boxes, boxes, actor=actor, at=None)
        out = rows(TAKE_OUT, {"ids": [row.id for row in work], "units": [row.too_many for row in work]})
        free_numbers([row.work_line_id for row in out], actor=actor)
        move([Units(row.line_id, row.quantity) for row in out], "picked", "released")
        order_of = {row.work_id: row.order_id for row in work}
        record_many(
            (Row(order_of[r.work_id], "order.lot_out", data={"lot": lot.code, "units": r.quantity}) for r in out),
            actor=actor,
        )
        if out:
            refresh(sorted({order_of[row.work_id] for row in out}), actor=actor)
    return sum(row.quantity for row in out)


OF_WORK = """
SELECT ol.sku, l.id AS lot_id, l.code, l.expires_on, sum(k.quantity)::int AS units FROM fulfillment_fulfillmentline w
JOIN fulfillment_pickedlot k ON k.fulfillment_line_id = w.id JOIN inventory_lot l ON l.id = k.lot_id
JOIN orders_orderline ol ON ol.id = w.order_line_id
WHERE w.fulfillment_order_id = ANY(%(ids)s) GROUP BY ol.position, ol.sku, l.id ORDER BY ol.position, l.expires_on, l.code
"""


def of_work(work_ids: Sequence[UUID]) -> list[Any]:
    """The lots that work took: SKU, lot, last day, units."""
    return rows(OF_WORK, {"ids": list(work_ids)})
