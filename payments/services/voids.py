"""Giving up what is authorised and will not be captured."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows
from core.outbox import publish
from core.states import apply_many
from payments.events import VoidDue
from payments.models import Payment
from payments.providers import online_tenders
from payments.services.booking import tell_settled
from payments.services.transactions import (
    ask_providers,
    draws_of,
    insert,
    lock_payments,
    settle,
    waiting,
)
from payments.states import PAYMENT, UNSETTLED

SEARCH_LAG = timedelta(minutes=2)
"""A provider finds a payment by our name for it only a while after it was made (Stripe: about a minute)."""

REST = """
SELECT payment_id, order_id, order_id AS source, tender, currency, status, number, fx_rate, capturing,
       total - captured - capturing AS amount, 0::numeric AS start
FROM (
    SELECT p.id AS payment_id, p.order_id, p.tender, p.currency, p.status, p.amount AS total, p.captured, p.created_at,
           o.number, o.fx_rate, coalesce((
               SELECT sum(t.amount) FROM payments_transaction t
               WHERE t.payment_id = p.id AND t.kind = 'capture' AND t.status = ANY(%(unsettled)s)), 0) AS capturing
    FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
    WHERE p.order_id = ANY(%(orders)s)
      AND p.status IN ('pending', 'requires_action', 'authorised', 'partially_captured', 'failed', 'unknown')
      AND NOT EXISTS (
          SELECT FROM orders_orderline l WHERE l.order_id = p.order_id AND l.shipped + l.cancelled < l.quantity)) rest
ORDER BY created_at, payment_id
"""


def request_void(order_ids: Sequence[UUID], *, actor: Actor) -> None:
    """Give up what remains of the payments of orders that have nothing left to ship, in the caller's transaction.

    Orders with units still to ship are left alone: their rest may yet be needed. A payment with a capture on its way
    becomes captured by it, and only its rest is given up. A second call does nothing.
    """
    require_atomic()
    lock_payments(order_ids)
    found = [r for r in rows(REST, {"orders": list(order_ids), "unsettled": list(UNSETTLED)}) if r.amount > 0]
    untouched = [r.payment_id for r in found if r.status != "partially_captured" and not r.capturing]
    apply_many(PAYMENT, Payment, untouched, "void", actor=actor, about="order_id")
    online = draws_of(r for r in found if r.tender in online_tenders() and r.status != "failed")
    insert("void", online, at=timezone.now())
    publish([VoidDue(about=order_id) for order_id in sorted({d.order_id for d in online})])


LATE = """
SELECT p.id AS payment_id, p.order_id, p.id AS source, p.tender, p.currency, p.amount, o.number, o.fx_rate, 0::numeric AS start
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.id = ANY(%(ids)s) AND p.status = 'voided'
"""


def void_late(payment_ids: Sequence[UUID]) -> None:
    """Payments that were given up while their authorisation was on its way: it has come, and is released too."""
    require_atomic()
    late = draws_of(rows(LATE, {"ids": list(payment_ids)}))
    insert("void", late, at=timezone.now())
    publish([VoidDue(about=order_id) for order_id in sorted({d.order_id for d in late})])


READY = """
SELECT t.id FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id
WHERE t.id = ANY(%(ids)s) AND (p.provider_reference <> '' OR t.created_at < %(found_after)s) AND NOT EXISTS (
    SELECT FROM payments_transaction c
    WHERE c.payment_id = t.payment_id AND c.kind = 'capture' AND c.status = ANY(%(unsettled)s))
"""


def void(transaction_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Ask the providers to release what will not be captured, and record it; returns the transactions newly done.

    Called outside of any transaction. A release waits while a capture of the same payment is on its way, and while
    the provider may not yet find a payment whose reference was never heard.
    """
    limits = {"unsettled": list(UNSETTLED), "found_after": timezone.now() - SEARCH_LAG}
    ready = [row.id for row in rows(READY, {"ids": list(transaction_ids), **limits})]
    found = waiting("void", ready)
    if not found:
        return []
    outcomes = ask_providers("void", found)
    with transaction.atomic():
        order_ids = sorted({row.order_id for row in found})
        lock_payments(order_ids)
        done = settle(found, outcomes, actor=actor)
        released = [draw.payment_id for draw in done]
        apply_many(PAYMENT, Payment, released, "release_rest", actor=actor, about="order_id")
        tell_settled(order_ids, actor=actor)
    return [draw.transaction_id for draw in done]
