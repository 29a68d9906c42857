"""Taking authorised money for goods that left: requested with the shipment, carried out afterwards."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows
from core.outbox import Event, publish
from payments.events import CaptureDue, PaymentCaptured, RefundDue, VoidDue
from payments.models import Payment
from payments.providers import online_tenders, provider_of
from payments.services import voids
from payments.services.booking import book_captured, tell_settled
from payments.services.transactions import (
    Draw,
    ask_providers,
    done_at_once,
    draws_of,
    insert,
    lock_payments,
    settle,
    waiting,
)
from payments.states import UNSETTLED

DRAW = """
WITH want AS (
    SELECT order_id, source, n, stop - amount AS start, stop FROM (
        SELECT order_id, source, amount, n, sum(amount) OVER (PARTITION BY order_id ORDER BY n) AS stop
        FROM unnest(%(orders)s::uuid[], %(sources)s::uuid[], %(amounts)s::numeric[]) WITH ORDINALITY
             AS w(order_id, source, amount, n)
        WHERE NOT EXISTS (SELECT FROM payments_transaction t WHERE t.source = w.source AND t.kind = 'capture')) wanted),
have AS (
    SELECT *, sum(free) OVER (PARTITION BY order_id ORDER BY created_at, id) AS stop FROM (
        SELECT p.id, p.order_id, p.tender, p.currency, p.created_at, p.amount - p.captured - coalesce((
            SELECT sum(t.amount) FROM payments_transaction t
            WHERE t.payment_id = p.id AND t.kind = 'capture' AND t.status = ANY(%(unsettled)s)), 0) AS free
        FROM payments_payment p
        WHERE p.order_id = ANY(%(orders)s) AND p.tender <> %(on_account)s
          AND (p.status IN ('authorised', 'partially_captured')
               OR p.status = 'pending' AND p.tender <> ALL(%(online)s))) payments
    WHERE free > 0)
SELECT h.id AS payment_id, h.order_id, w.source, h.tender, h.currency, o.number, o.fx_rate,
       least(w.stop, h.stop) - greatest(w.start, h.stop - h.free) AS amount,
       greatest(w.start, h.stop - h.free) - w.start AS start
FROM want w JOIN have h USING (order_id) JOIN orders_order o ON o.id = w.order_id
WHERE least(w.stop, h.stop) > greatest(w.start, h.stop - h.free)
ORDER BY w.n, h.created_at, h.id
"""


def request_captures(
    shipments: Sequence[tuple[UUID, UUID, Decimal]],
    *,
    actor: Actor,
    at: datetime | None = None,
    dispatched: bool = False,
) -> None:
    """Draw what each (order, shipment, amount) costs from the order's payments, oldest first, in the caller's
    transaction; what they do not cover stays owed on account.

    The caller holds the orders locked, has moved their units and has posted the shipments. What needs no provider is
    captured at once. A second call for the same shipment does nothing. `dispatched`: as in core.outbox.publish.
    """
    require_atomic()
    now = at or timezone.now()
    order_ids = list({order_id for order_id, *_ in shipments})
    lock_payments(order_ids)
    draws = draws_of(
        rows(
            DRAW,
            {
                "orders": [order_id for order_id, *_ in shipments],
                "sources": [source for _, source, _ in shipments],
                "amounts": [amount for *_, amount in shipments],
                "unsettled": list(UNSETTLED),
                "online": online_tenders(),
                "on_account": Payment.Tender.ON_ACCOUNT.value,
            },
        )
    )
    insert("capture", draws, at=now)
    paid = done_at_once(draws)
    book_captured(paid, actor=actor, at=now)
    publish([_captured(draw) for draw in paid], dispatched=dispatched)
    asked = sorted({d.order_id for d in draws if provider_of(d.tender).online})
    publish([CaptureDue(about=order_id) for order_id in asked])
    if asked:
        voids.request_void(asked, actor=actor)
    tell_settled(order_ids, actor=actor, at=now)


def capture(transaction_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Ask the providers for captures and record the answers; returns the transactions newly carried out.

    Called outside of any transaction. Asking twice, at once or after a crash, captures once: the key is the same.
    """
    found = waiting("capture", transaction_ids)
    if not found:
        return []
    outcomes = ask_providers("capture", found)
    with transaction.atomic():
        order_ids = sorted({row.order_id for row in found})
        lock_payments(order_ids)
        done = settle(found, outcomes, actor=actor)
        book_captured(done, actor=actor, at=timezone.now())
        publish([_captured(draw) for draw in done])
        publish(_freed(order_ids))
        tell_settled(order_ids, actor=actor)
    return [draw.transaction_id for draw in done]


def _captured(draw: Draw) -> PaymentCaptured:
    return PaymentCaptured(
        about=draw.order_id,
        payment_id=str(draw.payment_id),
        transaction_id=str(draw.transaction_id),
        amount=str(draw.amount),
        currency=draw.currency,
    )


FREED = """
SELECT DISTINCT p.order_id, t.kind FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id
WHERE p.order_id = ANY(%(ids)s) AND t.kind IN ('void', 'refund') AND t.status = ANY(%(unsettled)s)
"""


def _freed(order_ids: Sequence[UUID]) -> list[Event]:
    """Releases and refunds that had to wait for a capture are due now."""
    found = rows(FREED, {"ids": list(order_ids), "unsettled": list(UNSETTLED)})
    kinds: dict[str, type[RefundDue] | type[VoidDue]] = {"void": VoidDue, "refund": RefundDue}
    return [kinds[row.kind](about=row.order_id) for row in found]
