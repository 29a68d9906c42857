"""When backordered units are expected: the day that their supply is due, and from there the way of any parcel.

That an order waits longer than was promised, or for a day that nobody knows, is an exception as long as it is so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows
from core.incidents import Found, describe_many, open_many, resolve_many
from orders.promises import Window, move_promises
from orders.services import lock_orders
from sourcing.promise import Promise, available_at, promise, slowest

BACKORDER = "backorder"
AT_ONCE = 500
"""Orders that are promised anew in one transaction."""

_ORDERS = """
SELECT DISTINCT o.id, o.placed_at FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
JOIN orders_channel c ON c.id = o.channel_id WHERE l.id = ANY(%(ids)s) AND NOT c.is_history ORDER BY o.placed_at, o.id
"""


def expect_again(line_ids: Collection[UUID], *, actor: Actor) -> int:
    """What these lines wait for has changed: their promises follow; returns how many orders are promised for another
    day than before."""
    ids = [row.id for row in rows(_ORDERS, {"ids": list(line_ids)})]
    parts = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
    return sum(_expect_again(part, line_ids, actor=actor) for part in parts)


def _expect_again(order_ids: Sequence[UUID], line_ids: Collection[UUID], *, actor: Actor) -> int:
    with transaction.atomic():
        return set_expected(lock_orders(order_ids), line_ids, actor=actor)


_PARTS = """
SELECT l.id AS line_id, p.quantity, p.location_id, p.due, p.is_unknown, o.service,
       coalesce(o.shipping_address->>'country', c.country) AS country,
       coalesce(o.shipping_address->>'postal_code', '') AS postal_code
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
JOIN LATERAL (
    SELECT x.quantity, y.location_id, y.due, x.supply_id IS NULL AS is_unknown FROM inventory_supplypin x
    LEFT JOIN inventory_supply y ON y.id = x.supply_id
    WHERE x.demand_key = l.id
    UNION ALL
    SELECT r.quantity, r.location_id, NULL, false FROM inventory_reservation r WHERE r.demand_key = l.id) p ON true
WHERE l.order_id = ANY(%(orders)s) AND l.id = ANY(%(lines)s)
"""
_UNKNOWN = """
SELECT l.order_id, sum(p.quantity)::int AS units FROM orders_orderline l
JOIN inventory_supplypin p ON p.demand_key = l.id AND p.supply_id IS NULL
WHERE l.order_id = ANY(%(orders)s) GROUP BY l.order_id
"""


def set_expected(
    orders: Sequence[Any], line_ids: Collection[UUID], *, actor: Actor, over: str = "there is stock for it"
) -> int:
    """Promise orders' lines by what is reserved for them and what they wait for; the caller has the orders locked.
    Returns how many orders are promised for another day.

    A line of which some units wait for no known supply keeps its promise: that is an exception, and the customer hears
    that no day is known. `over` says why orders that wait for nothing any more do not.
    """
    require_atomic()
    now = timezone.now()
    ids = [order.id for order in orders]
    parts: dict[UUID, list[Any]] = {}
    for row in rows(_PARTS, {"orders": ids, "lines": list(line_ids)}):
        parts.setdefault(row.line_id, []).append(row)
    known = {line: of for line, of in parts.items() if not any(part.is_unknown for part in of)}
    windows = {line: window for line, of in known.items() if (window := _window(of, now))}
    unknown = {row.order_id: row.units for row in rows(_UNKNOWN, {"orders": ids})}
    moved = move_promises(orders, windows, unsure=unknown, actor=actor)
    _judge(ids, unknown, over, actor=actor)
    return len(moved)


def _window(parts: Iterable[Any], now: datetime) -> Window | None:
    arrivals: list[Promise] = []
    for part in parts:
        at = available_at(part.due, part.location_id, now) if part.due else now
        if made := promise([part.location_id], part.service, part.country, part.postal_code, at):
            arrivals.append(made)
    last = slowest(arrivals)
    return (last.earliest, last.latest) if last else None


_WAITING = """
SELECT l.order_id, sum(p.quantity)::int AS units, coalesce(bool_or(l.promise_latest > l.first_promise_latest), false) AS late
FROM orders_orderline l JOIN inventory_supplypin p ON p.demand_key = l.id
WHERE l.order_id = ANY(%(orders)s) GROUP BY l.order_id
"""


def _judge(order_ids: Collection[UUID], unknown: Mapping[UUID, int], over: str, *, actor: Actor) -> None:
    """Open an exception for each order that waits for no known supply (`unknown`: units by order), or longer than was
    first promised, or say in it how many units wait by now; resolve those of the others."""
    waiting = {row.order_id: row for row in rows(_WAITING, {"orders": list(order_ids)})}
    cause = {key: unknown.get(key, row.units) for key, row in waiting.items() if row.late or key in unknown}
    found = [Found(key, data={"units": units}) for key, units in cause.items()]
    if open_many(BACKORDER, found, actor=actor) < len(found):
        describe_many(BACKORDER, found)
    in_time = [key for key in order_ids if key in waiting and key not in cause]
    done = [key for key in order_ids if key not in waiting]
    for ids, how in ((in_time, "what it waits for comes in time"), (done, over)):
        if ids:
            resolve_many(BACKORDER, ids, actor=actor, resolution=how)
