"""What can still be cancelled, and what comes of it."""

import pytest

from core.actors import SYSTEM, Actor
from core.incidents import open_incident
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.problems import Conflict, Invalid
from fulfillment import floor
from fulfillment.amend import cancel, cancellable
from fulfillment.models import FulfillmentOrder, Shipment
from fulfillment.shipping import ship
from inventory.models import Reservation, Stock
from orders.models import Hold, Order
from payments.models import Payment
from tests.factories.orders import (
    PICKER,
    buckets,
    line_ids,
    make_voucher,
    packed,
    placed,
    released,
    routed,
    shipped,
    states,
    voucher,
)
from tests.factories.world import CANDLE, MUG, small_world

pytestmark = pytest.mark.django_db
CLERK = Actor("user", "Carl Clerk")


def promised() -> int:
    return sum(stock.reserved + stock.allocated for stock in Stock.objects.all())


@pytest.mark.parametrize("step", [placed, routed, released, packed])
def test_an_order_can_be_cancelled_until_it_leaves(step: object) -> None:
    small_world(tender="bank_transfer")
    made = step({MUG: 2, CANDLE: 1})  # type: ignore[operator]
    order = made if isinstance(made, Order) else made[0]
    cancel(order.id, actor=CLERK, reason="Changed their mind")
    assert buckets(order) == {MUG: {"cancelled": 2}, CANDLE: {"cancelled": 1}}
    assert promised() == 0
    assert not Reservation.objects.exists()
    assert Order.objects.get().status == "cancelled"
    assert set(FulfillmentOrder.objects.values_list("status", flat=True)) <= {"cancelled"}
    assert set(Shipment.objects.values_list("status", flat=True)) <= {"voided"}
    assert Payment.objects.get().status == "voided"
    assert Event.objects.get(kind="order.cancelled").payload["reason"] == "Changed their mind"
    assert TimelineEntry.objects.get(action="order.cancel").data["reason"] == "Changed their mind"
    assert disagreements() == []


def test_what_nobody_has_touched_goes_first() -> None:
    small_world(stock=2, store_stock=3)
    order, work = released({MUG: 4})
    assert len(work) == 2
    floor.pick_all(work[:1], actor=PICKER)
    kept = FulfillmentOrder.objects.get(pk=work[0]).lines.get().quantity
    cancel(order.id, actor=CLERK, reason="Too many", lines=[(line_ids(order)[MUG], 4 - kept)])
    assert buckets(order) == {MUG: {"picked": kept, "cancelled": 4 - kept}}
    assert states(work) == ["picking", "cancelled"]
    assert Event.objects.filter(kind="order.changed").count() == 1
    assert disagreements() == []


def test_a_closed_box_is_opened_again() -> None:
    small_world()
    order, work = packed({MUG: 3})
    cancel(order.id, actor=CLERK, reason="One less", lines=[(line_ids(order)[MUG], 1)])
    assert buckets(order) == {MUG: {"picked": 2, "cancelled": 1}}
    assert Shipment.objects.get().status == "voided"
    assert states(work) == ["picking"]
    assert disagreements() == []
    floor.pack(work, actor=PICKER)
    ship(work, actor=PICKER)
    assert Order.objects.get().status == "shipped"
    assert disagreements() == []


def test_what_has_left_cannot_be_cancelled_and_it_says_by_whom() -> None:
    small_world()
    order, _ = shipped({MUG: 2})
    with pytest.raises(Conflict, match="has been shipped by Paula Picker"):
        cancel(order.id, actor=CLERK, reason="Too late")
    with pytest.raises(Conflict, match="Only 0 of 2 of MUG-BLUE can still be cancelled, not 1: 2 shipped, by Paula"):
        cancel(order.id, actor=CLERK, reason="Too late", lines=[(line_ids(order)[MUG], 1)])
    assert disagreements() == []


def test_the_rest_of_a_part_shipped_order_can_be_cancelled() -> None:
    small_world(stock=2, store_stock=1, tender="bank_transfer")
    order, work = packed({MUG: 3})
    ship(work[:1], actor=PICKER)
    cancel(order.id, actor=CLERK, reason="Only that")
    assert Order.objects.get().status == "shipped"
    assert states(work) == ["shipped", "cancelled"]
    assert disagreements() == []


def test_nothing_holds_a_cancelled_order_any_more() -> None:
    small_world()
    order = placed(payments=[{"tender": "card", "amount": "28.90", "token": "tok_visa"}])
    open_incident("payment_failed", about=order.id, actor=SYSTEM)
    cancel(order.id, actor=CLERK, reason="Changed their mind")
    assert list(Hold.objects.values_list("kind", "status", "resolved_by")) == [("payment", "resolved", "Carl Clerk")]
    assert not Incident.objects.filter(resolved_at=None).exists()
    assert Order.objects.get().status == "cancelled"
    assert disagreements() == []


def test_a_cancelled_order_cannot_be_cancelled_again() -> None:
    small_world()
    order = placed()
    cancel(order.id, actor=CLERK, reason="Once")
    with pytest.raises(Conflict, match="has been cancelled by Carl Clerk"):
        cancel(order.id, actor=SYSTEM, reason="Twice")
    assert cancellable(order.id) == {}


def test_cancelled_work_cannot_go_on_and_says_by_whom() -> None:
    small_world()
    order, work = packed()
    cancel(order.id, actor=CLERK, reason="Stop")
    with pytest.raises(Conflict, match="is cancelled by Carl Clerk; it cannot be shipped"):
        ship(work, actor=PICKER)


def test_a_reason_and_sound_lines_are_needed() -> None:
    small_world()
    order = placed({MUG: 2})
    line = line_ids(order)[MUG]
    with pytest.raises(Invalid, match="say why"):
        cancel(order.id, actor=CLERK, reason=" ")
    with pytest.raises(Invalid, match="at least 1"):
        cancel(order.id, actor=CLERK, reason="x", lines=[(line, 0)])
    with pytest.raises(Invalid, match="no such line"):
        cancel(order.id, actor=CLERK, reason="x", lines=[(order.id, 1)])
    with pytest.raises(Invalid, match="at least one line"):
        cancel(order.id, actor=CLERK, reason="x", lines=[])
    with pytest.raises(Conflict, match="Only 2 of 2"):
        cancel(order.id, actor=CLERK, reason="x", lines=[(line, 1), (line, 2)])
    assert buckets(order) == {MUG: {"reserved": 2}}


def test_one_of_two_vouchers_can_be_cancelled() -> None:
    small_world()
    make_voucher()
    order = placed(lines=[voucher(2)])
    cancel(order.id, actor=CLERK, reason="One will do", lines=[(line_ids(order)["VOUCHER"], 1)])
    assert buckets(order) == {"VOUCHER": {"reserved": 1, "cancelled": 1}}
    assert disagreements() == []


def test_what_is_no_goods_is_cancelled_with_the_last_goods() -> None:
    small_world()
    make_voucher()
    order = placed(lines=[{"sku": MUG, "quantity": 1}, voucher()])
    cancel(order.id, actor=CLERK, reason="Broken", lines=[(line_ids(order)[MUG], 1)])
    assert buckets(order) == {MUG: {"cancelled": 1}, "VOUCHER": {"cancelled": 1}}
    assert Order.objects.get().status == "cancelled"
    assert disagreements() == []
