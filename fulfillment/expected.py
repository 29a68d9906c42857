"""When backordered units are expected: the day that their supply is due, and from there the way of any parcel."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows
from core.incidents import open_incident
from orders.promises import Window, move_promise, tell_no_day
from orders.services import lock_order
from sourcing.promise import Promise, available_at, promise, slowest

BACKORDER = "backorder"

_ORDERS = """
SELECT DISTINCT o.id, o.placed_at FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
JOIN orders_channel c ON c.id = o.channel_id WHERE l.id = ANY(%(ids)s) AND NOT c.is_history ORDER BY o.placed_at, o.id
"""


def expect_again(line_ids: Collection[UUID], *, actor: Actor) -> int:
    """What these lines wait for has changed: their promises follow; returns how many orders are promised for another
    day than before."""
    return sum(_expect_again(row.id, line_ids, actor=actor) for row in rows(_ORDERS, {"ids": list(line_ids)}))


def _expect_again(order_id: UUID, line_ids: Collection[UUID], *, actor: Actor) -> bool:
    with transaction.atomic():
        return set_expected(lock_order(order_id), line_ids, actor=actor)


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
WHERE l.order_id = %(order)s AND l.id = ANY(%(lines)s)
"""


def set_expected(order: Any, line_ids: Collection[UUID], *, actor: Actor) -> bool:
    """Promise an order's lines by what is reserved for them and what they wait for; the caller has the order locked.

    A line of which some units wait for no known supply keeps its promise: that is an exception, and the customer hears
    that no day is known.
    """
    require_atomic()
    now = timezone.now()
    parts: dict[UUID, list[Any]] = {}
    for row in rows(_PARTS, {"order": order.id, "lines": list(line_ids)}):
        parts.setdefault(row.line_id, []).append(row)
    unknown = {line for line, of in parts.items() if any(part.is_unknown for part in of)}
    known = {line: of for line, of in parts.items() if line not in unknown}
    if unknown:
        units = sum(part.quantity for line in unknown for part in parts[line] if part.is_unknown)
        open_incident(BACKORDER, about=order.id, data={"units": units}, actor=actor)
        tell_no_day(order)
    windows = {line: _window(of, now) for line, of in known.items()}
    return move_promise(order, {line: w for line, w in windows.items() if w}, actor=actor)


def _window(parts: Iterable[Any], now: datetime) -> Window | None:
    arrivals: list[Promise] = []
    for part in parts:
        at = available_at(part.due, part.location_id, now) if part.due else now
        if made := promise([part.location_id], part.service, part.country, part.postal_code, at):
            arrivals.append(made)
    last = slowest(arrivals)
    return (last.earliest, last.latest) if last else None
