"""Payments re-derived from their transactions, the journal and the provider's own account."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings

from core.db import rows
from core.invariants import Result, invariant, sql_invariant
from payments.providers import STRIPE, online_tenders
from payments.providers.base import NoAnswerError, Snapshot
from payments.states import UNSETTLED

_PAYMENTS = "SELECT count(*) FROM payments_payment"
_MOVED = "SELECT count(*) FROM payments_transaction WHERE kind IN ('capture', 'refund') AND status = 'succeeded'"

sql_invariant(
    "payments",
    "captured and refunded are the sums of their transactions",
    _PAYMENTS,
    """
    SELECT format('payment %s of %s says %s captured and %s refunded, its transactions %s and %s',
                  p.id, o.number, p.captured, p.refunded, coalesce(t.captured, 0), coalesce(t.refunded, 0))
    FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
    LEFT JOIN (
        SELECT payment_id, coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0) AS captured,
               coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded
        FROM payments_transaction WHERE status = 'succeeded' GROUP BY payment_id) t ON t.payment_id = p.id
    WHERE p.captured <> coalesce(t.captured, 0) OR p.refunded <> coalesce(t.refunded, 0)
    """,
)
sql_invariant(
    "payments",
    "no more is refunded than captured, nor captured than authorised",
    _PAYMENTS,
    """
    SELECT format('payment %s: %s authorised, %s captured, %s refunded', id, amount, captured, refunded)
    FROM payments_payment WHERE NOT (0 <= refunded AND refunded <= captured AND captured <= amount)
    """,
)
sql_invariant(
    "payments",
    "the state fits the amounts",
    _PAYMENTS,
    """
    SELECT format('payment %s is %s with %s of %s captured', id, status, captured, amount) FROM payments_payment
    WHERE CASE status WHEN 'captured' THEN captured = 0 AND amount > 0
                      WHEN 'partially_captured' THEN captured = 0 OR captured >= amount
                      ELSE captured > 0 END
    """,
)
sql_invariant(
    "payments",
    "every capture and refund is in the journal with its amount",
    _MOVED,
    """
    SELECT format('%s %s of %s %s: the journal says %s', t.kind, t.id, t.amount, p.currency, j.amount)
    FROM payments_transaction t JOIN payments_payment p ON p.id = t.payment_id
    LEFT JOIN LATERAL (
        SELECT sum(l.amount) AS amount FROM accounting_journalentry e JOIN accounting_journalline l ON l.entry_id = e.id
        WHERE e.source = t.id AND e.event = CASE t.kind WHEN 'capture' THEN 'payment_captured' ELSE 'refund_paid' END
          AND l.role = 'payment_clearing' AND l.currency = p.currency) j ON true
    WHERE t.kind IN ('capture', 'refund') AND t.status = 'succeeded'
      AND j.amount IS DISTINCT FROM CASE t.kind WHEN 'capture' THEN t.amount ELSE -t.amount END
    """,
)
sql_invariant(
    "payments",
    "every capture and refund in the journal is a transaction that succeeded",
    "SELECT count(*) FROM accounting_journalentry WHERE event IN ('payment_captured', 'refund_paid')",
    """
    SELECT format('journal entry %s (%s) has no transaction %s that succeeded', e.id, e.event, e.source)
    FROM accounting_journalentry e
    WHERE e.event IN ('payment_captured', 'refund_paid') AND NOT EXISTS (
        SELECT FROM payments_transaction t WHERE t.id = e.source AND t.status = 'succeeded')
    """,
)

SKEW = timedelta(minutes=5)
"""How far the provider's clock may be from ours."""

OURS = """
SELECT p.id, p.created_at, p.status, p.captured, p.refunded, p.provider_reference, p.currency, o.number
FROM payments_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.tender = ANY(%(online)s) AND NOT EXISTS (
    SELECT FROM payments_transaction t WHERE t.payment_id = p.id AND t.status = ANY(%(unsettled)s))
"""


@invariant("payments", "the provider says the same")
def provider_agrees() -> Result:
    """Each card payment that has nothing on its way, against the provider's list; unchecked when it does not answer."""
    ours = rows(OURS, {"online": online_tenders(), "unsettled": list(UNSETTLED)})
    if not ours or not settings.PROVIDER_KEY:
        return Result(0)
    known = [p for p in ours if p.provider_reference]
    try:
        theirs = list(STRIPE.everything(min(p.created_at for p in ours) - SKEW))
        by_reference = {snapshot.reference: snapshot for snapshot in theirs}
        seen = [by_reference.get(p.provider_reference) or STRIPE.lookup(p.provider_reference) for p in known]
    except NoAnswerError:
        return Result(0)
    wrong = [sentence for p, one in zip(known, seen, strict=True) if (sentence := _disagreement(p, one))]
    return Result(len(known), wrong + _strays(ours, theirs))


def _disagreement(payment: Any, seen: Snapshot | None) -> str:
    name = f"payment {payment.id} of {payment.number}"
    if seen is None:
        return f"{name}: the provider does not know {payment.provider_reference}"
    if (seen.captured, seen.refunded) != (payment.captured, payment.refunded):
        return (
            f"{name}: {payment.captured} captured and {payment.refunded} refunded here, "
            f"{seen.captured} and {seen.refunded} at the provider"
        )
    if payment.status == "authorised" and seen.status not in ("authorised", "captured"):
        return f"{name} is authorised here, {seen.status} at the provider"
    if payment.status == "voided" and seen.capturable:
        return f"{name} is voided here, {seen.capturable} still authorised at the provider"
    return ""


def _strays(ours: Sequence[Any], theirs: Sequence[Snapshot]) -> list[str]:
    """Money promised or taken under a payment's name, but not under the reference that we know."""
    # What is paid on a page is heard of a moment later; until then we know the page and not the intent.
    settled = (p for p in ours if p.status not in ("pending", "unknown", "requires_action"))
    references = {str(p.id): p for p in settled}
    return [
        f"payment {s.payment_id} of {references[s.payment_id].number} has a second intent {s.reference} at the provider"
        for s in theirs
        if s.payment_id in references
        and s.status in ("authorised", "captured")
        and s.reference != references[s.payment_id].provider_reference
    ]
