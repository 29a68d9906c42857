"""Receiving: whole, short, over, damaged, not ordered, twice; on hand, in the books, and kept by the database."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from accounting.models import JournalLine
from accounting.rates import set_rates
from core.actors import SYSTEM
from core.days import company_day
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event, TimelineEntry
from core.problems import Conflict, Forbidden, Invalid
from core.versions import Stale
from inventory.models import Movement, Stock, TallyEntry
from inventory.tallies import counting
from inventory.tallies.counting import Entry, Unknown
from purchasing import ordering
from purchasing.models import PurchaseLine, Receipt, ReceiptLine
from purchasing.receiving import book, compare, receive
from tests.factories.purchases import BUYER, DOCK, bought, came, line_of, received, status
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=0)


def on_hand(sku: str) -> tuple[int, int]:
    stock = Stock.objects.get(variant__sku=sku, location__code="DC-LYON")
    return stock.on_hand, stock.damaged


def booked(receipt: Receipt) -> dict[str, Decimal]:
    """What the receipt's entry says, by role: debits positive."""
    lines = JournalLine.objects.filter(entry__source=receipt.pk)
    return {line.role: line.debit - line.credit for line in lines}


def test_a_whole_delivery_is_on_hand_and_in_the_books_at_what_it_was_bought_for(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10}, cost="3.50")
    receipt = received(order, {MUG: 10}, delivery_note="DN 77")
    assert (status(order.pk), on_hand(MUG)) == ("received", (10, 0))
    assert booked(receipt) == {
        "inventory": Decimal(40),
        "goods_received_not_invoiced": Decimal(-35),
        "price_variance": Decimal(-5),
    }
    movement = Movement.objects.get(source=receipt.pk)
    assert (movement.quantity, movement.reason) == (10, "receipt")
    assert movement.note == f"{order.number} · {receipt.number} · DN 77"
    assert Event.objects.filter(kind="purchase_order.received", about=order.pk).count() == 1
    assert TimelineEntry.objects.filter(about=order.pk, action="purchase_order.receipt").count() == 1
    assert disagreements() == []


def test_an_order_in_pounds_is_owed_in_euros_of_the_day(world: World) -> None:
    set_rates([("GBP", company_day(), Decimal("1.2"))], actor=SYSTEM)
    order = bought(world.warehouse, {MUG: 10}, cost="3.00", currency="GBP")
    receipt = received(order, {MUG: 10})
    assert (receipt.owed, receipt.rate) == (Decimal(36), Decimal("1.2"))
    set_rates([("GBP", company_day(), Decimal("1.5"))], actor=SYSTEM)
    receipt.refresh_from_db()
    assert receipt.rate == Decimal("1.2")
    assert booked(receipt)["price_variance"] == Decimal(-4)
    assert disagreements() == []


def test_what_is_short_stays_open_or_is_given_up_with_a_reason(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10, VASE: 2})
    received(order, {MUG: 7})
    assert (status(order.pk), line_of(order, MUG)) == ("partly_received", (10, 7, 0, 0, 3))
    received(order, {MUG: 1}, rest_given_up="Sold out at the vendor's")
    assert (status(order.pk), line_of(order, MUG)) == ("closed", (10, 8, 0, 2, 0))
    assert line_of(order, VASE) == (2, 0, 0, 2, 0)
    with pytest.raises(Conflict, match="is “closed”: nothing can be received for it"):
        received(order, {MUG: 1})
    assert disagreements() == []


def test_damaged_units_came_and_cannot_be_sold(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    received(order, {MUG: 8}, damaged={MUG: 2})
    assert (status(order.pk), on_hand(MUG)) == ("received", (8, 2))
    assert line_of(order, MUG) == (10, 8, 2, 0, 0)
    assert disagreements() == []


def test_more_is_taken_up_to_what_the_vendor_is_allowed(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10}, over_percent=20)
    received(order, {MUG: 11})
    received(order, {MUG: 1})
    assert (status(order.pk), on_hand(MUG)) == ("received", (12, 0))
    with pytest.raises(Forbidden, match=f"1 × {MUG} are too many for {order.number}"):
        received(order, {MUG: 1})
    received(order, {MUG: 1}, accepted=True)
    assert on_hand(MUG) == (13, 0)
    assert disagreements() == []


def test_what_was_not_ordered_is_refused_or_taken_at_standard_cost(world: World) -> None:
    order = bought(world.warehouse, {MUG: 1})
    with pytest.raises(Forbidden, match=f"{VASE} is not in {order.number}: put it aside"):
        received(order, {MUG: 1, VASE: 2})
    assert not Movement.objects.exists()
    receipt = received(order, {MUG: 1, VASE: 2}, accepted=True)
    assert line_of(order, VASE) == (0, 2, 0, 0, 0)
    assert receipt.owed == Decimal("25.50")
    assert (status(order.pk), on_hand(VASE)) == ("received", (2, 0))
    assert disagreements() == []


def test_the_same_delivery_again_counts_once(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    delivery = came({MUG: 4})
    first, second = (receive(order.pk, delivery, actor=DOCK) for _ in range(2))
    assert first == second
    assert on_hand(MUG) == (4, 0)


def test_nothing_is_received_for_a_draft_and_no_nonsense(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    for delivery, words in (
        (came({}), "nothing has been counted yet"),
        (came({MUG: -1}), "must be a whole number"),
        (came({MUG: 9_999_999}), "must be a whole number"),
        (came({MUG: 1}, delivery_note="x" * 201), "up to 200 characters"),
    ):
        with pytest.raises(Invalid, match=words):
            receive(order.pk, delivery, actor=DOCK)
    draft = ordering.draft(order.vendor_id, world.warehouse.pk, ordering.as_it_is(order), actor=BUYER)
    with pytest.raises(Conflict, match="is “draft”: nothing can be received"):
        received(draft, {MUG: 1})
    assert not Receipt.objects.exists()


# Counted by scan


def scan(order_id: object, code: str, quantity: int = 1, **more: object) -> None:
    entry = Entry(code, more.pop("key", None) or new_id(), quantity, **more)  # type: ignore[arg-type]
    counting.count(order_id, "receive", entry, actor=DOCK)  # type: ignore[arg-type]


def test_a_delivery_is_counted_by_scan_and_booked_once(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10, CANDLE: 5})
    key = new_id()
    for _ in range(2):
        scan(order.pk, MUG.lower(), 6, key=key)
    scan(order.pk, MUG, 3)
    scan(order.pk, MUG, -1)
    scan(order.pk, CANDLE, 2, condition="damaged")
    tally = counting.open_tally(order.pk, "receive")
    assert tally is not None
    compared = compare(order, counting.units(tally))
    assert [(d.variant.sku, d.waited, d.came.sellable, d.came.damaged, d.short) for d in compared.differences] == [
        (MUG, 10, 8, 0, 2),
        (CANDLE, 5, 0, 2, 3),
    ]
    first, second = (book(order.pk, tally.pk, came({}), actor=DOCK, version="4") for _ in range(2))
    assert first == second
    assert on_hand(MUG) == (8, 0)
    assert counting.open_tally(order.pk, "receive") is None
    assert disagreements() == []


def test_who_books_what_was_counted_meanwhile_is_told(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    scan(order.pk, MUG)
    tally = counting.open_tally(order.pk, "receive")
    assert tally is not None
    scan(order.pk, MUG)
    with pytest.raises(Stale):
        book(order.pk, tally.pk, came({}), actor=DOCK, version="1")
    counting.drop(order.pk, "receive", actor=DOCK)
    with pytest.raises(Conflict, match="begun this count anew"):
        book(order.pk, tally.pk, came({}), actor=DOCK, version="2")
    assert not Receipt.objects.exists()


def test_an_unknown_code_counts_nothing_and_no_more_is_taken_back_than_was_counted(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    for code in ("", "NO-SUCH", "x" * 500):
        with pytest.raises(Unknown):
            scan(order.pk, code)
    with pytest.raises(Invalid, match="fewer are counted"):
        scan(order.pk, MUG, -1)
    with pytest.raises(Invalid, match="choose sellable or damaged"):
        scan(order.pk, MUG, 1, condition="eaten")
    assert not TallyEntry.objects.exists()


def test_the_rest_is_counted_at_once(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10, CANDLE: 5})
    scan(order.pk, MUG, 4, condition="damaged")
    wanted = {line.variant_id: line.open for line in order.lines.all()}
    key = new_id()
    assert [counting.count_rest(order.pk, "receive", wanted, key, actor=DOCK) for _ in range(2)] == [11, 0]
    tally = counting.open_tally(order.pk, "receive")
    assert tally is not None
    assert {u.all for u in counting.units(tally).values()} == {10, 5}


# The database's own guards


def test_what_came_changes_by_receipts_only(world: World) -> None:
    bought(world.warehouse, {MUG: 10})
    for column in ("received", "damaged"):
        with pytest.raises(IntegrityError, match="by receipts only"), transaction.atomic():
            PurchaseLine.objects.update(**{column: F(column) + 1})


@pytest.mark.parametrize("table", ["purchasing_receipt", "purchasing_receiptline"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"])
def test_a_receipt_is_never_changed_or_removed(world: World, table: str, statement: str) -> None:
    received(bought(world.warehouse, {MUG: 1}), {MUG: 1})
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        run(statement.format(table))


def test_a_receipt_brings_lines_of_its_own_order_only(world: World) -> None:
    receipt = received(bought(world.warehouse, {MUG: 1}), {MUG: 1})
    other = bought(world.warehouse, {VASE: 1})
    with pytest.raises(IntegrityError, match="its own order only"), transaction.atomic():
        ReceiptLine.objects.create(receipt=receipt, line=other.lines.get(), received=1)


def test_a_movement_behind_a_receipts_back_is_named(world: World) -> None:
    receipt = received(bought(world.warehouse, {MUG: 1}), {MUG: 1})
    Movement.objects.create(
        variant=world.variants[MUG],
        location=world.warehouse,
        quantity=1,
        reason="receipt",
        source=receipt.pk,
        actor="x",
    )
    assert any(f"{receipt.number}: 1/0 by its lines, 2/0 by movements" in each for each in disagreements())
