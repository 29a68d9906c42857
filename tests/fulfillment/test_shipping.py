"""What is true once the goods have left."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models import JournalEntry, JournalLine
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Delivery, Event
from core.outbox import drain
from core.problems import Conflict, Invalid
from fulfillment import floor
from fulfillment.models import FulfillmentOrder, Shipment, ShipmentLine
from fulfillment.shipping import Tracking, ship
from inventory.models import Location, Movement, Stock
from orders.holds import open_hold, resolve
from orders.models import Channel, Order
from payments.models import Payment
from tests.factories.orders import PICKER, buckets, make_voucher, packed, placed, released, shipped, states, voucher
from tests.factories.world import CANDLE, MUG, VASE, small_world

pytestmark = pytest.mark.django_db


def booked(role: str) -> Decimal:
    return sum((line.euros for line in JournalLine.objects.filter(role=role)), Decimal(0))


def test_shipped_goods_leave_the_stock_and_are_owed_and_booked() -> None:
    world = small_world()
    order, (shipment,) = shipped({MUG: 2})
    assert buckets(order) == {MUG: {"shipped": 2}}
    stock = Stock.objects.get(variant=world.variants[MUG], location=world.warehouse)
    assert (stock.on_hand, stock.allocated) == (98, 0)
    assert Movement.objects.get(reason="shipment").source == shipment
    assert booked("accounts_receivable") == order.total
    assert booked("cost_of_goods_sold") == Decimal(8)
    assert booked("freight_out") == Shipment.objects.get().cost
    assert Order.objects.get().status == "shipped"
    assert Event.objects.filter(kind="shipment.shipped", about=order.id).count() == 1
    assert disagreements() == []


def test_shipping_twice_ships_once() -> None:
    small_world()
    _, work = packed({MUG: 2})
    assert len(ship(work, actor=PICKER)) == 1
    before = JournalEntry.objects.count()
    assert ship(work, actor=PICKER) == []
    assert JournalEntry.objects.count() == before
    assert disagreements() == []


def test_parcels_of_one_order_add_up_to_the_cent() -> None:
    small_world(stock=2, store_stock=1)
    order, work = packed({MUG: 3}, shipping_price="1.00")
    assert len(work) == 2
    ship(work[1:], actor=PICKER)
    assert Order.objects.get().status == "partially_shipped"
    assert disagreements() == []
    ship(work[:1], actor=PICKER)
    assert booked("accounts_receivable") == order.total
    assert ShipmentLine.objects.filter(start=0).count() == 1
    assert disagreements() == []


def test_both_parcels_of_an_order_may_leave_at_once() -> None:
    small_world(stock=2, store_stock=1)
    order, work = packed({MUG: 3})
    ship(work, actor=PICKER)
    assert booked("accounts_receivable") == order.total
    assert disagreements() == []


def test_bank_transfer_is_captured_with_the_parcel() -> None:
    small_world(tender="bank_transfer")
    order, _ = shipped({MUG: 2})
    payment = Payment.objects.get(order=order)
    assert (payment.status, payment.captured) == ("captured", order.total)
    assert Order.objects.get().is_settled
    assert disagreements() == []


def test_history_keeps_its_dates_and_tells_nobody() -> None:
    world = small_world(tender="bank_transfer")
    Channel.objects.filter(pk=world.channel.pk).update(is_history=True)
    at = datetime(2011, 3, 4, 12, tzinfo=UTC)
    _, work = packed({MUG: 2})
    ship(work, actor=SYSTEM, at=at)
    assert set(JournalEntry.objects.exclude(event="opening_stock").values_list("date", flat=True)) == {date(2011, 3, 4)}
    assert not Event.objects.filter(kind="shipment.shipped", dispatched_at=None).exists()
    assert Movement.objects.get(reason="shipment").at == at
    assert disagreements() == []


def test_work_that_is_not_packed_cannot_be_shipped() -> None:
    small_world()
    _, work = released()
    with pytest.raises(Conflict, match="is released; it cannot be shipped"):
        ship(work, actor=PICKER)


def test_a_held_order_stays_and_says_why() -> None:
    small_world()
    order, work = packed({MUG: 1})
    open_hold([order.id], "fraud_review", actor=PICKER)
    with pytest.raises(Conflict, match="on hold \\(fraud review, by Paula Picker\\)"):
        ship(work, actor=PICKER)
    assert states(work) == ["packed"]
    resolve([order.id], "fraud_review", actor=PICKER)
    ship(work, actor=PICKER)
    assert disagreements() == []


def test_a_parcel_may_travel_with_another_carrier() -> None:
    small_world()
    _, work = packed({MUG: 1})
    ship(work, actor=PICKER, tracking=Tracking(carrier="courier", number="XY 123"))
    parcel = Shipment.objects.get()
    assert (parcel.carrier, parcel.service, parcel.tracking_number) == ("courier", "standard", "XY 123")
    assert disagreements() == []


def test_a_tracking_number_belongs_to_one_parcel() -> None:
    small_world()
    (_, one), (_, two) = packed({MUG: 1}), packed({MUG: 1})
    ship(one, actor=PICKER, tracking=Tracking(number="XY1"))
    with pytest.raises(Conflict, match="Another parcel"):
        ship(two, actor=PICKER, tracking=Tracking(number="XY1"))
    with pytest.raises(Invalid, match="at most 40 plain"):
        ship(two, actor=PICKER, tracking=Tracking(number="9" * 41))
    assert states(two) == ["packed"]
    assert disagreements() == []


def test_a_vendors_goods_are_owed_to_the_vendor() -> None:
    world = small_world()
    Location.objects.filter(pk=world.store.pk).update(kind=Location.Kind.VENDOR)
    Stock.objects.filter(location=world.warehouse).update(safety=100)
    shipped({MUG: 2})
    assert booked("vendor_accrual") == Decimal(-8)
    assert booked("cost_of_goods_sold") == Decimal(8)


def test_what_is_no_goods_leaves_with_the_first_parcel() -> None:
    small_world(stock=2, store_stock=1)
    make_voucher()
    order = placed(lines=[{"sku": MUG, "quantity": 3}, voucher()])
    drain()
    first, second = FulfillmentOrder.objects.order_by("id").values_list("id", flat=True)
    assert buckets(order)["VOUCHER"] == {"reserved": 1}
    for work in (first, second):
        floor.pick_all([work], actor=PICKER)
        floor.pack([work], actor=PICKER)
        ship([work], actor=PICKER)
        assert buckets(order)["VOUCHER"] == {"shipped": 1}
        assert disagreements() == []
    assert booked("accounts_receivable") == order.total


def test_an_order_without_goods_delivers_itself() -> None:
    small_world(tender="bank_transfer")
    make_voucher()
    order = placed(lines=[voucher(2)])
    drain()
    assert buckets(order) == {"VOUCHER": {"shipped": 2}}
    assert Order.objects.get().status == "completed"
    assert not Movement.objects.filter(reason="shipment").exists()
    assert disagreements() == []


def test_a_set_of_parcels_takes_no_more_statements_than_one() -> None:
    small_world(tender="bank_transfer")
    work = [packed({MUG: 1, CANDLE: 2, VASE: 1})[1][0] for _ in range(4)]
    counts = []
    for chosen in (work[:1], work[1:]):
        with CaptureQueriesContext(connection) as queries:
            ship(chosen, actor=SYSTEM)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_voucher_held_on_its_way_is_delivered_when_the_hold_ends() -> None:
    small_world()
    make_voucher()
    order, _work = released(lines=[voucher()])
    open_hold([order.id], "manual", actor=SYSTEM)
    drain()
    assert not Delivery.objects.filter(done_at=None).exists()
    resolve([order.id], "manual", actor=SYSTEM)
    drain()
    assert buckets(order) == {"VOUCHER": {"shipped": 1}}
    assert disagreements() == []
