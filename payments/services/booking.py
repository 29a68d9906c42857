"""What moved money does to its payment, to the ledger and to whether the order is settled."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounting import journal, postings
from accounting.journal import FUNCTIONAL_CURRENCY, Entry
from accounting.postings import Document, order_party
from accounting.roles import Role
from accounting.selectors import open_balances
from core.actors import Actor
from core.days import company_day
from core.db import require_atomic, rows
from core.money import quantise
from core.timeline import Row, record_many
from orders.services import lock_orders, set_settled
from payments.providers import provider_of
from payments.services.transactions import Draw
from payments.states import PAYMENT, UNSETTLED

BOOK_CAPTURED = """
WITH add AS (
    SELECT id, sum(amount) AS amount FROM unnest(%(ids)s::uuid[], %(amounts)s::numeric[]) AS a(id, amount) GROUP BY id)
UPDATE payments_payment p
SET captured = p.captured + add.amount,
    status = CASE WHEN p.status <> ALL(%(open)s) THEN p.status
                  WHEN p.captured + add.amount < p.amount THEN %(part)s ELSE %(whole)s END
FROM add JOIN payments_payment old USING (id)
WHERE p.id = add.id RETURNING p.id, p.order_id, old.status AS before, p.status AS after, add.amount, p.currency
"""


def book_captured(draws: Sequence[Draw], *, actor: Actor, at: datetime) -> None:
    """Raise what is captured of the payments, which the caller holds locked; post it; tell the timeline."""
    if not draws:
        return
    sources, whole = PAYMENT.table["capture"]
    booked = rows(
        BOOK_CAPTURED,
        {
            "ids": [d.payment_id for d in draws],
            "amounts": [d.amount for d in draws],
            "open": list(sources),
            "part": PAYMENT.table["capture_part"][1],
            "whole": whole,
        },
    )
    _tell_amounts("payment.capture", booked, actor=actor, at=at)
    journal.post([_captured(d, at) for d in draws], actor=actor)


BOOK_REFUNDED = """
WITH add AS (
    SELECT id, sum(amount) AS amount FROM unnest(%(ids)s::uuid[], %(amounts)s::numeric[]) AS a(id, amount) GROUP BY id)
UPDATE payments_payment p SET refunded = p.refunded + add.amount FROM add
WHERE p.id = add.id RETURNING p.id, p.order_id, '' AS before, '' AS after, add.amount, p.currency
"""


def book_refunded(draws: Sequence[Draw], *, actor: Actor, at: datetime) -> None:
    """Raise what is refunded of the payments, which the caller holds locked; post it; tell the timeline."""
    if not draws:
        return
    amounts = {"ids": [d.payment_id for d in draws], "amounts": [d.amount for d in draws]}
    _tell_amounts("payment.refund", rows(BOOK_REFUNDED, amounts), actor=actor, at=at)
    journal.post([_refunded(d, at) for d in draws], actor=actor)


def _tell_amounts(action: str, booked: Sequence[Any], *, actor: Actor, at: datetime) -> None:
    record_many(
        (
            Row(b.order_id, action, b.before, b.after, {"amount": str(b.amount), "currency": b.currency})
            for b in sorted(booked, key=lambda b: b.id)
        ),
        actor=actor,
        at=at,
    )


def document_of(draw: Draw, source: UUID, at: datetime) -> Document:
    """The document behind an entry about a draw."""
    return Document(
        source,
        company_day(at),
        label=draw.number,
        about=draw.order_id,
        currency=draw.currency,
        fx_rate=rate_of(draw),
    )


def rate_of(draw: Draw) -> Decimal:
    """The rate at which the parts of one source come to the same euros as the whole of it, by cumulative rounding."""
    upto, start = (quantise(a * draw.fx_rate, FUNCTIONAL_CURRENCY) for a in (draw.start + draw.amount, draw.start))
    return (upto - start) / draw.amount if draw.start else draw.fx_rate


def _captured(draw: Draw, at: datetime) -> Entry:
    return postings.payment_captured(
        document_of(draw, draw.transaction_id, at),
        party=order_party(draw.number),
        provider=provider_of(draw.tender).name,
        amount=draw.amount,
    )


def _refunded(draw: Draw, at: datetime) -> Entry:
    return postings.refund_paid(
        document_of(draw, draw.transaction_id, at),
        party=order_party(draw.number),
        provider=provider_of(draw.tender).name,
        amount=draw.amount,
    )


UNSETTLED_ORDERS = """
SELECT DISTINCT p.order_id FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id
WHERE p.order_id = ANY(%(ids)s) AND t.status = ANY(%(unsettled)s)
"""


def tell_settled(order_ids: Iterable[UUID], *, actor: Actor, at: datetime | None = None) -> None:
    """Say for each order whether its money is settled: nothing on its way, nothing owed by or to the customer."""
    require_atomic()
    numbers = {order_party(o.number): o.id for o in lock_orders(order_ids)}
    owed = [*open_balances(Role.ACCOUNTS_RECEIVABLE, list(numbers)), *open_balances(Role.REFUND_PAYABLE, list(numbers))]
    asked = rows(UNSETTLED_ORDERS, {"ids": list(numbers.values()), "unsettled": list(UNSETTLED)})
    open_ids = {numbers[b.party] for b in owed} | {row.order_id for row in asked}
    set_settled([i for i in numbers.values() if i not in open_ids], True, actor=actor, at=at)
    set_settled(list(open_ids), False, actor=actor, at=at)
