"""What carriers say, and what comes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, Incident
from core.problems import Conflict, Invalid, NotFound
from fulfillment.models import FulfillmentOrder, Shipment, TrackingEvent
from fulfillment.tracking_events import STATUSES, deliver, normal_status, record_event
from orders.models import Order, OrderLine
from tests.factories.orders import packed, shipped
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def status() -> str:
    return Shipment.objects.get().status


@pytest.mark.parametrize("spelling", ["InTransit", "in_transit", "IN TRANSIT", "in-transit", "intransit"])
def test_a_status_may_be_spelt_as_the_carrier_likes(spelling: str) -> None:
    assert normal_status(spelling) == "InTransit"


def test_an_unknown_status_names_the_nine() -> None:
    with pytest.raises(Invalid, match="AvailableForPickup"):
        normal_status("lost in space")
    assert len(STATUSES) == 9


def test_a_parcel_moves_with_what_the_carrier_says() -> None:
    small_world()
    order, (shipment,) = shipped()
    record_event(shipment, "InTransit", NOON, actor=SYSTEM, place="Lyon")
    assert status() == "in_transit"
    number = str(Shipment.objects.get().tracking_number)
    record_event(number, "OutForDelivery", NOON + HOUR, actor=SYSTEM)
    assert status() == "out_for_delivery"
    assert Event.objects.filter(kind="shipment.moved", about=order.id).count() == 2
    assert disagreements() == []


def test_the_same_event_again_changes_nothing() -> None:
    small_world()
    _, (shipment,) = shipped()
    for _ in range(2):
        record_event(shipment, "Delivered", NOON, actor=SYSTEM)
    assert TrackingEvent.objects.count() == 1
    assert Event.objects.filter(kind="shipment.delivered").count() == 1
    assert disagreements() == []


def test_an_older_event_is_kept_and_does_not_move_the_parcel_back() -> None:
    small_world()
    _, (shipment,) = shipped()
    record_event(shipment, "OutForDelivery", NOON, actor=SYSTEM)
    record_event(shipment, "InTransit", NOON - HOUR, actor=SYSTEM)
    assert status() == "out_for_delivery"
    assert TrackingEvent.objects.count() == 2
    assert disagreements() == []


def test_delivered_is_final_whenever_it_comes() -> None:
    small_world()
    order, (shipment,) = shipped({MUG: 2})
    record_event(shipment, "OutForDelivery", NOON, actor=SYSTEM)
    record_event(shipment, "Delivered", NOON - HOUR, actor=SYSTEM)
    record_event(shipment, "AttemptFail", NOON + HOUR, actor=SYSTEM)
    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.delivered_at) == ("delivered", NOON - HOUR)
    assert FulfillmentOrder.objects.get().status == "delivered"
    assert OrderLine.objects.get(order=order).delivered == 2
    assert Order.objects.get().status == "delivered"
    assert disagreements() == []


def test_a_paid_order_is_complete_when_it_is_delivered() -> None:
    small_world(tender="bank_transfer")
    order, shipments = shipped({MUG: 2})
    assert deliver(shipments, actor=SYSTEM, at=NOON) == shipments
    assert deliver(shipments, actor=SYSTEM, at=NOON) == []
    assert Order.objects.get().status == "completed"
    assert Event.objects.filter(kind="order.completed", about=order.id).count() == 1
    assert TrackingEvent.objects.get().status == "Delivered"
    assert disagreements() == []


@pytest.mark.parametrize(("said", "kind"), [("Exception", "parcel_exception"), ("Expired", "parcel_lost")])
def test_trouble_on_the_way_is_somebodys_business_until_delivery(said: str, kind: str) -> None:
    small_world()
    order, (shipment,) = shipped()
    record_event(shipment, said, NOON, actor=SYSTEM, detail="Damaged")
    incident = Incident.objects.get()
    assert (status(), incident.kind, incident.about, incident.resolved_at) == ("exception", kind, order.id, None)
    record_event(shipment, "Delivered", NOON + HOUR, actor=SYSTEM)
    incident.refresh_from_db()
    assert incident.resolved_at is not None
    assert disagreements() == []


def test_an_announced_parcel_may_be_known_but_does_not_move() -> None:
    small_world()
    packed()
    parcel = Shipment.objects.get()
    record_event(parcel.id, "InfoReceived", NOON, actor=SYSTEM)
    with pytest.raises(Conflict, match="has not left yet"):
        record_event(parcel.id, "InTransit", NOON, actor=SYSTEM)
    assert status() == "labelled"
    assert TrackingEvent.objects.count() == 1


def test_an_unknown_parcel_or_a_time_to_come_is_refused() -> None:
    small_world()
    _, (shipment,) = shipped()
    with pytest.raises(NotFound):
        record_event("ML000", "InTransit", NOON, actor=SYSTEM)
    with pytest.raises(Invalid, match="future"):
        record_event(shipment, "InTransit", timezone.now() + timedelta(days=2), actor=SYSTEM)
