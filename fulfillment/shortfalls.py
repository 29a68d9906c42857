"""A place has fewer units than it has promised: the promises go where they can be kept, and who loses is named.

Three steps, each in transactions of its own, so that a repeat goes on where the last one ended: reserved units wait
elsewhere; work that was not released is taken back, the newest first, and routed anew; the rest is told by order.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from core import sweeps
from core.actors import Actor
from core.db import rows
from core.incidents import describe
from core.models import Incident
from core.outbox import publish
from core.timeline import record
from fulfillment.amend import Cut, Taken, shrink_work
from fulfillment.states import OPEN
from inventory import shortfalls
from inventory.locks import lock_stock
from inventory.pins import move_pins, moves_of, pin_allocated
from inventory.room import Room, find_room
from inventory.selectors import seats
from inventory.services import Pin
from orders.events import OrderReady
from orders.quantities import Units, move
from orders.repinned import tell_repinned
from orders.services import lock_order, refresh

COVER = "shortfalls.cover"
MOST_TOLD = 20
"""Orders named in an incident."""

_SHORT = """
SELECT s.variant_id, s.location_id, s.reserved + s.allocated - s.on_hand AS units FROM inventory_stock s
WHERE s.id = %(id)s AND s.reserved + s.allocated > s.on_hand
"""


def cover(stock_id: UUID, *, actor: Actor) -> None:
    """Keep elsewhere what this stock row cannot keep. A second call finds what is left to do, mostly nothing."""
    _wait_elsewhere(stock_id, actor=actor)
    for order_id in _unreleased(stock_id):
        if not _short(stock_id):
            break
        _route_anew(order_id, stock_id, actor=actor)
    _name(stock_id)


def cover_open(*, actor: Actor) -> int:
    """Cover every open shortfall anew; returns how many there were. One that fails stops no other."""
    open_ones = list(Incident.objects.filter(kind=shortfalls.KIND, resolved_at=None).values_list("about", flat=True))
    sweeps.each(COVER, [*open_ones, *sweeps.stuck(COVER)], partial(cover, actor=actor), actor=actor)
    return len(open_ones)


def _short(stock_id: UUID) -> Any:
    """The row while it is short: what, where, and by how many units."""
    found = rows(_SHORT, {"id": stock_id})
    return found[0] if found else None


def _wait_elsewhere(stock_id: UUID, *, actor: Actor) -> None:
    """Pins move to places where they may sit too, as far as there is room."""
    with transaction.atomic():
        if (short := _locked(stock_id)) is not None:
            _spread(short, actor=actor)


def _locked(stock_id: UUID) -> Any:
    """The row while it is short, with the stock of its variant locked everywhere."""
    if (seen := _short(stock_id)) is None:
        return None
    lock_stock([seen.variant_id], None)
    return _short(stock_id)


def _room(short: Any, units: int, more: Any = None, further: int = 0) -> Room:
    """Room elsewhere for units pinned at the short place; so many `further` ones of the pool and channel of `more` would be
    pinned there as well."""
    now, place, variant = seats([short.variant_id], fenced=True), short.location_id, short.variant_id
    pins = now.pins[variant]
    if more:
        seat = now.seat(place, more.pool_id, more.channel_id)
        pins[seat] = pins.get(seat, 0) + further
    own = {spot: q for spot, q in now.own[variant].items() if spot[0] != place}
    return find_room(units, [place], free=now.free[variant], own=own, pins=pins, legal=now.legal)


def _spread(short: Any, *, actor: Actor) -> None:
    moves = moves_of({short.variant_id: _room(short, short.units)})
    tell_repinned(move_pins(moves, fenced=True), actor=actor)


_UNRELEASED = """
SELECT f.order_id, max(f.id::text) AS newest FROM inventory_stock s
JOIN fulfillment_fulfillmentorder f ON f.location_id = s.location_id AND f.status = 'planned'
JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id AND w.quantity > w.cancelled
JOIN orders_orderline l ON l.id = w.order_line_id AND l.variant_id = s.variant_id
WHERE s.id = %(id)s GROUP BY f.order_id ORDER BY newest DESC
"""


def _unreleased(stock_id: UUID) -> list[UUID]:
    """Orders whose work there nobody has been told of, the newest first."""
    return [row.order_id for row in rows(_UNRELEASED, {"id": stock_id})] if _short(stock_id) else []


_WORK = """
SELECT w.id AS work_line_id, f.id AS work_id, l.id AS line_id, w.quantity - w.cancelled AS units, c.pool_id, o.channel_id
FROM inventory_stock s
JOIN fulfillment_fulfillmentorder f ON f.location_id = s.location_id AND f.status = 'planned' AND f.order_id = %(order)s
JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id AND w.quantity > w.cancelled
JOIN orders_orderline l ON l.id = w.order_line_id AND l.variant_id = s.variant_id
JOIN orders_order o ON o.id = f.order_id JOIN orders_channel c ON c.id = o.channel_id
WHERE s.id = %(id)s ORDER BY f.id DESC, w.id
"""


def _route_anew(order_id: UUID, stock_id: UUID, *, actor: Actor) -> None:
    """Units of an order's unreleased work are pins again, as many as can sit elsewhere; the order is routed anew."""
    with transaction.atomic():
        order = lock_order(order_id)
        short = _locked(stock_id)
        work = rows(_WORK, {"id": stock_id, "order": order_id}) if short else []
        if not work:
            return
        there = sum(row.units for row in work)
        units = _room(short, min(short.units, there), work[0], there).units
        if not units:
            return
        _take_back(_parts(work, units), short, actor=actor)
        _spread(short, actor=actor)
        record(order_id, "order.unplanned", actor=actor, data={"units": units})
        refresh([order_id], actor=actor)
        publish([OrderReady(about=order_id, number=order.number)], dispatched=order.is_history)


def _parts(work: Sequence[Any], units: int) -> list[tuple[Any, int]]:
    """The units as parts of the work, the newest first."""
    parts = []
    for row in work:
        if part := min(row.units, units):
            parts.append((row, part))
            units -= part
    return parts


def _take_back(parts: Sequence[tuple[Any, int]], short: Any, *, actor: Actor) -> None:
    """The work shrinks or ends; its units are reserved again, at the same place for now."""
    place, variant = short.location_id, short.variant_id
    move([Units(row.line_id, part) for row, part in parts], "allocated", "reserved")
    taken = [
        Taken(row.work_line_id, row.work_id, row.line_id, variant, place, True, "allocated", part)
        for row, part in parts
    ]
    shrink_work(Cut(taken=taken), actor=actor, at=None)
    pin_allocated([Pin(row.line_id, variant, place, row.pool_id, part) for row, part in parts])


# Who promised last loses first: units that wait, then work nobody was told of, then work that has begun.
_LOSING = """
SELECT o.number, sum(q.units)::int AS units, min(q.rank) AS rank FROM (
    SELECT l.order_id, r.quantity AS units, 0 AS rank FROM inventory_reservation r
    JOIN orders_orderline l ON l.id = r.demand_key WHERE r.variant_id = %(variant)s AND r.location_id = %(place)s
    UNION ALL
    SELECT f.order_id, w.quantity - w.cancelled, CASE f.status WHEN 'planned' THEN 1 ELSE 2 END
    FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id
    JOIN orders_orderline l ON l.id = w.order_line_id
    WHERE f.location_id = %(place)s AND f.status = ANY(%(open)s)
      AND l.variant_id = %(variant)s AND w.quantity > w.cancelled) q
JOIN orders_order o ON o.id = q.order_id GROUP BY o.id, o.number ORDER BY min(q.rank), o.placed_at DESC, o.id DESC
"""


def _name(stock_id: UUID) -> None:
    """Say in the incident by how much the place is short still, and which orders lose their units."""
    if (short := _short(stock_id)) is None:
        return
    losing: list[dict[str, Any]] = []
    left = short.units
    for row in rows(_LOSING, {"variant": short.variant_id, "place": short.location_id, "open": list(OPEN)}):
        if left <= 0 or len(losing) == MOST_TOLD:
            break
        losing.append({"number": row.number, "units": min(row.units, left)})
        left -= row.units
    describe(shortfalls.KIND, about=stock_id, data={"units": short.units, "orders": losing})
