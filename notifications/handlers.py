"""Facts of the lower apps that customers are told of. Writing the letter is part of the delivery's own transaction.

All letters about an order stand in one line: nobody is told that a parcel left before the order was confirmed."""

from uuid import UUID

from core.outbox import Delivered, Handler, subscribe
from notifications import letters
from notifications.services import Fact, tell

TOLD = (
    ("order.placed", letters.ORDER_CONFIRMATION, ""),
    ("order.cancelled", letters.CANCELLED, ""),
    ("payment.failed", letters.PAYMENT_FAILED, ""),
    ("payment.action_required", letters.PAYMENT_LINK, ""),
    ("order.payment_reminder", letters.PAYMENT_REMINDER, ""),
    ("order.delayed", letters.DELAYED, ""),
    ("order.stock_let_go", letters.STOCK_LET_GO, ""),
    ("shipment.shipped", letters.SHIPPED, "shipment_id"),
    ("shipment.delivered", letters.DELIVERED, "shipment_id"),
    ("return.received", letters.RETURN_RECEIVED, "return_id"),
)
"""Event, letter, and the field of the event that names the shipment or return."""


def _teller(kind: str, particular: str) -> Handler:
    def handler(events: list[Delivered]) -> None:
        tell(kind, [Fact(e.id, e.about, _subject(e, particular), e.payload) for e in events])

    return handler


def _subject(event: Delivered, particular: str) -> UUID | None:
    return UUID(event.payload[particular]) if particular else None


for event, letter, named in TOLD:
    subscribe(event, f"notifications.{letter}", queue="mail", in_order="notifications")(_teller(letter, named))
