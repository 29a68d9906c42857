"""Reads of sourcing: where an order would be sent from, and the decision behind it."""

from collections.abc import Sequence
from uuid import UUID

from sourcing.models import Decision
from sourcing.network import network

STANDARD = "standard"


def preferred(pool_id: UUID, country: str, postal_code: str, service: str = STANDARD) -> tuple[UUID, ...]:
    """The pool's shipping locations, the one that sends a typical package of one kilogram cheapest first.

    Answered from memory (see sourcing.network); capture pins stock in this order.
    """
    return network(pool_ids=[pool_id]).preferred(pool_id, country, postal_code, service)


def nearest(pool_id: UUID, country: str, postal_code: str) -> tuple[UUID, ...]:
    """The pool's places where customers collect, the nearest first. Answered from memory, like `preferred`."""
    return network(pool_ids=[pool_id]).nearest(pool_id, country, postal_code)


def latest_decision(order_id: UUID) -> Decision | None:
    """How the order was sourced last."""
    return Decision.objects.filter(order_id=order_id).order_by("-id").first()


def decisions(order_ids: Sequence[UUID]) -> dict[UUID, Decision]:
    """The last decision of each of these orders, by order."""
    found = Decision.objects.filter(order_id__in=order_ids).order_by("order_id", "-id").distinct("order_id")
    return {decision.order_id: decision for decision in found}
