"""What happens to purchase orders, as others hear of it. `about` is the order's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderSent(Event):
    """The vendor has it: its units are on their way."""

    kind = "purchase_order.sent"
    number: str


class VendorChanged(Event):
    """Somebody we buy from (`about`) is called otherwise, or is bought from again or no longer."""

    kind = "vendor.changed"


@dataclass(frozen=True, kw_only=True)
class PurchaseOrderReceived(Event):
    """A delivery was received."""

    kind = "purchase_order.received"
    number: str
    receipt: str
    units: int
