"""The answer first, in a sentence, whatever has happened."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.ids import new_id
from fulfillment import floor, shipping
from fulfillment.amend import cancel
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.tracking_events import deliver, record_event
from orders.holds import open_hold
from orders.models import Order, OrderLine
from payments.models import Payment, Transaction
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.orders import PICKER, line_ids, placed, released, shipped
from tests.factories.world import CANDLE, MUG, World, open_stock, small_world
from tracking.selectors import facts_about
from tracking.story import Story, tell
from tracking.wording import full_day

pytestmark = pytest.mark.django_db


def story(order: Order, *, personal: bool = True) -> Story:
    return tell(facts_about(Order.objects.get(pk=order.pk)), personal=personal)


def two_places() -> World:
    """Mugs are only in the warehouse, candles only in the shop."""
    world = small_world(stock=0, store_stock=0)
    open_stock(world.warehouse, {world.variants[MUG]: 50})
    open_stock(world.store, {world.variants[CANDLE]: 50})
    return world


def expect(order: Order, *days: int) -> None:
    """Its parcels are expected in so many days."""
    for shipment, ahead in zip(Shipment.objects.filter(order=order).order_by("id"), days, strict=True):
        day = timezone.localdate() + timedelta(days=ahead)
        Shipment.objects.filter(pk=shipment.pk).update(expected_on=day)


def test_an_order_just_placed_is_being_prepared() -> None:
    small_world()
    told = story(placed({MUG: 1}))

    assert told.headline == "We are preparing your order."
    assert [parcel.stage for parcel in told.parcels] == ["waiting"]


def test_two_parcels_on_their_way_say_when_the_first_arrives() -> None:
    two_places()
    order, _ = shipped({MUG: 1, CANDLE: 1})
    expect(order, 3, 1)

    told = story(order)
    assert told.headline == "Two parcels are on their way, the first arrives tomorrow."
    assert told.parcels[0].when == "Tomorrow"


def test_a_parcel_on_its_way_and_one_in_preparation_are_told_apart() -> None:
    two_places()
    order, work = released({MUG: 1, CANDLE: 1})
    first = work[:1]
    floor.pick_all(first, actor=PICKER)
    floor.pack(first, actor=PICKER)
    shipping.ship(first, actor=PICKER)
    expect(order, 1)

    told = story(order)
    assert told.headline == "Your parcel is on its way, it arrives tomorrow."
    assert told.lead == "The rest of your order is being prepared."
    assert [parcel.stage for parcel in told.parcels] == ["moving", "preparing"]


def test_a_parcel_in_the_van_arrives_today() -> None:
    small_world()
    order, (parcel,) = shipped({MUG: 1})
    record_event(parcel, "OutForDelivery", timezone.now(), actor=SYSTEM)

    assert story(order).headline == "Your parcel is on its way, it arrives today."


def test_a_late_parcel_is_called_late() -> None:
    small_world()
    order, _ = shipped({MUG: 1})
    expect(order, -2)
    Order.objects.update(promise_latest=timezone.localdate() - timedelta(days=2))

    told = story(order)
    assert told.headline == "Your parcel is still on its way, later than planned."
    assert told.parcels[0].promise.endswith("later than promised")


@pytest.mark.parametrize("stage", [released, shipped])
def test_a_parcel_that_was_planned_anew_is_measured_by_the_first_promise(stage: Callable[..., Any]) -> None:
    small_world()
    order, _ = stage({MUG: 1})
    promised = timezone.localdate() - timedelta(days=20)
    Order.objects.update(promise_latest=promised)
    FulfillmentOrder.objects.update(promise_latest=timezone.localdate() + timedelta(days=1))
    Shipment.objects.update(expected_on=timezone.localdate() + timedelta(days=1))

    (parcel,) = story(order).parcels

    assert parcel.was == full_day(promised)
    assert "had to be moved" in parcel.moved
    assert "on time" not in parcel.promise


def test_one_of_two_has_arrived() -> None:
    two_places()
    order, parcels = shipped({MUG: 1, CANDLE: 1})
    deliver(parcels[:1], actor=SYSTEM)
    Shipment.objects.filter(pk=parcels[1]).update(expected_on=timezone.localdate() + timedelta(days=1))

    assert story(order).headline == "One more parcel is on its way, it arrives tomorrow."


def test_all_have_arrived() -> None:
    two_places()
    order, parcels = shipped({MUG: 1, CANDLE: 1})
    deliver(parcels, actor=SYSTEM)

    assert story(order).headline == "All 2 parcels have arrived."


@pytest.mark.parametrize(
    ("said", "headline"),
    [
        ("AttemptFail", "The carrier could not hand over your parcel yet."),
        ("AvailableForPickup", "Your parcel waits for you at the pickup point."),
        ("Exception", "Your parcel is held up on the way."),
    ],
)
def test_trouble_is_told_plainly(said: str, headline: str) -> None:
    small_world()
    order, (parcel,) = shipped({MUG: 1})
    record_event(parcel, said, timezone.now(), actor=SYSTEM)

    told = story(order)
    assert told.headline == headline
    assert told.parcels[0].next


def test_a_cancelled_order_has_no_parcels() -> None:
    small_world()
    order = placed({MUG: 1})
    cancel(order.pk, reason="no longer wanted", actor=SYSTEM)

    told = story(order)
    assert told.headline == "Your order is cancelled."
    assert told.parcels == [] and told.address == []
    assert [(item.quantity, item.name) for item in told.cancelled] == [(1, "Tableware")]


def test_what_was_cancelled_of_an_order_is_named() -> None:
    small_world()
    order = placed({MUG: 2, CANDLE: 1})
    cancel(order.pk, reason="one is enough", lines=[(line_ids(order)[MUG], 1)], actor=SYSTEM)

    assert [(item.quantity, item.name) for item in story(order).cancelled] == [(1, "Tableware")]
    assert story(order, personal=False).cancelled == []


def test_a_held_order_does_not_say_why() -> None:
    small_world()
    order = placed({MUG: 1})
    open_hold([order.pk], "fraud_review", actor=SYSTEM)

    told = story(order)
    assert told.headline == "We are checking your order."
    assert "fraud" not in str(told)


@pytest.mark.parametrize(
    ("status", "headline"),
    [
        ("pending", "Your payment is being confirmed."),
        ("failed", "Your payment did not go through."),
        ("requires_action", "Your payment waits for you."),
    ],
)
def test_an_unpaid_order_says_what_its_payment_needs(status: str, headline: str) -> None:
    small_world()
    order = placed({MUG: 1})
    open_hold([order.pk], "payment", actor=SYSTEM)
    Payment.objects.filter(order=order).update(status=status)

    assert story(order).headline == headline


def test_goods_that_are_short_are_waited_for() -> None:
    small_world()
    order = placed({MUG: 1})
    OrderLine.objects.filter(order=order).update(reserved=0, backordered=1)

    told = story(order)
    assert told.headline == "Your order is waiting for goods to arrive."
    assert told.parcels[0].state == "Waiting for stock"


def test_a_moved_promise_is_owned() -> None:
    small_world()
    order, _ = released({MUG: 1})
    Order.objects.update(promise_latest=date(2026, 11, 27))
    FulfillmentOrder.objects.update(promise_latest=date(2026, 11, 30))

    moved = story(order).parcels[0].moved
    assert "from Friday 27 November to Monday 30 November" in moved


def test_goods_that_came_back_are_told() -> None:
    small_world()
    order, parcels = shipped({MUG: 2})
    deliver(parcels, actor=SYSTEM)
    line = line_ids(order)[MUG]
    receive_and_credit([ReturnInput(order.pk, [Back(line, 1)])], actor=SYSTEM)
    part = story(order)
    assert part.headline == "Your parcel has arrived."
    assert [(back.status, back.items[0].quantity) for back in part.returns] == [("received", 1)]

    receive_and_credit([ReturnInput(order.pk, [Back(line, 1)])], actor=SYSTEM)
    assert story(order).headline == "Your return has arrived with us."
    assert story(order, personal=False).returns[0].items == []


def test_a_refund_is_told_with_its_amount_only_to_the_customer() -> None:
    small_world()
    order, _ = shipped({MUG: 1})
    payment = Payment.objects.filter(order=order).first()
    refund = {"payment": payment, "kind": "refund", "source": new_id(), "amount": Decimal("5.00")}
    Transaction.objects.create(**refund, status="succeeded", idempotency_key="r-1")
    Transaction.objects.create(**refund, status="pending", idempotency_key="r-2")
    Transaction.objects.create(**refund, status="failed", idempotency_key="r-3")

    assert [note.text for note in story(order).notes] == [
        "€5.00 went back to you the way you paid.",
        "€5.00 is on its way back to you.",
    ]
    assert "5.00" not in str(story(order, personal=False))


def test_the_page_costs_the_same_however_much_is_on_it(django_assert_max_num_queries: object) -> None:
    two_places()
    order = Order.objects.get(pk=shipped({MUG: 3, CANDLE: 2})[0].pk)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        tell(facts_about(order), personal=True)
