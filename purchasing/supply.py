"""What the lines of a sent purchase order still wait for is supply: it follows them, in the same transaction."""

from collections.abc import Mapping
from uuid import UUID

from core.actors import Actor
from inventory import incoming
from inventory.incoming import Coming, Waited
from inventory.models import Supply
from purchasing.models import PurchaseOrder


def follow(order: PurchaseOrder, *, actor: Actor) -> None:
    """After lines or the day of a sent order have changed."""
    incoming.follow(_coming(order), actor=actor)


def arrive(order: PurchaseOrder, came: Mapping[UUID, int], *, actor: Actor) -> None:
    """After so many sellable units of these lines are on hand, and the rest may have been given up."""
    incoming.arrive(_coming(order), came, actor=actor)


def _coming(order: PurchaseOrder) -> Coming:
    if order.expected_on is None:
        raise ValueError(f"{order.number} was sent without a day")
    lines = [Waited(line.pk, line.variant_id, line.open) for line in order.lines.order_by("position")]
    return Coming(Supply.Kind.PURCHASE, order.number, order.location_id, order.expected_on, lines)
