"""Reads of sourcing: where an order would be sent from, and the decision behind it."""

from collections.abc import Sequence
from uuid import UUID

from sourcing.models import Decision
from sourcing.network import Lane, network

TYPICAL_GRAMS = 1_000
STANDARD = "standard"


def preferred(pool_id: UUID, country: str, postal_code: str, service: str = STANDARD) -> list[UUID]:
    """The pool's shipping locations, the one that sends a typical package of one kilogram cheapest first.

    Answered from memory (see sourcing.network); capture pins stock in this order.
    """
    lanes = network(pool_ids=[pool_id]).lanes(pool_id, country, postal_code, service)
    return list(dict.fromkeys(lane.site.id for lane in sorted(lanes, key=_typical_cost)))


def latest_decision(order_id: UUID) -> Decision | None:
    """How the order was sourced last."""
    return Decision.objects.filter(order_id=order_id).order_by("-id").first()


def decisions(order_ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """The last decision of each of these orders, by order."""
    found = Decision.objects.filter(order_id__in=order_ids).order_by("order_id", "-id").distinct("order_id")
    return {decision.order_id: decision for decision in found}


def _typical_cost(lane: Lane) -> int:
    return lane.fixed + lane.site.unit_cost + lane.card.per_gram * TYPICAL_GRAMS
