"""What stock does when something happened to it."""

from core.actors import SYSTEM
from core.outbox import Delivered, subscribe
from inventory.counts import hands, unbooked
from inventory.limits import safety
from inventory.transfers import standing

hands.add(standing.taken)
unbooked.add(standing.come)


@subscribe("safety_rules.changed", "inventory.apply_safety_rules", outside=True)
def apply_safety_rules(events: list[Delivered]) -> None:
    """A rule came or went: places keep back what the rules say now."""
    safety.apply_rules(actor=SYSTEM)
