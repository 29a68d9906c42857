"""Moving what was promised. The first promise stays as it was made; the customer hears of a later day."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows, run
from core.outbox import publish
from core.timeline import Row, record_many
from orders.events import OrderDelayed

Window = tuple[date, date]

_LINES = """
UPDATE orders_orderline l SET promise_earliest = w.earliest, promise_latest = w.latest,
    first_promise_earliest = coalesce(l.first_promise_earliest, w.earliest),
    first_promise_latest = coalesce(l.first_promise_latest, w.latest)
FROM unnest(%(ids)s::uuid[], %(earliest)s::date[], %(latest)s::date[]) AS w(id, earliest, latest)
WHERE l.id = w.id AND (l.promise_earliest, l.promise_latest) IS DISTINCT FROM (w.earliest, w.latest)
"""
_ORDERS = """
UPDATE orders_order o SET promise_earliest = s.earliest, promise_latest = s.latest, version = o.version + 1,
    updated_at = %(now)s, first_promise_earliest = coalesce(o.first_promise_earliest, s.earliest),
    first_promise_latest = coalesce(o.first_promise_latest, s.latest)
FROM (SELECT order_id, min(promise_earliest) AS earliest, max(promise_latest) AS latest FROM orders_orderline
      WHERE order_id = ANY(%(ids)s) AND quantity > cancelled GROUP BY order_id) s
WHERE o.id = s.order_id AND s.latest IS NOT NULL
  AND (o.promise_earliest, o.promise_latest) IS DISTINCT FROM (s.earliest, s.latest)
RETURNING o.id, o.promise_latest
"""


def move_promises(
    orders: Iterable[Any], lines: Mapping[UUID, Window], *, unsure: Collection[UUID], actor: Actor
) -> set[UUID]:
    """Promise these lines for other days; their orders' promises follow. Returns the orders whose promise has moved.

    The customer hears of a later day; once that no day is known, while an order is among the `unsure`; and of the day as
    soon as there is one again. The caller has the orders' rows, as they were read under their locks.
    """
    require_atomic()
    known = {order.id: order for order in orders}
    if lines:
        days = {"earliest": [e for e, _ in lines.values()], "latest": [latest for _, latest in lines.values()]}
        run(_LINES, {"ids": list(lines), **days})
    moved = {row.id: row.promise_latest for row in rows(_ORDERS, {"ids": list(known), "now": timezone.now()})}
    record_many((_moved(known[key], after) for key, after in moved.items()), actor=actor)
    _tell(known, moved, set(unsure))
    return set(moved)


def _moved(order: Any, after: date) -> Row:
    before = order.promise_latest
    return Row(order.id, "order.promise", data={"from": before.isoformat() if before else "", "to": after.isoformat()})


_LAST_TOLD = """
SELECT DISTINCT ON (about) about, payload ->> 'expected' AS expected FROM core_event
WHERE about = ANY(%(ids)s) AND kind = 'order.delayed' ORDER BY about, id DESC
"""


def _tell(orders: Mapping[UUID, Any], moved: Mapping[UUID, date], unsure: Collection[UUID]) -> None:
    """Events are kept for ever: the last one says what the customer knows."""
    last = {row.about: row.expected for row in rows(_LAST_TOLD, {"ids": list(orders)})}
    told: list[OrderDelayed] = []
    for key, order in orders.items():
        before, heard = order.promise_latest, last.get(key)
        after = moved.get(key, before)
        if key in unsure:
            if heard != "":
                told.append(OrderDelayed(about=key, number=order.number, expected=""))
        elif after and (heard == "" or (before and after > before)):
            told.append(OrderDelayed(about=key, number=order.number, expected=after.isoformat()))
    publish(told)
