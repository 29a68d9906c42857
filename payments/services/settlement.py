"""Everything with a provider that is still open, found by a query and asked about again."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.db import rows
from payments.models import Payment
from payments.providers import STRIPE, online_tenders
from payments.providers.base import NoAnswerError
from payments.services.authorisations import authorise, refresh
from payments.services.captures import capture
from payments.services.refunds import refund
from payments.services.voids import void

logger = logging.getLogger(__name__)

SET_SIZE = 50
BUDGET = 45.0
"""Seconds after which no further set is begun: the rest is for the next time."""

FIRST_CHANCE = timedelta(minutes=2)
"""What is pending belongs to its event's delivery first; only what was left behind is taken here."""

LONGEST_PAUSE, WHILE_THE_CUSTOMER_IS_ASKED = timedelta(minutes=10), timedelta(days=1)
"""Between two questions about the same thing. The pause is a tenth of its age, and nothing is ever given up. Customers may
take their time: they come back by a page that looks at once, and a webhook tells of them too."""

PAYMENTS = """
UPDATE payments_payment p SET asked_at = %(now)s
FROM (SELECT id FROM payments_payment
      WHERE tender = ANY(%(online)s) AND status IN ('pending', 'unknown', 'requires_action')
        AND status = ANY(%(statuses)s)
        AND (status <> 'pending' OR coalesce(attempted_at, created_at) < %(old)s)
        AND (asked_at IS NULL OR NOT %(with_pauses)s
             OR asked_at < %(now)s - least(
                 (%(now)s - coalesce(attempted_at, created_at)) / 10,
                 CASE status WHEN 'requires_action' THEN %(customer)s ELSE %(longest)s END))
      ORDER BY asked_at NULLS FIRST, created_at, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED) due
WHERE p.id = due.id RETURNING p.id
"""
TRANSACTIONS = """
UPDATE payments_transaction t SET asked_at = %(now)s
FROM (SELECT id FROM payments_transaction
      WHERE status IN ('pending', 'unknown') AND kind = %(kind)s AND (status = 'unknown' OR created_at < %(old)s)
        AND (asked_at IS NULL OR NOT %(with_pauses)s
             OR asked_at < %(now)s - least((%(now)s - created_at) / 10, %(longest)s))
      ORDER BY asked_at NULLS FIRST, created_at, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED) due
WHERE t.id = due.id RETURNING t.id
"""
OPEN_PAYMENTS = "SELECT count(*) FROM payments_payment WHERE id = ANY(%(ids)s) AND status = ANY(%(statuses)s)"
OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM payments_transaction WHERE id = ANY(%(ids)s) AND status IN ('pending', 'unknown')"
)

Settle = Callable[..., list[UUID]]


def settle_unknown(*, actor: Actor, with_pauses: bool = False) -> int:
    """Ask again, with the same keys, about all that has no final answer; returns how much got one.

    What was not asked for longest comes first, so that nothing hides behind what cannot be settled. `with_pauses`
    leaves alone what was asked a short while ago, measured by its age.
    """
    end = time.monotonic() + BUDGET
    settled = 0
    for claim, ask, still_open in _steps(with_pauses):
        while time.monotonic() < end and (ids := claim()):
            _ask(ask, ids, actor)
            got = len(ids) - still_open(ids)
            settled += got
            if not got:
                break
    return settled


def _ask(ask: Settle, ids: Sequence[UUID], actor: Actor) -> None:
    """What breaks is told and left for a later pass; the others of its set do not suffer from it."""
    try:
        ask(ids, actor=actor)
        return
    except Exception:
        if len(ids) == 1:
            logger.exception("%s could not be settled", ids[0])
            return
    for one in ids:
        _ask(ask, [one], actor)


Step = tuple[Callable[[], list[UUID]], Settle, Callable[[list[UUID]], int]]


def _steps(with_pauses: bool) -> Iterator[Step]:
    lost, waiting = ("pending", "unknown"), ("requires_action",)
    payments: Sequence[tuple[tuple[str, ...], Settle]] = ((lost, authorise), (waiting, refresh))
    for statuses, ask in payments:
        yield _payments(statuses, with_pauses), ask, _open_payments(statuses)
    transactions: Sequence[tuple[str, Settle]] = (("capture", capture), ("void", void), ("refund", refund))
    for kind, settle in transactions:
        yield _transactions(kind, with_pauses), settle, _open_transactions


def _payments(statuses: tuple[str, ...], with_pauses: bool) -> Callable[[], list[UUID]]:
    named = {"statuses": list(statuses), "online": online_tenders()}
    return lambda: _claim(PAYMENTS, with_pauses, named | {"customer": WHILE_THE_CUSTOMER_IS_ASKED})


def _transactions(kind: str, with_pauses: bool) -> Callable[[], list[UUID]]:
    return lambda: _claim(TRANSACTIONS, with_pauses, {"kind": kind})


def _claim(sql: str, with_pauses: bool, named: dict[str, object]) -> list[UUID]:
    """Take the next set, in a statement of its own: who comes after takes others."""
    now = timezone.now()
    times = {"now": now, "old": now - FIRST_CHANCE, "longest": LONGEST_PAUSE, "with_pauses": with_pauses}
    return [row.id for row in rows(sql, {"most": SET_SIZE, **times, **named})]


def _open_payments(statuses: tuple[str, ...]) -> Callable[[list[UUID]], int]:
    return lambda ids: int(rows(OPEN_PAYMENTS, {"ids": ids, "statuses": list(statuses)})[0][0])


def _open_transactions(ids: list[UUID]) -> int:
    return int(rows(OPEN_TRANSACTIONS, {"ids": ids})[0][0])


RECENT = timedelta(hours=3)
LIVING = ("authorised", "requires_action")


def release_strays(*, actor: Actor) -> int:
    """Release what the provider holds for payments that are given up here; returns how many were found.

    An authorisation may arrive at the provider after we looked and found none, and whoever asked for it may have died
    before its answer: only the provider's own list of the last hours knows of it then.
    """
    try:
        living = [one for one in STRIPE.everything(timezone.now() - RECENT) if one.status in LIVING]
    except NoAnswerError:
        return 0
    named = {UUID(one.payment_id): one.reference for one in living if _is_id(one.payment_id)}
    strays = Payment.objects.filter(pk__in=named, status="voided", provider_reference="")
    ids = list(strays.values_list("id", flat=True))
    refresh(ids, actor=actor, hints=named)
    return len(ids)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
