"""What comes back, and what the customer gets for it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models import JournalEntry, JournalLine
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, TimelineEntry
from core.problems import Conflict, Invalid, NotFound
from fulfillment.tracking_events import deliver
from inventory.models import Location, Movement, Stock
from orders.models import Channel, Order, OrderLine
from payments.models import Payment, Transaction
from returns.models import Return, ReturnLine
from returns.selectors import by_rma, of_orders, returnable
from returns.services import Asked, Back, ReturnInput, cancel_return, receive_and_credit, request_return
from tests.factories.orders import PICKER, line_ids, placed, shipped
from tests.factories.world import CANDLE, MUG, World, make_location, small_world

pytestmark = pytest.mark.django_db


def booked(role: str) -> Decimal:
    return sum((line.euros for line in JournalLine.objects.filter(role=role)), Decimal(0))


def sold(units: dict[str, int] | None = None) -> tuple[World, Order]:
    """An order that was paid, shipped and delivered."""
    world = small_world(tender="bank_transfer")
    order, shipments = shipped(units or {MUG: 3})
    deliver(shipments, actor=SYSTEM)
    return world, order


def back(order: Order, quantity: int, **more: str) -> ReturnInput:
    external_id = more.pop("external_id", "")
    line = Back(line_ids(order)[MUG], quantity, **more)
    return ReturnInput(order.id, [line], external_id=external_id)


def receive(*returns: UUID | ReturnInput, **more: object) -> list[UUID]:
    return receive_and_credit(returns, actor=PICKER, **more)  # type: ignore[arg-type]


def test_a_good_unit_is_stock_again_and_its_share_is_paid_back() -> None:
    world, order = sold()
    receive(back(order, 1), location_id=world.warehouse.id)
    assert OrderLine.objects.get().returned == 1
    assert Stock.objects.get(variant=world.variants[MUG], location=world.warehouse).on_hand == 98
    payment = Payment.objects.get()
    assert (payment.captured, payment.refunded) == (order.total, Decimal("12.00"))
    assert booked("refund_payable") == 0
    assert booked("cost_of_goods_sold") == Decimal(8)
    assert Event.objects.get(kind="return.received").payload["amount"] == "12.00"
    assert TimelineEntry.objects.filter(about=order.id, action="return.receive").exists()
    assert disagreements() == []


def test_units_that_come_back_one_by_one_end_at_exactly_what_was_paid() -> None:
    world, order = sold()
    for _ in range(3):
        receive(back(order, 1), location_id=world.warehouse.id, refund_freight=True)
        assert disagreements() == []
    assert Payment.objects.get().refunded == order.total
    assert list(ReturnLine.objects.order_by("start").values_list("start", flat=True)) == [0, 1, 2]
    assert booked("tax_payable") == 0
    assert Order.objects.get().is_settled


def test_freight_is_kept_unless_it_is_given_back() -> None:
    world, order = sold()
    receive(back(order, 3), location_id=world.warehouse.id)
    assert order.total - Payment.objects.get().refunded == Decimal("4.90")
    assert disagreements() == []


def test_a_damaged_unit_is_written_down_and_not_sold_again() -> None:
    world, order = sold()
    receive(back(order, 2, condition="damaged"), location_id=world.warehouse.id)
    stock = Stock.objects.get(variant=world.variants[MUG], location=world.warehouse)
    assert (stock.on_hand, stock.damaged) == (97, 2)
    assert booked("write_down") == Decimal(8)
    assert ReturnLine.objects.get().disposition == "scrap"
    assert disagreements() == []


def test_more_than_was_shipped_is_refused_and_names_the_line() -> None:
    world, order = sold()
    with pytest.raises(Invalid, match="only 3 of MUG-BLUE were shipped") as refused:
        receive(back(order, 4), location_id=world.warehouse.id)
    assert refused.value.errors[0]["loc"] == ["returns", 0, "lines", 0, "quantity"]
    with pytest.raises(Invalid, match="only 1 of MUG-BLUE"):
        receive(back(order, 2), back(order, 2), location_id=world.warehouse.id)
    assert not Return.objects.exists()
    assert OrderLine.objects.get().returned == 0
    assert disagreements() == []


def test_what_was_not_shipped_cannot_come_back() -> None:
    world = small_world()
    order = placed({MUG: 1})
    with pytest.raises(Invalid, match="only 0 of MUG-BLUE"):
        receive(back(order, 1), location_id=world.warehouse.id)
    with pytest.raises(Invalid, match="no such line"):
        receive(ReturnInput(order.id, [Back(order.id, 1)]), location_id=world.warehouse.id)
    with pytest.raises(Invalid, match="at least 1"):
        receive(back(order, 0), location_id=world.warehouse.id)


def test_the_same_return_of_another_system_is_credited_once() -> None:
    world, order = sold()
    first = receive(back(order, 1, external_id="C1"), location_id=world.warehouse.id)
    assert receive(back(order, 1, external_id="C1"), location_id=world.warehouse.id) == []
    assert len(first) == Return.objects.count() == 1
    assert disagreements() == []


def test_an_open_bill_is_lowered_instead_of_paid_back() -> None:
    world = small_world(tender="on_account")
    order, _ = shipped({MUG: 3})
    receive(back(order, 1), location_id=world.warehouse.id)
    assert booked("accounts_receivable") == order.total - 12
    assert not Transaction.objects.filter(kind="refund").exists()
    assert disagreements() == []


def test_an_authorised_return_is_received_as_it_was_announced() -> None:
    world, order = sold({MUG: 3, CANDLE: 1})
    lines = line_ids(order)
    rma = request_return(order.id, [Asked(lines[MUG], 2, "Too blue"), Asked(lines[CANDLE], 1)], actor=SYSTEM)
    assert rma.status == "approved"
    assert Event.objects.filter(kind="return.approved", about=order.id).count() == 1
    assert receive(rma.id, rma.id, location_id=world.store.id, conditions={lines[CANDLE]: "damaged"}) == [rma.id]
    assert receive(rma.id, location_id=world.store.id) == []
    rma = by_rma(rma.rma)
    assert (rma.status, rma.location) == ("received", world.store)
    assert [(x.quantity, x.condition, x.decision) for x in rma.lines.all()] == [
        (2, "sellable", "accepted"),
        (1, "damaged", "accepted"),
    ]
    assert Payment.objects.get().refunded == Decimal("30.00")
    assert len(of_orders([order.id])[order.id]) == 1
    assert disagreements() == []


def test_units_are_authorised_once() -> None:
    world, order = sold()
    line = line_ids(order)[MUG]
    rma = request_return(order.id, [Asked(line, 2)], actor=SYSTEM, external_id="R1")
    assert request_return(order.id, [Asked(line, 2)], actor=SYSTEM, external_id="R1") == rma
    assert returnable(order.id) == {line: 1}
    with pytest.raises(Invalid, match="only 1 of MUG-BLUE can be returned"):
        request_return(order.id, [Asked(line, 2)], actor=SYSTEM)
    cancel_return(rma.id, actor=SYSTEM, reason="Keeps it")
    assert returnable(order.id) == {line: 3}
    with pytest.raises(Conflict, match="is cancelled"):
        receive(rma.id, location_id=world.warehouse.id)
    assert disagreements() == []


def test_part_of_what_was_announced_may_come() -> None:
    world, order = sold()
    rma = request_return(order.id, [Asked(line_ids(order)[MUG], 3)], actor=SYSTEM)
    receive(ReturnInput(order.id, [Back(line_ids(order)[MUG], 1)], return_id=rma.id), location_id=world.warehouse.id)
    assert OrderLine.objects.get().returned == 1
    assert returnable(order.id) == {line_ids(order)[MUG]: 2}
    assert disagreements() == []


def test_goods_go_to_the_returns_centre_when_a_vendor_sent_them() -> None:
    world, order = sold()
    centre = make_location("BACK", "Returns centre", Location.Kind.RETURNS_CENTRE, "59000", "Lille")
    Location.objects.filter(pk=world.store.pk).update(kind=Location.Kind.VENDOR)
    receive(back(order, 1), location_id=world.store.id)
    receive(back(order, 1))
    assert set(Movement.objects.filter(reason="return").values_list("location_id", flat=True)) == {centre.id}
    assert disagreements() == []


def test_a_place_that_takes_no_returns_is_refused() -> None:
    world, order = sold()
    Location.objects.filter(pk=world.store.pk).update(can=["ship"])
    with pytest.raises(Invalid, match="takes no returns"):
        receive(back(order, 1), location_id=world.store.id)
    with pytest.raises(Invalid, match="no such location"):
        receive(back(order, 1), location_id=order.id)


def test_an_unknown_return_is_not_found() -> None:
    world, order = sold()
    with pytest.raises(NotFound):
        receive(order.id, location_id=world.warehouse.id)
    with pytest.raises(NotFound):
        by_rma("RMA-0")


def test_history_keeps_its_dates_and_tells_nobody() -> None:
    world, order = sold()
    Channel.objects.update(is_history=True)
    receive(back(order, 1), location_id=world.warehouse.id, at=datetime(2011, 3, 4, 12, tzinfo=UTC))
    assert JournalEntry.objects.get(event="return_accepted").date == date(2011, 3, 4)
    assert not Event.objects.filter(kind="return.received", dispatched_at=None).exists()
    assert disagreements() == []


def test_a_set_of_returns_takes_no_more_statements_than_one() -> None:
    world = small_world(tender="bank_transfer")
    inputs = [back(shipped({MUG: 2})[0], 1) for _ in range(4)]
    counts = []
    for chosen in (inputs[:1], inputs[1:]):
        with CaptureQueriesContext(connection) as queries:
            receive(*chosen, location_id=world.warehouse.id)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert disagreements() == []
