"""Holds: named reasons that stop an order."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import require_atomic, rows
from core.ids import new_id
from core.outbox import Event, publish
from core.problems import Conflict, Invalid, NotFound
from core.timeline import Row, record_many
from orders.events import OrderReady, StockWanted
from orders.models import Hold
from orders.services import lock_orders, refresh
from orders.states import ORDER_ACTIONS

OPEN = """
INSERT INTO orders_hold (id, order_id, kind, status, note, opened_by, opened_at, resolved_by)
SELECT h.id, h.order_id, %(kind)s, 'open', %(note)s, %(by)s, %(now)s, ''
FROM unnest(%(ids)s::uuid[], %(orders)s::uuid[]) AS h(id, order_id)
ON CONFLICT (order_id, kind) WHERE status = 'open' DO NOTHING RETURNING order_id
"""


def open_hold(order_ids: Sequence[UUID], kind: str, *, actor: Actor, note: str = "") -> list[UUID]:
    """Open a hold of one kind on each order that has not yet left; returns the orders newly held."""
    if kind not in Hold.Kind.values:
        raise Invalid.field(["kind"], _("must be one of: %(choices)s") % {"choices": ", ".join(Hold.Kind.values)})
    with transaction.atomic():
        locked = lock_orders(order_ids)
        gone = [o.number for o in locked if o.status not in ORDER_ACTIONS["hold"]]
        if gone:
            raise Conflict(
                _("%(choices)s can no longer be held: nothing is left to stop.") % {"choices": ", ".join(gone)}
            )
        held = rows(
            OPEN,
            {
                "kind": kind,
                "note": note,
                "by": actor.label,
                "now": timezone.now(),
                "ids": [new_id() for _ in locked],
                "orders": [o.id for o in locked],
            },
        )
        ids = [row.order_id for row in held]
        record_many((Row(i, "hold.open", "", kind, {"note": note}) for i in ids), actor=actor)
        refresh(ids, actor=actor)
    return ids


RESOLVE = """
UPDATE orders_hold SET status = 'resolved', resolved_by = %(by)s, resolved_at = %(now)s
WHERE order_id = ANY(%(ids)s) AND kind = %(kind)s AND status = 'open' RETURNING order_id
"""
READY = """
SELECT o.id, o.number,
       EXISTS (SELECT FROM orders_keeping k WHERE k.order_id = o.id AND k.let_go_at IS NOT NULL) AS wants_stock
FROM orders_order o WHERE o.id = ANY(%(ids)s) AND o.status IN ('placed', 'backordered', 'processing', 'partially_shipped')
  AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = o.id AND h.status = 'open')
ORDER BY o.id
"""


def resolve(order_ids: Sequence[UUID], kind: str, *, actor: Actor, note: str = "") -> list[UUID]:
    """Resolve the open holds of one kind; orders with none left become ready. Returns those."""
    with transaction.atomic():
        lock_orders(order_ids)
        return _resolve(order_ids, kind, actor=actor, note=note)


def _resolve(order_ids: Sequence[UUID], kind: str, *, actor: Actor, note: str) -> list[UUID]:
    require_atomic()
    now = timezone.now()
    resolved = rows(RESOLVE, {"by": actor.label, "now": now, "ids": list(order_ids), "kind": kind})
    ids = sorted({row.order_id for row in resolved})
    if not ids:
        return []
    record_many((Row(i, "hold.resolve", kind, "", {"note": note}) for i in ids), actor=actor)
    refresh(ids, actor=actor)
    ready = rows(READY, {"ids": ids})
    news: list[Event] = [OrderReady(about=r.id, number=r.number) for r in ready]
    publish([*news, *(StockWanted(about=r.id, number=r.number) for r in ready if r.wants_stock)])
    return [r.id for r in ready]


def end_all(order_id: UUID, *, actor: Actor, note: str) -> None:
    """End the open holds of an order of which nothing is left. The caller holds it locked."""
    require_atomic()
    ended = rows(END, {"by": actor.label, "now": timezone.now(), "id": order_id})
    record_many((Row(order_id, "hold.resolve", row.kind, "", {"note": note}) for row in ended), actor=actor)


END = """
UPDATE orders_hold SET status = 'resolved', resolved_by = %(by)s, resolved_at = %(now)s
WHERE order_id = %(id)s AND status = 'open' RETURNING kind
"""


def release_hold(hold_id: UUID, *, actor: Actor, note: str = "") -> Hold:
    """Resolve one hold by its id. A second call is a Conflict that says who was first."""
    with transaction.atomic():
        hold = Hold.objects.filter(pk=hold_id).first()
        if hold is None:
            raise NotFound(_("There is no such hold."))
        lock_orders([hold.order_id])
        hold.refresh_from_db()
        if hold.status != "open":
            raise Conflict(_("%(resolved_by)s has already released this hold.") % {"resolved_by": hold.resolved_by})
        _resolve([hold.order_id], hold.kind, actor=actor, note=note)
        hold.refresh_from_db()
    return hold
