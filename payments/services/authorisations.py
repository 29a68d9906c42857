"""Getting the promise of the money: asked once the order is safe, outside of any transaction."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic, rows, run
from core.incidents import open_incident, resolve_many
from core.outbox import publish
from core.states import apply_many
from orders import holds
from orders.states import FINISHED
from payments.events import PaymentActionRequired, PaymentAuthorised, PaymentEvent, PaymentFailed
from payments.links import way_back
from payments.models import Payment
from payments.providers import ask_each, provider_of
from payments.providers.base import (
    Ask,
    Authorisation,
    Authorised,
    Declined,
    Done,
    Expired,
    Intent,
    NoAnswerError,
    RequiresAction,
    Snapshot,
    Unknown,
)
from payments.services.transactions import KEY_LIFE, NOT_IN_TIME, lock_payments
from payments.services.voids import void_late
from payments.states import AUTHORISED, PAYMENT

logger = logging.getLogger(__name__)

ASKED = ("pending", "unknown")
OPEN = (*ASKED, "requires_action", "failed", "expired")

WANTED = """
SELECT p.id, p.order_id, p.tender, p.amount, p.currency, p.token, p.provider_reference, p.status, p.attempt,
       p.former_reference, coalesce(p.attempted_at, p.created_at) AS attempted_at, o.number, o.language
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
    asked = ask_each(_ask, wanted, late=lambda payment: NOT_IN_TIME)
    return _record([Answer(p, outcome) for p, outcome in zip(wanted, asked, strict=True)], actor=actor)


def refresh(payment_ids: Sequence[UUID], *, actor: Actor, hints: Mapping[UUID, str] | None = None) -> list[UUID]:
    """Read the provider's own account of payments that are not yet authorised, and record it.

    This is how the end of an authentication is heard, whether a webhook told of it or nobody did. `hints` are
    references that a webhook named: they are looked at where ours was never heard.
    """
    return _record([a for a in _looked(payment_ids, hints or {}) if _says_something(a)], actor=actor)


def take_note_of_lapses(payment_ids: Sequence[UUID], *, actor: Actor) -> list[UUID]:
    """Authorisations that the provider gave up by itself, as it does with old ones: no goods may leave on their
    strength any more. Returns those that are newly known to be over. Called outside of any transaction."""
    if not payment_ids:
        return []
    lapsed = [a for a in _looked(payment_ids, {}, ("authorised",)) if isinstance(a.outcome, Expired)]
    if not lapsed:
        return []
    with transaction.atomic():
        locked = lock_payments({a.payment.order_id for a in lapsed})
        over = _move(_present(lapsed), Expired, "expire", actor=actor)
        open_ids = {order.id for order in locked if order.status not in FINISHED}
        holds.open_hold([i for i in {a.payment.order_id for a in over} if i in open_ids], "payment", actor=actor)
        _open_incidents(over, actor=actor)
    return [a.payment.id for a in over]


def ask_about(order_ids: Sequence[UUID], *, actor: Actor) -> set[UUID]:
    """Read the provider's account of all payments of these orders, record it, and return the orders about which it
    gave no answer."""
    payments = Payment.objects.filter(order__in=order_ids, status__in=OPEN)
    answers = _looked(list(payments.values_list("id", flat=True)), {})
    _record([a for a in answers if _says_something(a)], actor=actor)
    return {a.payment.order_id for a in answers if isinstance(a.outcome, Unknown)}


def _looked(
    payment_ids: Sequence[UUID], hints: Mapping[UUID, str], statuses: Sequence[str] = (*OPEN, "voided")
) -> list[Answer]:
    wanted = rows(WANTED, {"ids": list(payment_ids), "statuses": list(statuses)})
    online = [p for p in wanted if provider_of(p.tender).online]
    seen = ask_each(lambda p: _look(p, hints.get(p.id, "")), online, late=lambda payment: NOT_IN_TIME)
    return [Answer(p, outcome) for p, outcome in zip(online, seen, strict=True) if outcome]


def _says_something(answer: Answer) -> bool:
    """No answer changes nothing of a payment about which we had one before."""
    return answer.payment.status in ASKED or not isinstance(answer.outcome, Unknown)


def key_of(payment_id: UUID, token: str, attempt: int = 1) -> str:
    """The idempotency key of an authorisation: another card is another attempt."""
    tried = hashlib.sha256(token.encode()).hexdigest()[:12]
    return f"authorise:{payment_id}:{tried}" + (f":{attempt}" if attempt > 1 else "")


def _ask(payment: Any) -> Authorisation:
    try:
        kept = _give_up_former(payment)
        # The provider forgets a key after a day: older attempts are looked for before they are asked for again.
        found = _look(payment) if payment.attempted_at < timezone.now() - KEY_LIFE else None
        return kept or found or provider_of(payment.tender).authorise(_intent(payment))
    except Exception as error:
        logger.exception("asking to authorise payment %s failed", payment.id)
        return Unknown(f"{type(error).__name__}: {error}"[:500])


def _intent(payment: Any) -> Intent:
    return Intent(
        payment_id=payment.id,
        attempt=payment.attempt,
        key=key_of(payment.id, payment.token, payment.attempt),
        amount=payment.amount,
        currency=payment.currency,
        token=payment.token,
        order_number=payment.number,
        way_back=way_back(payment.id),
        language=payment.language,
    )


def _give_up_former(payment: Any) -> Unknown | None:
    """Nothing of the attempt before may come to life beside this one: until it surely cannot, nothing else is asked."""
    if not payment.former_reference:
        return None
    ask = Ask(
        transaction_id=payment.id,
        payment_id=payment.id,
        key=f"give-up:{payment.id}:{payment.attempt}",
        reference=payment.former_reference,
        amount=payment.amount,
        currency=payment.currency,
        whole=True,
    )
    outcome = provider_of(payment.tender).void(ask)
    return None if isinstance(outcome, Done) else Unknown(f"The attempt before is not given up yet: {outcome.message}")


def _look(payment: Any, hint: str = "") -> Authorisation | None:
    provider = provider_of(payment.tender)
    try:
        if payment.provider_reference:
            seen = [provider.lookup(payment.provider_reference)]
        else:
            seen = [provider.lookup(hint)] if hint else list(provider.find(payment.id))
    except NoAnswerError as error:
        return Unknown(str(error))
    ours = [one for one in seen if one and _belongs(one, payment)]
    return _outcome_of(ours[0]) if ours else None


def _belongs(seen: Snapshot, payment: Any) -> bool:
    """Whether it is of this payment, and of its present attempt where that matters."""
    if seen.payment_id != str(payment.id):
        return False
    return bool(seen.attempt == payment.attempt or payment.status == "voided")


def _outcome_of(seen: Snapshot) -> Authorisation:
    if seen.status in ("authorised", "captured"):
        return Authorised(seen.reference)
    if seen.status == "requires_action":
        return RequiresAction(seen.reference, seen.url)
    if seen.status == "declined":
        return Declined(seen.message or "The payment was not authorised.", seen.reference)
    return Expired(seen.message or "The payment was cancelled at the provider.", seen.reference)


NOTE = """
UPDATE payments_payment p
SET error = CASE p.status WHEN 'voided' THEN p.error ELSE a.error END, action_url = a.url,
    provider_reference = CASE WHEN a.reference = '' THEN p.provider_reference ELSE a.reference END
FROM unnest(%(ids)s::uuid[], %(references)s::text[], %(errors)s::text[], %(urls)s::text[])
     AS a(id, reference, error, url)
WHERE p.id = a.id AND p.status IN ('pending', 'unknown', 'requires_action', 'failed', 'expired', 'voided')
"""


def _record(answers: Sequence[Answer], *, actor: Actor) -> list[UUID]:
    """Write down what was answered; a payment that somebody else has settled meanwhile stays as it is."""
    if not answers:
        return []
    with transaction.atomic():
        lock_payments({a.payment.order_id for a in answers})
        answers = _present(answers)
        _note(answers)
        promised = _move(answers, Authorised, "authorise", actor=actor)
        asking = _move(answers, RequiresAction, "require_action", actor=actor)
        failed = _move(answers, Declined, "fail", actor=actor)
        _move(answers, Expired, "expire", actor=actor)
        _move(answers, Unknown, "lose", actor=actor)
        void_late([a.payment.id for a in answers if isinstance(a.outcome, Authorised | RequiresAction)])
        publish([_event(PaymentAuthorised, a) for a in promised])
        if actor.kind != "customer":  # who is just paying needs no letter about it
            publish([_event(PaymentActionRequired, a) for a in asking])
        _tell_failures(failed, actor=actor)
        _release(sorted({a.payment.order_id for a in promised}), actor=actor)
    return [a.payment.id for a in promised]


def _present(answers: Sequence[Answer]) -> list[Answer]:
    """Those about the payment's present attempt: an earlier one is given up by the one that followed it."""
    named = {"ids": [a.payment.id for a in answers]}
    found = rows("SELECT id, attempt FROM payments_payment WHERE id = ANY(%(ids)s)", named)
    attempts = {row.id: row.attempt for row in found}
    return [a for a in answers if attempts[a.payment.id] == a.payment.attempt]


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
    _open_incidents(failed, actor=actor)


def _open_incidents(answers: Sequence[Answer], *, actor: Actor) -> None:
    for answer in answers:
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
        resolve_many("payment_failed", covered, actor=actor, resolution="authorised")
