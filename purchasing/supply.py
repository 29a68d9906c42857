"""What a purchase order's lines bring is supply: it follows them in the same transaction."""

from collections.abc import Mapping
from uuid import UUID

from core.actors import Actor
from inventory.tallies.counting import Units
from purchasing.models import PurchaseOrder


def follow(order: PurchaseOrder, *, actor: Actor) -> None:
    """After lines or the day of a sent order have changed."""


def arrive(order: PurchaseOrder, came: Mapping[UUID, Units], *, actor: Actor) -> None:
    """After units of these lines came, and the rest may have been given up."""
