"""What purchasing does when something of its own has happened, and what it tells those below it."""

from core.actors import SYSTEM
from core.outbox import Delivered, subscribe
from inventory.counts import unbooked
from purchasing import unbooked as deliveries
from purchasing.standing import follow_vendor


@subscribe("vendor.changed", "purchasing.follow_vendor", outside=True)
def follow_changed_vendors(events: list[Delivered]) -> None:
    """What may be promised on the strength of their terms follows."""
    for vendor_id in sorted({event.about for event in events}):
        follow_vendor(vendor_id, actor=SYSTEM)


unbooked.add(deliveries.come)
