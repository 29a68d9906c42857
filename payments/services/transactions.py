"""Movements of money as rows: locks in order, new transactions, what providers are asked, and what they answered."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.incidents import open_incident
from core.money import ZERO
from core.timeline import Row, record_many
from orders.services import lock_orders
from payments.models import Transaction
from payments.providers import ask_each, provider_of
from payments.providers.base import Ask, Done, NoAnswerError, Outcome, Refused, Unknown
from payments.states import TRANSACTION, UNSETTLED

logger = logging.getLogger(__name__)

KEY_LIFE = timedelta(hours=20)
"""A provider forgets idempotency keys after a day (Stripe: 24 hours); before that we stop relying on them."""


NOT_IN_TIME = Unknown("The provider was too slow for others; this one is asked later.")


@dataclass(frozen=True, slots=True)
class Draw:
    """A part of a payment to be captured, given up or refunded, with what its documents need to know."""

    payment_id: UUID
    order_id: UUID
    source: UUID
    tender: str
    amount: Decimal
    currency: str
    number: str
    fx_rate: Decimal
    transaction_id: UUID
    start: Decimal = ZERO
    """What of the same source was drawn from other payments before."""


def draws_of(found: Iterable[Any]) -> list[Draw]:
    """Rows of a query as draws, each with the id of the transaction that it will be."""
    return [
        Draw(r.payment_id, r.order_id, r.source, r.tender, r.amount, r.currency, r.number, r.fx_rate, new_id(), r.start)
        for r in found
    ]


def lock_payments(order_ids: Iterable[UUID]) -> list[Any]:
    """Lock the orders, then their payments, each in key order, until the transaction ends; returns the orders."""
    orders = lock_orders(order_ids)
    ids = [order.id for order in orders]
    run("SELECT id FROM payments_payment WHERE order_id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE", {"ids": ids})
    return orders


INSERT = """
INSERT INTO payments_transaction (id, payment_id, kind, status, amount, idempotency_key, source, provider_reference,
                                  error, created_at, settled_at)
SELECT t.id, t.payment_id, %(kind)s, t.status, t.amount, t.key, t.source, '', '', %(at)s,
       CASE WHEN t.status = 'succeeded' THEN %(at)s::timestamptz END
FROM unnest(%(ids)s::uuid[], %(payments)s::uuid[], %(statuses)s::text[], %(amounts)s::numeric[], %(keys)s::text[],
            %(sources)s::uuid[]) AS t(id, payment_id, status, amount, key, source)
ON CONFLICT (idempotency_key) DO NOTHING
"""


def insert(kind: str, draws: Sequence[Draw], *, at: datetime) -> None:
    """New transactions, keyed by what they are for: what an online provider is asked waits, the rest is done."""
    if not draws:
        return
    run(
        INSERT,
        {
            "kind": kind,
            "at": at,
            "ids": [d.transaction_id for d in draws],
            "payments": [d.payment_id for d in draws],
            "statuses": ["pending" if provider_of(d.tender).online else "succeeded" for d in draws],
            "amounts": [d.amount for d in draws],
            "keys": [f"{kind}:{d.source}:{d.payment_id}" for d in draws],
            "sources": [d.source for d in draws],
        },
    )


def done_at_once(draws: Iterable[Draw]) -> list[Draw]:
    """Those whose provider is nobody: recording them is doing them."""
    return [d for d in draws if not provider_of(d.tender).online]


WAITING = """
SELECT t.id AS transaction_id, t.source, t.amount, t.idempotency_key, t.created_at, t.amount = p.amount AS whole,
       p.id AS payment_id, p.order_id, p.tender, p.currency, p.provider_reference, p.former_reference,
       p.captured, p.refunded,
       o.number, o.fx_rate, coalesce((
           SELECT sum(e.amount) FROM payments_transaction e
           WHERE e.source = t.source AND e.kind = t.kind AND e.id < t.id), 0) AS start, EXISTS (
           SELECT FROM payments_transaction c
           WHERE c.payment_id = p.id AND c.kind = 'capture' AND c.status = ANY(%(unsettled)s)) AS is_capturing
FROM payments_transaction t
JOIN payments_payment p ON p.id = t.payment_id JOIN orders_order o ON o.id = p.order_id
WHERE t.id = ANY(%(ids)s) AND t.kind = %(kind)s AND t.status = ANY(%(unsettled)s)
ORDER BY t.created_at, t.id
"""


def waiting(kind: str, ids: Sequence[UUID]) -> list[Any]:
    """Those of the transactions that still have to be settled, oldest first, with their payment and order."""
    return rows(WAITING, {"ids": list(ids), "kind": kind, "unsettled": list(UNSETTLED)})


def ids_of(kind: str, order_ids: Sequence[UUID]) -> list[UUID]:
    """The unsettled transactions of a kind that belong to these orders."""
    found = Transaction.objects.filter(kind=kind, status__in=UNSETTLED, payment__order__in=order_ids)
    return list(found.order_by("created_at", "id").values_list("id", flat=True))


def ask_of(row: Any) -> Ask:
    """What the provider is asked for a waiting transaction."""
    return Ask(
        transaction_id=row.transaction_id,
        payment_id=row.payment_id,
        key=row.idempotency_key,
        reference=row.provider_reference,
        amount=row.amount,
        currency=row.currency,
        whole=row.whole,
        former=row.former_reference,
    )


def ask_providers(action: str, found: Sequence[Any]) -> list[Outcome]:
    """Ask each row's provider; the answers are in the order of the rows.

    What goes wrong on our side of the call is an unknown, as nobody knows what was done. A row that is too old for
    its key is first looked for in the provider's own account, so that asking again cannot do it twice.
    """

    def ask(row: Any) -> Outcome:
        try:
            return _ask(action, row)
        except NoAnswerError as error:
            return Unknown(str(error))
        except Exception as error:
            logger.exception("asking to %s transaction %s failed", action, row.transaction_id)
            return Unknown(f"{type(error).__name__}: {error}"[:500])

    return ask_each(ask, found, late=lambda row: NOT_IN_TIME)


def _ask(action: str, row: Any) -> Outcome:
    provider, wanted = provider_of(row.tender), ask_of(row)
    # A release looks at the provider's account by itself and may be repeated for ever.
    old = provider.online and action != "void" and row.created_at < timezone.now() - KEY_LIFE
    if old and provider.was_done(action, wanted):
        return Done(row.provider_reference)
    outcome: Outcome = getattr(provider, action)(wanted)
    return outcome


SETTLE = """
UPDATE payments_transaction t
SET status = %(target)s, error = d.error, settled_at = %(settled_at)s,
    provider_reference = CASE WHEN d.reference = '' THEN t.provider_reference ELSE d.reference END
FROM unnest(%(ids)s::uuid[], %(references)s::text[], %(errors)s::text[]) AS d(id, reference, error)
WHERE t.id = d.id AND t.status = ANY(%(sources)s) RETURNING t.id
"""


def settle(found: Sequence[Any], outcomes: Sequence[Outcome], *, actor: Actor) -> list[Draw]:
    """Record what the providers answered; returns what was carried out and was not known to be before.

    The caller holds the payments locked. A refusal opens an incident.
    """
    require_atomic()
    pairs = list(zip(found, outcomes, strict=True))
    succeeded = [(row, outcome.reference, "") for row, outcome in pairs if isinstance(outcome, Done)]
    refused = [(row, "", outcome.message) for row, outcome in pairs if isinstance(outcome, Refused)]
    unknown = [(row, "", outcome.message) for row, outcome in pairs if isinstance(outcome, Unknown)]
    done = _settle("succeed", succeeded)
    _tell("fail", refused, _settle("fail", refused), actor=actor)
    _tell("lose", unknown, _settle("lose", unknown), actor=actor)
    return [_draw(row) for row, *_ in succeeded if row.transaction_id in done]


def _settle(action: str, answers: Sequence[tuple[Any, str, str]]) -> set[UUID]:
    if not answers:
        return set()
    sources, target = TRANSACTION.table[action]
    settled = rows(
        SETTLE,
        {
            "target": target,
            "settled_at": None if target in UNSETTLED else timezone.now(),
            "sources": list(sources),
            "ids": [row.transaction_id for row, *_ in answers],
            "references": [reference for _, reference, _ in answers],
            "errors": [error for *_, error in answers],
        },
    )
    return {row.id for row in settled}


def _tell(action: str, answers: Sequence[tuple[Any, str, str]], changed: set[UUID], *, actor: Actor) -> None:
    told = [(row, error) for row, _, error in answers if row.transaction_id in changed]
    target = TRANSACTION.table[action][1]
    record_many(
        (
            Row(row.order_id, f"transaction.{action}", "", target, {"amount": str(row.amount), "error": error})
            for row, error in told
        ),
        actor=actor,
    )
    for row, error in told if action == "fail" else ():
        open_incident(
            "payment_failed",
            about=row.order_id,
            data={"payment": str(row.payment_id), "transaction": str(row.transaction_id), "error": error},
            actor=actor,
        )


def _draw(row: Any) -> Draw:
    return Draw(
        row.payment_id,
        row.order_id,
        row.source,
        row.tender,
        row.amount,
        row.currency,
        row.number,
        row.fx_rate,
        row.transaction_id,
        row.start,
    )
