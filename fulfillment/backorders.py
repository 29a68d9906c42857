"""Units without stock: they stand in line for supply, and are taken up again as soon as units are theirs.

Inventory gives units that come, or are free again, to the demands in line (inventory.supply); here the orders hear of
it. A line has more reserved than its bucket says until its order is taken up, under the order's own lock.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from core import sweeps
from core.actors import Actor
from core.db import rows, run
from core.incidents import resolve_many
from core.outbox import publish
from core.timeline import record
from fulfillment.expected import BACKORDER, set_expected
from inventory.free import OWN
from inventory.services import unreserve
from inventory.supply import waiting
from inventory.supply.locks import lock_supply
from orders.events import OrderReady
from orders.quantities import Units, move
from orders.services import lock_order, lock_orders, refresh
from sourcing.plans import PlannedLine

TAKE_UP, LINE_UP, COVER, SETTLE = "backorders.take_up", "backorders.line_up", "backorders.cover", "backorders.settle"
"""Work that is swept, by the names under which it is told when it fails (`core.sweeps`)."""

_POOLS = """
SELECT l.id AS line_id, l.variant_id, c.pool_id, o.channel_id, o.placed_at FROM orders_orderline l
JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
WHERE l.id = ANY(%(ids)s) AND NOT c.is_history
"""


def line_up(unfilled: Sequence[PlannedLine]) -> None:
    """Units that no place has wait for the earliest supply; the caller has their orders locked, and done with stock."""
    if not unfilled:
        return
    units = {line.line_id: line.quantity for line in unfilled}
    found = rows(_POOLS, {"ids": list(units)})
    waiting.wait([_wait(r, units[r.line_id]) for r in found])


def _wait(row: Any, units: int) -> waiting.Wait:
    return waiting.Wait(row.line_id, row.variant_id, row.pool_id, row.channel_id, units, row.placed_at)


_PLACES = """
SELECT s.variant_id, s.location_id FROM inventory_stock s
WHERE s.variant_id IN (SELECT variant_id FROM orders_orderline WHERE id = ANY(%(ids)s))
"""


def places_of(line_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Where units could be given to these lines while nobody holds the place: to be locked before they leave the line."""
    return [(row.variant_id, row.location_id) for row in rows(_PLACES, {"ids": list(line_ids)})] if line_ids else []


_WANTED = "SELECT id, variant_id, reserved + backordered AS units FROM orders_orderline WHERE id = ANY(%(ids)s)"


_UNSENT = """
SELECT id FROM orders_orderline WHERE order_id = %(id)s AND is_stocked AND quantity > cancelled + shipped LIMIT 1
"""


def leave_line(order: Any, line_ids: Sequence[UUID], *, actor: Actor) -> None:
    """Lines of which backordered units were cancelled wait for the rest only; what they had waited for goes to others,
    and the order is promised by what is left."""
    if not line_ids:
        return
    found = rows(_WANTED, {"ids": list(line_ids)})
    beyond = waiting.let_go({row.variant_id for row in found}, [(row.id, row.units) for row in found])
    unreserve(beyond)
    if not order.is_history and rows(_UNSENT, {"id": order.id}):
        set_expected([order], line_ids, actor=actor, over="what waited was cancelled")


_SERVED = """
SELECT DISTINCT o.id, o.placed_at FROM (
    SELECT l.order_id FROM orders_orderline l
    JOIN inventory_reservation r ON r.demand_key = l.id AND r.variant_id = l.variant_id
    WHERE l.backordered > 0 AND l.is_stocked
      AND (%(variants)s::uuid[] IS NULL OR r.variant_id = ANY(%(variants)s::uuid[]))
    GROUP BY l.id HAVING sum(r.quantity) > l.reserved) s
JOIN orders_order o ON o.id = s.order_id JOIN orders_channel c ON c.id = o.channel_id AND NOT c.is_history
ORDER BY o.placed_at, o.id
"""


def take_up(variant_ids: Collection[UUID] | None, *, actor: Actor) -> int:
    """Orders whose backordered units are reserved by now go on, the oldest first; returns how many did. One that fails
    stops no other, and is tried again by the sweep."""
    wanted = None if variant_ids is None else list(variant_ids)
    found = [row.id for row in rows(_SERVED, {"variants": wanted})]
    again = sweeps.stuck(TAKE_UP) if variant_ids is None else []
    return sum(sweeps.each(TAKE_UP, [*found, *again], partial(_take_up, actor=actor), actor=actor))


_THEIRS = """
SELECT l.id, least(l.backordered, sum(r.quantity) - l.reserved)::int AS units FROM orders_orderline l
JOIN inventory_reservation r ON r.demand_key = l.id
WHERE l.order_id = %(id)s AND l.backordered > 0 AND l.is_stocked GROUP BY l.id HAVING sum(r.quantity) > l.reserved
"""
_LEFT = """
SELECT sum(backordered)::int AS units,
       EXISTS (SELECT FROM orders_hold WHERE order_id = %(id)s AND status = 'open') AS is_held
FROM orders_orderline WHERE order_id = %(id)s
"""


def _take_up(order_id: UUID, *, actor: Actor) -> bool:
    with transaction.atomic():
        order = lock_order(order_id)
        found = [Units(row.id, row.units) for row in rows(_THEIRS, {"id": order_id})]
        if not found:
            return False
        move(found, "backordered", "reserved")
        left = rows(_LEFT, {"id": order_id})[0]
        units = sum(each.quantity for each in found)
        record(order_id, "order.taken_up", actor=actor, data={"units": units, "left": left.units})
        refresh([order_id], actor=actor)
        set_expected([order], [each.line_id for each in found], actor=actor)
        if not left.is_held:
            publish([OrderReady(about=order_id, number=order.number)])
    return True


def serve(variant_ids: Collection[UUID], *, actor: Actor) -> int:
    """What lies free of these goes to those who wait for it; returns how many orders go on."""
    if not variant_ids:
        return 0
    waiting.cover(variant_ids)
    return take_up(variant_ids, actor=actor)


_COULD_BE_SERVED = f"""
SELECT DISTINCT p.variant_id FROM inventory_supplypin p
JOIN inventory_poollocation pl ON pl.pool_id = p.pool_id
JOIN inventory_stock s ON s.variant_id = p.variant_id AND s.location_id = pl.location_id
JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN inventory_fence f ON f.stock_id = s.id AND f.channel_id = p.channel_id
WHERE l.is_active AND 'ship' = ANY(l.can) AND {OWN} > 0 ORDER BY 1
"""  # noqa: S608 - a constant
_COULD_BE_PINNED = """
SELECT DISTINCT p.variant_id FROM inventory_supplypin p
JOIN inventory_poollocation pl ON pl.pool_id = p.pool_id
JOIN inventory_supply y ON y.variant_id = p.variant_id AND y.location_id = pl.location_id
WHERE p.supply_id IS NULL AND y.state = 'expected' AND y.quantity > y.arrived + y.committed ORDER BY 1
"""


# What a line has pinned beyond its bucket came for it and is still to be taken up. What was let go while the order is
# held stands in no line until it is asked for again.
_MISSING = """
SELECT l.id AS line_id, l.order_id, l.variant_id, c.pool_id, o.channel_id, o.placed_at,
       (l.reserved + l.backordered - coalesce(r.units, 0) - coalesce(p.units, 0))::int AS units
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN orders_keeping k ON k.order_id = o.id
LEFT JOIN LATERAL (SELECT sum(quantity) AS units FROM inventory_reservation WHERE demand_key = l.id) r ON true
LEFT JOIN LATERAL (SELECT sum(quantity) AS units FROM inventory_supplypin WHERE demand_key = l.id) p ON true
WHERE l.backordered > 0 AND l.is_stocked AND NOT c.is_history AND (%(orders)s::uuid[] IS NULL OR l.order_id = ANY(%(orders)s::uuid[]))
  AND l.order_id <> ALL(%(without)s::uuid[])
  AND l.reserved + l.backordered > coalesce(r.units, 0) + coalesce(p.units, 0) AND (k.let_go_at IS NOT NULL) = %(let_go)s
ORDER BY o.placed_at, l.id LIMIT %(most)s
"""
_NAMELESS = """
UPDATE inventory_supplypin p SET channel_id = o.channel_id
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE p.channel_id IS NULL AND l.id = p.demand_key
"""
MOST_LINED_UP = 1_000
"""Lines that are put in line in one transaction."""


def line_up_missing(*, actor: Actor) -> int:
    """Put in line what is backordered and waits for nothing, and name the channel of who waits without one: older code,
    while a new version is rolled out, writes neither. Returns how many lines were put in line."""
    tried, done = sweeps.stuck(LINE_UP), 0
    again = list(tried)
    while found := _without_line(tried):
        done += sum(sweeps.in_sets(LINE_UP, found, _line_up_missing, actor=actor))
        tried += found
    done += sum(sweeps.each(LINE_UP, again, lambda order: sum(_line_up_missing([order])), actor=actor))
    with transaction.atomic():
        run(_NAMELESS)
    return done


def _without_line(but: Sequence[UUID]) -> list[UUID]:
    found = rows(_MISSING, {"orders": None, "most": MOST_LINED_UP, "let_go": False, "without": but})
    return list(dict.fromkeys(row.order_id for row in found))


def _line_up_missing(orders: Sequence[UUID]) -> list[int]:
    with transaction.atomic():
        lock_orders(orders)
        return [len(put_in_line(orders))]


def put_in_line(order_ids: Sequence[UUID], *, let_go: bool = False) -> list[Any]:
    """What of these orders is backordered and stands in no line, or was let go, waits from now on; the caller has them
    locked. Returns the lines, with their units."""
    found = rows(_MISSING, {"orders": list(order_ids), "most": None, "let_go": let_go, "without": []})
    waiting.wait([_wait(row, row.units) for row in found])
    return found


def sweep(*, actor: Actor) -> int:
    """Find what no event has told: lines that stand in no line, free units and supply that somebody waits for, orders
    that can go on. Returns how many orders go on."""
    line_up_missing(actor=actor)
    _resolve_over(actor)
    for work, sql, act in ((COVER, _COULD_BE_SERVED, _cover), (SETTLE, _COULD_BE_PINNED, _settle)):
        sweeps.each(work, [*(row.variant_id for row in rows(sql)), *sweeps.stuck(work)], act, actor=actor)
    return take_up(None, actor=actor)


_OVER = """
SELECT i.about FROM core_incident i WHERE i.kind = %(kind)s AND i.resolved_at IS NULL AND NOT EXISTS (
    SELECT FROM orders_orderline l WHERE l.order_id = i.about AND l.backordered > 0 AND l.is_stocked)
"""


def _resolve_over(actor: Actor) -> None:
    """Exceptions about orders that wait for nothing any more, whatever ended it."""
    if over := [row.about for row in rows(_OVER, {"kind": BACKORDER})]:
        resolve_many(BACKORDER, over, actor=actor, resolution="nothing of it waits any more")


def _cover(variant_id: UUID) -> None:
    waiting.cover([variant_id])


def _settle(variant_id: UUID) -> None:
    with transaction.atomic():
        lock_supply([variant_id])
        waiting.settle([variant_id])
