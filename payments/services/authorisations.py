"""Getting the promise of the money: asked once the order is safe, outside of any transaction."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows, run
from core.incidents import open_incident, resolve_incidents
from core.outbox import publish
from core.states import apply_many
from orders import holds
from payments.events import PaymentAuthorised, PaymentEvent, PaymentFailed
from payments.models import Payment
from payments.providers import ask_each, provider_of
from payments.providers.base import (
    Authorisation,
    Authorised,
    Declined,
    Intent,
    NoAnswerError,
    RequiresAction,
    Snapshot,
    Unknown,
)
from payments.services.transactions import KEY_LIFE, lock_payments
from payments.services.voids import void_late
from payments.states import AUTHORISED, PAYMENT

logger = logging.getLogger(__name__)

ASKED = ("pending", "unknown")

WANTED = """
SELECT p.id, p.order_id, p.tender, p.amount, p.currency, p.token, p.provider_reference, p.status, p.created_at, o.number
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.id = ANY(%(ids)s) AND p.status = ANY(%(statuses)s) ORDER BY p.created_at, p.id
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said about a payment."""

    payment: Any
    outcome: Authorisation


def authorise(payment_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Ask for the authorisation of payments that have none yet, and record it; returns those newly authorised.

    Called outside of any transaction. The payment's row, and with it the key, was committed with the order, so that a
    repeated call, by whomever, gets the same answer and never a second authorisation.
    """
    wanted = rows(WANTED, {"ids": list(payment_ids), "statuses": list(ASKED)})
    answers = [Answer(p, outcome) for p, outcome in zip(wanted, ask_each(_ask, wanted), strict=True)]
    return _record(answers, actor=actor)


def refresh(payment_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Read the provider's own account of payments that are not yet authorised, and record it.

    This is how the end of an authentication is heard, whether a webhook told of it or nobody did.
    """
    open_states = (*ASKED, "requires_action", "failed", "voided")
    wanted = rows(WANTED, {"ids": list(payment_ids), "statuses": list(open_states)})
    online = [p for p in wanted if provider_of(p.tender).online]
    pairs = zip(online, ask_each(_look, online), strict=True)
    return _record([Answer(p, outcome) for p, outcome in pairs if outcome], actor=actor)


def key_of(payment_id: UUID, token: str) -> str:
    """The idempotency key of an authorisation: another card is another attempt."""
    return f"authorise:{payment_id}:{hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _ask(payment: Any) -> Authorisation:
    intent = Intent(
        payment.id,
        key_of(payment.id, payment.token),
        payment.amount,
        payment.currency,
        payment.token,
        payment.number,
    )
    try:
        # The provider forgets a key after a day: older payments are looked for before they are asked for again.
        found = _look(payment) if payment.created_at < timezone.now() - KEY_LIFE else None
        return found or provider_of(payment.tender).authorise(intent)
    except Exception as error:
        logger.exception("asking to authorise payment %s failed", payment.id)
        return Unknown(f"{type(error).__name__}: {error}"[:500])


def _look(payment: Any) -> Authorisation | None:
    provider = provider_of(payment.tender)
    try:
        reference = payment.provider_reference
        seen = provider.lookup(reference) if reference else provider.find(payment.id)
    except NoAnswerError as error:
        return Unknown(str(error))
    return _outcome_of(seen) if seen else None


def _outcome_of(seen: Snapshot) -> Authorisation | None:
    if seen.status in ("authorised", "captured"):
        return Authorised(seen.reference)
    if seen.status == "requires_action":
        return RequiresAction(seen.reference, seen.url)
    if seen.status == "declined":
        return Declined(seen.message or "The payment was not authorised.", seen.reference)
    return None


NOTE = """
UPDATE payments_payment p
SET error = a.error, action_url = a.url,
    provider_reference = CASE WHEN a.reference = '' THEN p.provider_reference ELSE a.reference END
FROM unnest(%(ids)s::uuid[], %(references)s::text[], %(errors)s::text[], %(urls)s::text[])
     AS a(id, reference, error, url)
WHERE p.id = a.id AND p.status IN ('pending', 'unknown', 'requires_action', 'failed', 'voided')
"""


def _record(answers: Sequence[Answer], *, actor: Actor) -> list[UUID]:
    """Write down what was answered; a payment that somebody else has settled meanwhile stays as it is."""
    if not answers:
        return []
    with transaction.atomic():
        lock_payments({a.payment.order_id for a in answers})
        _note(answers)
        promised = _move(answers, Authorised, "authorise", actor=actor)
        _move(answers, RequiresAction, "require_action", actor=actor)
        failed = _move(answers, Declined, "fail", actor=actor)
        _move(answers, Unknown, "lose", actor=actor)
        void_late([a.payment.id for a in answers if isinstance(a.outcome, Authorised | RequiresAction)])
        publish([_event(PaymentAuthorised, a) for a in promised])
        _tell_failures(failed, actor=actor)
        _release(sorted({a.payment.order_id for a in promised}), actor=actor)
    return [a.payment.id for a in promised]


def _note(answers: Sequence[Answer]) -> None:
    outcomes = [a.outcome for a in answers]
    run(
        NOTE,
        {
            "ids": [a.payment.id for a in answers],
            "references": [getattr(o, "reference", "") for o in outcomes],
            "errors": [getattr(o, "message", "") for o in outcomes],
            "urls": [getattr(o, "url", "") for o in outcomes],
        },
    )


def _move(answers: Sequence[Answer], kind: type[Authorisation], action: str, *, actor: Actor) -> list[Answer]:
    """The answers of a kind whose payments changed their state by it."""
    wanted = [a for a in answers if isinstance(a.outcome, kind)]
    if not wanted:
        return []
    ids = [a.payment.id for a in wanted]
    moved = set(apply_many(PAYMENT, Payment, ids, action, actor=actor, about="order_id"))
    return [a for a in wanted if a.payment.id in moved]


def _event(kind: type[PaymentEvent], answer: Answer) -> PaymentEvent:
    payment = answer.payment
    return kind(
        about=payment.order_id, payment_id=str(payment.id), amount=str(payment.amount), currency=payment.currency
    )


def _tell_failures(failed: Sequence[Answer], *, actor: Actor) -> None:
    publish([_event(PaymentFailed, a) for a in failed])
    for answer in failed:
        data = {"payment": str(answer.payment.id), "error": getattr(answer.outcome, "message", "")}
        open_incident("payment_failed", about=answer.payment.order_id, data=data, actor=actor)


COVERED = """
SELECT o.id FROM orders_order o JOIN payments_payment p ON p.order_id = o.id
WHERE o.id = ANY(%(ids)s) GROUP BY o.id, o.total
HAVING bool_and(p.status = ANY(%(authorised)s))
    OR sum(p.amount) FILTER (WHERE p.status = ANY(%(authorised)s)) >= o.total
ORDER BY o.id
"""


def _release(order_ids: Sequence[UUID], *, actor: Actor) -> None:
    """Orders whose payments are all promised are no longer held for them."""
    require_atomic()
    covered = [row.id for row in rows(COVERED, {"ids": list(order_ids), "authorised": list(AUTHORISED)})]
    if covered:
        holds.resolve(covered, "payment", actor=actor, note="")
    for order_id in covered:
        resolve_incidents("payment_failed", about=order_id, actor=actor, resolution="authorised")
