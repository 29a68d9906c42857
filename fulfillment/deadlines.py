"""Orders that nobody pays: their customers are reminded, and after their channel's time they are cancelled.

An order is unpaid as long as it is held for a payment that is not promised. The time counts from the hold's
opening, and may be extended by hand (orders.keeping).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import sweeps
from core.actors import SYSTEM, Actor
from core.db import rows
from core.outbox import publish
from fulfillment import amend
from orders.events import PaymentReminder
from orders.services import lock_orders
from payments.services import ask_about

CANCEL = "deadlines.cancel"
UNPAID_REASON = "Not paid in time"
"""The reason of such a cancellation, as staff reads it; the customer's letter knows it too."""

SET_SIZE = 50
MOST_AT_ONCE = 500
PATIENCE = 2
"""How many times its time an order waits when the provider cannot be asked whether it was paid after all."""

_CUSTOMERS_TURN = ["requires_action", "failed", "expired"]
_NOT_PROMISED = ["pending", "unknown", *_CUSTOMERS_TURN]

_UNPAID = """
SELECT o.id, o.number, u.until, c.payment_hours FROM orders_hold h
JOIN orders_order o ON o.id = h.order_id JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN orders_keeping k ON k.order_id = o.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN c.payment_hours IS NOT NULL THEN
        greatest(h.opened_at + c.payment_hours * interval '1 hour', k.extended_until) END AS until) u
WHERE h.kind = 'payment' AND h.status = 'open' AND o.status = 'on_hold' AND NOT c.is_history
  AND EXISTS (SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.status = ANY(%(statuses)s))
"""
_OVERDUE = f"""{_UNPAID}
  AND u.until <= %(now)s
ORDER BY o.id = ANY(%(last)s::uuid[]), h.opened_at, o.id LIMIT %(most)s
"""
_STILL_UNPAID = f"{_UNPAID} AND o.id = %(id)s"
_TO_REMIND = f"""{_UNPAID}
  AND h.opened_at + c.payment_hours * interval '30 minutes' <= %(now)s
  AND u.until > %(now)s
  AND NOT EXISTS (SELECT FROM core_event e WHERE e.about = o.id AND e.kind = %(kind)s)
ORDER BY h.opened_at, o.id LIMIT %(most)s
"""


def cancel_unpaid(now: datetime | None = None, *, actor: Actor = SYSTEM) -> list[UUID]:
    """Cancel the orders whose time to be paid is over; returns them. Called outside of any transaction.

    The provider is asked first whether one of them was paid without our hearing of it. While it gives no answer, such
    an order waits, but not for ever; an authorisation that comes after the cancellation is released. One that fails stops
    no other.
    """
    now, again = now or timezone.now(), sweeps.stuck(CANCEL)
    overdue = rows(_OVERDUE, {"now": now, "most": MOST_AT_ONCE, "statuses": _NOT_PROMISED, "last": again})
    cancelled: list[UUID] = []
    for start in range(0, len(overdue), SET_SIZE):
        part = overdue[start : start + SET_SIZE]
        doubtful = ask_about([order.id for order in part], actor=actor)
        sure = [order.id for order in part if order.id not in doubtful or _is_long_overdue(order, now)]
        cancelled += [key for key in sweeps.each(CANCEL, sure, partial(_cancel, actor=actor), actor=actor) if key]
    if len(overdue) < MOST_AT_ONCE:
        sweeps.each(CANCEL, set(again) - {order.id for order in overdue}, _nothing_to_do, actor=actor)
    return cancelled


def _is_long_overdue(order: Any, now: datetime) -> bool:
    return bool(now >= order.until + timedelta(hours=(PATIENCE - 1) * order.payment_hours))


def _cancel(order_id: UUID, *, actor: Actor) -> UUID | None:
    """Cancel one, unless it was paid or cancelled in this moment: under its lock only one of them happens."""
    with transaction.atomic():
        lock_orders([order_id])
        if not rows(_STILL_UNPAID, {"id": order_id, "statuses": _NOT_PROMISED}):
            return None
        amend.cancel(order_id, actor=actor, reason=UNPAID_REASON)
    return order_id


def _nothing_to_do(_order_id: UUID) -> None:
    """It was paid, cancelled or given more time since it failed."""


def remind_unpaid(now: datetime | None = None) -> list[UUID]:
    """Tell the customers of orders that are unpaid for half their time, once each; returns the orders."""
    now = now or timezone.now()
    with transaction.atomic():
        named = {"now": now, "most": MOST_AT_ONCE, "kind": PaymentReminder.kind, "statuses": _CUSTOMERS_TURN}
        due = rows(_TO_REMIND, named)
        lock_orders([order.id for order in due])
        # Somebody else may have reminded them, or they may have paid, before their lock was ours.
        due = [order for order in due if order.id in _still_due(due, named)]
        publish(PaymentReminder(about=o.id, number=o.number, until=o.until.isoformat()) for o in due)
    return [order.id for order in due]


def _still_due(due: Sequence[Any], named: dict[str, Any]) -> set[UUID]:
    return {order.id for order in rows(_TO_REMIND, named)} & {order.id for order in due}
