"""Everything with a provider that is still open, found by a query and asked about again."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.actors import Actor
from payments.models import Payment, Transaction
from payments.providers import online_tenders
from payments.services.authorisations import authorise, refresh
from payments.services.captures import capture
from payments.services.refunds import refund
from payments.services.voids import void

SET_SIZE = 50
FIRST_CHANCE = timedelta(minutes=2)
"""What is pending belongs to its event's delivery first; only what was left behind is taken here."""

WATCHED = timedelta(days=2)
"""How long a customer's authentication is waited for by asking; a webhook is heard later too."""

Settle = Callable[..., list[UUID]]


def settle_unknown(*, actor: Actor) -> int:
    """Ask again, with the same keys, about all that has no final answer; returns how much got one."""
    old = timezone.now() - FIRST_CHANCE
    payments = Payment.objects.filter(tender__in=online_tenders()).order_by("created_at", "id")
    asked = payments.filter(status="unknown") | payments.filter(status="pending", created_at__lt=old)
    settled = authorise(_ids(asked), actor=actor)
    watched = payments.filter(status="requires_action", created_at__gt=timezone.now() - WATCHED)
    settled += refresh(_ids(watched), actor=actor)
    transactions = Transaction.objects.order_by("created_at", "id")
    left = transactions.filter(status="unknown") | transactions.filter(status="pending", created_at__lt=old)
    steps: Sequence[tuple[str, Settle]] = (("capture", capture), ("void", void), ("refund", refund))
    for kind, settle in steps:
        settled += settle(_ids(left.filter(kind=kind)), actor=actor)
    return len(settled)


def _ids(found: QuerySet[Payment] | QuerySet[Transaction]) -> list[UUID]:
    return list(found.values_list("id", flat=True)[:SET_SIZE])
