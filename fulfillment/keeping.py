"""Orders whose stock was let go while they were held, and that nothing holds any more: they ask for it again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core import sweeps
from core.actors import Actor
from core.db import rows, run
from core.incidents import open_incident
from core.timeline import record
from fulfillment import backorders
from fulfillment.expected import BACKORDER
from orders.keeping import services as keeping
from orders.services import lock_order

MOST_AT_ONCE = 500
ASK_AGAIN = "keeping.ask_again"

_MAY_ASK = """
SELECT k.order_id FROM orders_keeping k WHERE k.order_id = %(id)s AND k.let_go_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = k.order_id AND h.status = 'open')
"""
_KEPT_AGAIN = "UPDATE orders_keeping SET let_go_at = NULL, extended_until = NULL WHERE order_id = %(id)s"
_STRAYS = """
SELECT k.order_id FROM orders_keeping k WHERE k.let_go_at IS NOT NULL
  AND EXISTS (SELECT FROM orders_orderline l WHERE l.order_id = k.order_id AND l.backordered > 0)
  AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = k.order_id AND h.status = 'open')
  AND k.order_id <> ALL(%(without)s::uuid[])
ORDER BY k.let_go_at LIMIT %(most)s
"""


def sweep(now: datetime | None = None, *, actor: Actor) -> int:
    """Let go what is kept too long, and ask again for what no event asked for; returns how many orders were let go. One
    that fails stops no other."""
    gone = keeping.lapse(now, actor=actor)
    again = sweeps.stuck(ASK_AGAIN)
    strays = [row.order_id for row in rows(_STRAYS, {"most": MOST_AT_ONCE, "without": again})]
    sweeps.each(ASK_AGAIN, [*strays, *again], lambda order: ask_again([order], actor=actor), actor=actor)
    return len(gone)


def ask_again(order_ids: Sequence[UUID], *, actor: Actor) -> None:
    """These orders stand in line for the units that were let go, by the day they were placed, and have what lies free.

    What is short is a backorder, with an exception. A second call finds nothing to ask for.
    """
    for order_id in order_ids:
        if variants := _line_up(order_id, actor=actor):
            backorders.serve(variants, actor=actor)
            _tell_short(order_id, actor=actor)


def _line_up(order_id: UUID, *, actor: Actor) -> set[UUID]:
    with transaction.atomic():
        lock_order(order_id)
        if not rows(_MAY_ASK, {"id": order_id}):
            return set()
        missing = backorders.put_in_line([order_id], let_go=True)
        run(_KEPT_AGAIN, {"id": order_id})
        if missing:
            record(order_id, "order.ask_again", actor=actor, data={"units": sum(row.units for row in missing)})
    return {row.variant_id for row in missing}


_SHORT = "SELECT sum(backordered)::int AS units FROM orders_orderline WHERE order_id = %(id)s AND is_stocked"


def _tell_short(order_id: UUID, *, actor: Actor) -> None:
    with transaction.atomic():
        lock_order(order_id)
        if units := rows(_SHORT, {"id": order_id})[0].units:
            open_incident(BACKORDER, about=order_id, data={"units": units}, actor=actor)
