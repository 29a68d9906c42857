"""Giving captured money back: requested with the return, carried out afterwards."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounting import journal, postings
from accounting.journal import Entry
from accounting.postings import order_party
from core.actors import Actor
from core.db import require_atomic, rows
from core.outbox import publish
from payments.events import PaymentRefunded, RefundDue
from payments.models import Payment
from payments.providers import provider_of
from payments.services.booking import book_refunded, document_of, tell_settled
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
             AS w(order_id, source, amount, n)) wanted),
moving AS (
    SELECT t.payment_id, sum(CASE t.kind WHEN 'capture' THEN t.amount WHEN 'refund' THEN -t.amount ELSE 0 END) AS amount
    FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id
    WHERE p.order_id = ANY(%(orders)s) AND t.status = ANY(%(unsettled)s) GROUP BY t.payment_id),
have AS (
    SELECT *, sum(free) OVER (PARTITION BY order_id ORDER BY created_at DESC, id DESC) AS stop FROM (
        SELECT p.id, p.order_id, p.tender, p.currency, p.created_at,
               p.captured - p.refunded + coalesce(m.amount, 0) AS free
        FROM payments_payment p LEFT JOIN moving m ON m.payment_id = p.id
        WHERE p.order_id = ANY(%(orders)s)) payments
    WHERE free > 0)
SELECT h.id AS payment_id, h.order_id, w.source, h.tender, h.currency, o.number, o.fx_rate,
       least(w.stop, h.stop) - greatest(w.start, h.stop - h.free) AS amount,
       greatest(w.start, h.stop - h.free) - w.start AS start
FROM want w JOIN have h USING (order_id) JOIN orders_order o ON o.id = w.order_id
WHERE least(w.stop, h.stop) > greatest(w.start, h.stop - h.free)
ORDER BY w.n, h.created_at DESC, h.id DESC
"""
KNOWN = """
SELECT w.order_id, w.source, w.amount, o.number, o.currency, o.fx_rate
FROM unnest(%(orders)s::uuid[], %(sources)s::uuid[], %(amounts)s::numeric[]) AS w(order_id, source, amount)
JOIN orders_order o ON o.id = w.order_id
WHERE NOT EXISTS (SELECT FROM payments_transaction t WHERE t.source = w.source AND t.kind = 'refund')
"""


def request_refunds(
    returns: Sequence[tuple[UUID, UUID, Decimal]],
    *,
    actor: Actor,
    at: datetime | None = None,
    dispatched: bool = False,
) -> None:
    """Give each (order, return, amount) back through the order's payments, newest first, in the caller's transaction;
    what was never captured is set against what the customer still owes.

    The caller holds the orders locked and has posted the accepted returns. What needs no provider is refunded at once.
    A second call for the same return does nothing. `dispatched`: as in core.outbox.publish.
    """
    require_atomic()
    now = at or timezone.now()
    lock_payments({order_id for order_id, *_ in returns})
    wanted = rows(
        KNOWN,
        {
            "orders": [order_id for order_id, *_ in returns],
            "sources": [source for _, source, _ in returns],
            "amounts": [amount for *_, amount in returns],
        },
    )
    draws = _draw(wanted)
    insert("refund", draws, at=now)
    paid = done_at_once(draws)
    book_refunded(paid, actor=actor, at=now)
    journal.post(_offsets(wanted, draws, now), actor=actor)
    publish([_refunded(draw) for draw in paid], dispatched=dispatched)
    asked = sorted({d.order_id for d in draws if provider_of(d.tender).online})
    publish([RefundDue(about=order_id) for order_id in asked])
    tell_settled({order_id for order_id, *_ in returns}, actor=actor, at=now)


def _draw(wanted: Sequence[Any]) -> list[Draw]:
    return draws_of(
        rows(
            DRAW,
            {
                "orders": [w.order_id for w in wanted],
                "sources": [w.source for w in wanted],
                "amounts": [w.amount for w in wanted],
                "unsettled": list(UNSETTLED),
            },
        )
    )


def _offsets(wanted: Sequence[Any], draws: Sequence[Draw], at: datetime) -> list[Entry]:
    """Entries for the parts of the returns that no payment gives back."""
    drawn: dict[UUID, Decimal] = {}
    for draw in draws:
        drawn[draw.source] = drawn.get(draw.source, Decimal(0)) + draw.amount
    return [_offset(w, rest, at) for w in wanted if (rest := w.amount - drawn.get(w.source, Decimal(0))) > 0]


def _offset(wanted: Any, amount: Decimal, at: datetime) -> Entry:
    draw = Draw(
        payment_id=wanted.source,
        order_id=wanted.order_id,
        source=wanted.source,
        tender=Payment.Tender.ON_ACCOUNT,
        amount=amount,
        currency=wanted.currency,
        number=wanted.number,
        fx_rate=wanted.fx_rate,
        transaction_id=wanted.source,
        start=wanted.amount - amount,
    )
    return postings.refund_offset(document_of(draw, wanted.source, at), party=order_party(draw.number), amount=amount)


def refund(transaction_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Ask the providers for refunds and record the answers; returns the transactions newly carried out.

    Called outside of any transaction. A refund waits until as much has been captured; asking twice refunds once.
    """
    found = _covered(waiting("refund", transaction_ids))
    if not found:
        return []
    outcomes = ask_providers("refund", found)
    with transaction.atomic():
        order_ids = sorted({row.order_id for row in found})
        lock_payments(order_ids)
        done = settle(found, outcomes, actor=actor)
        book_refunded(done, actor=actor, at=timezone.now())
        publish([_refunded(draw) for draw in done])
        tell_settled(order_ids, actor=actor)
    return [draw.transaction_id for draw in done]


def _covered(found: Sequence[Any]) -> list[Any]:
    """Those that what is captured by now can pay for, oldest first. When no capture is to come, the provider says no."""
    left: dict[UUID, Decimal] = {}
    covered = []
    for row in found:
        rest = left.get(row.payment_id, row.captured - row.refunded)
        if row.amount <= rest or not row.is_capturing:
            covered.append(row)
            left[row.payment_id] = rest - row.amount
    return covered


def _refunded(draw: Draw) -> PaymentRefunded:
    return PaymentRefunded(
        about=draw.order_id,
        payment_id=str(draw.payment_id),
        transaction_id=str(draw.transaction_id),
        amount=str(draw.amount),
        currency=draw.currency,
    )
