"""Moving what was promised. The first promise stays as it was made; the customer hears of a later day."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows, run
from core.outbox import publish
from core.timeline import record
from orders.events import OrderDelayed

Window = tuple[date, date]

_LINES = """
UPDATE orders_orderline l SET promise_earliest = w.earliest, promise_latest = w.latest,
    first_promise_earliest = coalesce(l.first_promise_earliest, w.earliest),
    first_promise_latest = coalesce(l.first_promise_latest, w.latest)
FROM unnest(%(ids)s::uuid[], %(earliest)s::date[], %(latest)s::date[]) AS w(id, earliest, latest)
WHERE l.id = w.id AND (l.promise_earliest, l.promise_latest) IS DISTINCT FROM (w.earliest, w.latest)
"""
_ORDER = """
UPDATE orders_order o SET promise_earliest = s.earliest, promise_latest = s.latest, version = o.version + 1,
    updated_at = %(now)s, first_promise_earliest = coalesce(o.first_promise_earliest, s.earliest),
    first_promise_latest = coalesce(o.first_promise_latest, s.latest)
FROM (SELECT min(promise_earliest) AS earliest, max(promise_latest) AS latest FROM orders_orderline
      WHERE order_id = %(id)s AND quantity > cancelled) s
WHERE o.id = %(id)s AND s.latest IS NOT NULL
  AND (o.promise_earliest, o.promise_latest) IS DISTINCT FROM (s.earliest, s.latest)
RETURNING o.promise_latest
"""


def move_promise(order: Any, lines: Mapping[UUID, Window], *, actor: Actor) -> bool:
    """Promise these lines for other days; the order's promise follows its lines. Whether the order's has moved.

    The caller has the order's row, as it was read under its lock.
    """
    require_atomic()
    if not lines:
        return False
    run(
        _LINES,
        {
            "ids": list(lines),
            "earliest": [earliest for earliest, _ in lines.values()],
            "latest": [latest for _, latest in lines.values()],
        },
    )
    moved = rows(_ORDER, {"id": order.id, "now": timezone.now()})
    if not moved:
        return False
    before, after = order.promise_latest, moved[0].promise_latest
    told = {"from": before.isoformat() if before else "", "to": after.isoformat()}
    record(order.id, "order.promise", actor=actor, data=told)
    if before and after > before:
        publish([OrderDelayed(about=order.id, number=order.number, expected=after.isoformat())])
    return True


_LAST_TOLD = """
SELECT payload ->> 'expected' AS expected FROM core_event WHERE about = %(id)s AND kind = 'order.delayed'
ORDER BY id DESC LIMIT 1
"""


def tell_no_day(order: Any) -> None:
    """Nobody knows the day any more: the customer hears of it once, until there is one again."""
    told = rows(_LAST_TOLD, {"id": order.id})
    if not told or told[0].expected:
        publish([OrderDelayed(about=order.id, number=order.number, expected="")])
