"""Transfers: free units leave, are in transit, arrive whole, short or damaged, or never; in the books and as supply."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from accounting.models import JournalLine
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event
from core.problems import Conflict, Invalid
from core.versions import Stale
from inventory.models import Movement, Supply, TransferLine, TransferStep, TransferStepLine
from inventory.services import Pin, reserve, set_safety
from inventory.tallies import counting
from inventory.tallies.counting import Entry
from inventory.transfers import drafting, moving
from inventory.valuation.costs import set_cost
from tests.factories.purchases import BUYER, DOCK
from tests.factories.supply import reserved, waits
from tests.factories.transfers import arrived, counted, drafted, on_hand, sent, wish
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=0)


def balance(role: str) -> Decimal:
    lines = JournalLine.objects.filter(role=role)
    return sum((line.debit - line.credit for line in lines), Decimal(0))


def at(world: World, place: str) -> Decimal:
    """The value of a place's stock by the books."""
    lines = JournalLine.objects.filter(role="inventory", location_id=getattr(world, place).pk)
    return sum((line.debit - line.credit for line in lines), Decimal(0))


def test_what_is_sent_is_in_transit_and_what_arrives_is_on_hand_there(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 6})
    assert (transfer.status, on_hand(world.warehouse, MUG), on_hand(world.store, MUG)) == ("in_transit", (4, 0), (0, 0))
    assert balance("inventory_in_transit") == 24
    supply = Supply.objects.get(kind="transfer")
    assert (supply.quantity, supply.location, supply.due, supply.reference) == (
        6, world.store, transfer.due_on, transfer.number,
    )  # fmt: skip
    assert disagreements() == []
    step = arrived(transfer, {MUG: 6}, note="Two boxes")
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(world.store, MUG)) == ("received", (6, 0))
    assert balance("inventory_in_transit") == 0
    assert at(world, "store") == 24
    assert Movement.objects.get(source=step.pk).note == f"{transfer.number} · Two boxes"
    assert Supply.objects.get(kind="transfer").state == "closed"
    assert Event.objects.filter(kind__in=["transfer.sent", "transfer.received"], about=transfer.pk).count() == 2
    assert disagreements() == []


def test_what_is_missing_stays_in_transit_until_it_is_found(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 6, VASE: 3})
    arrived(transfer, {MUG: 5}, damaged={VASE: 1})
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(world.store, VASE)) == ("partly_received", (0, 1))
    assert balance("inventory_in_transit") == 1 * 4 + 2 * 11
    assert disagreements() == []
    arrived(transfer, {MUG: 1, VASE: 2})
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(world.store, MUG)) == ("received", (6, 0))
    assert balance("inventory_in_transit") == 0
    assert disagreements() == []


def test_or_until_it_is_written_off_with_a_reason(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 6})
    arrived(transfer, {MUG: 4})
    with pytest.raises(Invalid, match="say why"):
        moving.write_off(transfer.pk, key=new_id(), reason=" ", actor=DOCK)
    key = new_id()
    for _ in range(2):
        moving.write_off(transfer.pk, key=key, reason="A box fell off the lorry", actor=DOCK)
    transfer.refresh_from_db()
    assert transfer.status == "short"
    assert (balance("inventory_in_transit"), balance("shrinkage")) == (0, 8)
    assert not Supply.objects.filter(kind="transfer", state="expected").exists()
    with pytest.raises(Conflict, match="is “closed with a difference”: nothing can be received for it"):
        arrived(transfer, {MUG: 1})
    assert disagreements() == []


def costs(world: World, cost: str) -> None:
    set_cost(world.variants[MUG].pk, Decimal(cost), reason="New price list", actor=SYSTEM)


def test_a_value_that_does_not_divide_comes_back_to_zero(world: World) -> None:
    costs(world, "3.3333")
    transfer = sent(world.warehouse, world.store, {MUG: 7})
    costs(world, "9")
    for units in (1, 2, 1):
        arrived(transfer, {MUG: units})
        assert disagreements() == []
    moving.write_off(transfer.pk, key=new_id(), reason="lost", actor=DOCK)
    assert balance("inventory_in_transit") == 0
    assert disagreements() == []


def test_promised_units_and_safety_stock_never_leave(world: World) -> None:
    variant = world.variants[MUG].pk
    with transaction.atomic():
        reserve([Pin(new_id(), variant, world.warehouse.pk, world.pool.pk, 4)])
    set_safety(variant, world.warehouse.pk, 3, actor=SYSTEM)
    transfer = drafted(world.warehouse, world.store, {MUG: 4})
    with pytest.raises(Conflict, match=f"Only 3 × {MUG} are free at Lyon warehouse: the others are promised"):
        moving.send(transfer.pk, counted({MUG: 4}), key=new_id(), actor=DOCK)
    assert not TransferStep.objects.exists()
    moving.send(transfer.pk, counted({MUG: 3}), key=new_id(), actor=DOCK)
    assert on_hand(world.warehouse, MUG) == (7, 0)
    assert disagreements() == []


def test_who_waits_has_the_units_reserved_when_they_arrive(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 6})
    demand = waits(world, 2)
    assert Supply.objects.get(kind="transfer").committed == 2
    arrived(transfer, {MUG: 1})
    assert reserved(demand) == {"SHOP-PARIS": 1}
    arrived(transfer, {MUG: 5})
    assert reserved(demand) == {"SHOP-PARIS": 2}
    assert disagreements() == []


def test_twice_is_once(world: World) -> None:
    transfer, key = drafted(world.warehouse, world.store, {MUG: 6}), new_id()
    first, second = (moving.send(transfer.pk, counted({MUG: 6}), key=key, actor=DOCK) for _ in range(2))
    assert first == second
    with pytest.raises(Conflict, match="is “in transit”: it cannot be sent"):
        moving.send(transfer.pk, counted({MUG: 1}), key=new_id(), actor=DOCK)
    key = new_id()
    for _ in range(2):
        arrived(transfer, {MUG: 2}, key=key)
    assert on_hand(world.store, MUG) == (2, 0)


def test_what_nobody_asked_for_and_what_was_not_sent_is_refused(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {MUG: 2})
    for units, words in (
        (counted({MUG: 3}), f"Only 2 × {MUG} are asked for"),
        (counted({MUG: 2, VASE: 1}), f"not in {transfer.number}"),
    ):
        with pytest.raises(Conflict, match=words):
            moving.send(transfer.pk, units, key=new_id(), actor=DOCK)
    for units, words in ((counted({}), "nothing has been counted"), (counted({}, {MUG: 1}), "only sellable")):
        with pytest.raises(Invalid, match=words):
            moving.send(transfer.pk, units, key=new_id(), actor=DOCK)
    moving.send(transfer.pk, counted({MUG: 2}), key=new_id(), actor=DOCK)
    with pytest.raises(Conflict, match=f"Only 2 × {MUG} are in transit"):
        arrived(transfer, {MUG: 2}, damaged={MUG: 1})


def test_a_transfer_is_sent_and_received_by_scan(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {MUG: 3, CANDLE: 2})
    for purpose, book in (("send", moving.book_sent), ("receive", moving.book_received)):
        for sku, n in ((MUG, 3), (CANDLE, 1)):
            counting.count(transfer.pk, purpose, Entry(sku, new_id(), n), actor=DOCK)
        tally = counting.open_tally(transfer.pk, purpose)
        assert tally is not None
        with pytest.raises(Stale):
            book(transfer.pk, tally.pk, actor=DOCK, version="1")
        first, second = (book(transfer.pk, tally.pk, actor=DOCK, version="2") for _ in range(2))
        assert first == second
    assert on_hand(world.store, MUG) == (3, 0)
    assert on_hand(world.store, CANDLE) == (1, 0)
    transfer.refresh_from_db()
    assert transfer.status == "received"
    assert disagreements() == []


def test_a_draft_is_changed_and_cancelled_and_under_way_only_the_day_changes(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {MUG: 2})
    drafting.change(transfer.pk, wish({VASE: 1, CANDLE: 3}), actor=BUYER, version="1")
    assert list(transfer.lines.order_by("position").values_list("variant__sku", "quantity")) == [(VASE, 1), (CANDLE, 3)]
    with pytest.raises(Stale):
        drafting.change(transfer.pk, wish({MUG: 1}), actor=BUYER, version="1")
    for _ in range(2):
        assert drafting.cancel(transfer.pk, actor=BUYER, reason="No need any more").status == "cancelled"
    moved = sent(world.warehouse, world.store, {MUG: 2})
    drafting.change(moved.pk, wish({VASE: 9}, days=20), actor=BUYER)
    assert Supply.objects.get(kind="transfer").due == wish({}, days=20).due_on
    assert not moved.lines.filter(variant__sku=VASE).exists()
    with pytest.raises(Conflict, match="cannot be cancelled any more"):
        drafting.cancel(moved.pk, actor=BUYER, reason="x")
    assert disagreements() == []


def test_nonsense_is_refused_by_its_field(world: World) -> None:
    place = world.warehouse.pk
    for origin, target, wanted, words in (
        (place, place, wish({MUG: 1}), "choose another place"),
        (new_id(), place, wish({MUG: 1}), "origin: choose a place of ours"),
        (place, world.store.pk, wish({}), "name 1 to 500"),
        (place, world.store.pk, wish({MUG: 0}), "lines.0.quantity"),
        (place, world.store.pk, wish({MUG: 1}, days=500), "within a year"),
    ):
        with pytest.raises(Invalid, match=words):
            drafting.draft(origin, target, wanted, actor=BUYER)


# The database's own guards


@pytest.mark.parametrize("column", ["sent", "received", "damaged", "written_off"])
def test_what_became_of_units_changes_by_steps_only(world: World, column: str) -> None:
    sent(world.warehouse, world.store, {MUG: 2})
    with pytest.raises(IntegrityError, match="by its steps only"), transaction.atomic():
        TransferLine.objects.update(**{column: F(column) + 1})


@pytest.mark.parametrize("table", ["inventory_transferstep", "inventory_transferstepline"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"])
def test_a_step_is_never_changed_or_removed(world: World, table: str, statement: str) -> None:
    sent(world.warehouse, world.store, {MUG: 2})
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        run(statement.format(table))


def test_no_more_arrives_than_was_sent_and_nothing_is_sent_twice(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 2})
    other = sent(world.warehouse, world.store, {VASE: 2})
    step = TransferStep.objects.create(transfer=transfer, kind="receive", key=new_id(), actor="x")
    with pytest.raises(IntegrityError, match="transferline_from_nowhere"), transaction.atomic():
        TransferStepLine.objects.create(step=step, line=transfer.lines.get(), sellable=3)
    with pytest.raises(IntegrityError, match="its own transfer"), transaction.atomic():
        TransferStepLine.objects.create(step=step, line=other.lines.get(), sellable=1)
    with pytest.raises(IntegrityError, match="transferstep_sent_once"), transaction.atomic():
        TransferStep.objects.create(transfer=transfer, kind="send", key=new_id(), actor="x")
