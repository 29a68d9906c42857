"""What happens to the work of a location and to parcels, as others hear of it. `about` is the order's id."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core.outbox import Event, publish


@dataclass(frozen=True, kw_only=True)
class FulfillmentOrderPlanned(Event):
    """A location has been decided on; it does not know yet."""

    kind = "fulfillment_order.planned"
    number: str
    fulfillment_order_id: str
    location_id: str


@dataclass(frozen=True, kw_only=True)
class FulfillmentOrderReleased(Event):
    """The location may start."""

    kind = "fulfillment_order.released"
    number: str
    fulfillment_order_id: str
    location_id: str


@dataclass(frozen=True, kw_only=True)
class LabelWanted(Event):
    """A closed box waits for its carrier's label."""

    kind = "shipment.label_wanted"
    number: str
    shipment_id: str


@dataclass(frozen=True, kw_only=True)
class ShipmentShipped(Event):
    """The goods have left."""

    kind = "shipment.shipped"
    number: str
    shipment_id: str
    carrier: str
    tracking_number: str
    expected_on: str


@dataclass(frozen=True, kw_only=True)
class ShipmentMoved(Event):
    """The carrier said something new; `status` is the shipment's state now."""

    kind = "shipment.moved"
    number: str
    shipment_id: str
    status: str


@dataclass(frozen=True, kw_only=True)
class ShipmentDelivered(Event):
    """The customer has the goods."""

    kind = "shipment.delivered"
    number: str
    shipment_id: str


def publish_of(events: Iterable[Event], history: set[UUID]) -> None:
    """Publish events; those about orders of the past are kept as facts and owed to nobody."""
    events = list(events)
    publish([e for e in events if e.about not in history])
    publish([e for e in events if e.about in history], dispatched=True)
