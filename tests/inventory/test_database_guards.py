"""What the database itself refuses about stock, whoever asks."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict, Invalid
from inventory.models import Movement, Stock
from inventory.services import In, Pin, Short, adjust, receive, reserve
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=5, store_stock=2)


def row(world: World) -> Stock:
    return Stock.objects.get(variant=world.variants[MUG], location=world.warehouse)


def pin(world: World, units: int) -> Pin:
    return Pin(new_id(), world.variants[MUG].pk, world.warehouse.pk, world.pool.pk, units)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE inventory_movement SET quantity = 9", "DELETE FROM inventory_movement", "TRUNCATE inventory_movement"],
)
def test_a_movement_is_never_changed_or_removed(world: World, statement: str) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run(statement)


@pytest.mark.parametrize("column", ["on_hand", "damaged", "quarantine"])
def test_counts_change_by_movements_only(world: World, column: str) -> None:
    with pytest.raises(IntegrityError, match="by stock movements only"), transaction.atomic():
        Stock.objects.update(**{column: F(column) + 1})


def test_no_row_begins_with_units_that_came_from_nowhere(world: World) -> None:
    with pytest.raises(IntegrityError, match="by stock movements only"), transaction.atomic():
        Stock.objects.create(variant=world.variants[MUG], location=world.store, on_hand=3)


@pytest.mark.parametrize("column", ["reserved", "allocated"])
def test_promises_never_rise_above_what_is_on_hand(world: World, column: str) -> None:
    with pytest.raises(IntegrityError, match="cannot be promised"), transaction.atomic():
        Stock.objects.filter(pk=row(world).pk).update(**{column: 6})


def test_more_than_is_free_cannot_be_reserved_and_leaves_no_pin(world: World) -> None:
    with pytest.raises(Short), transaction.atomic():
        reserve([pin(world, 3), pin(world, 3)])
    assert row(world).reserved == 0
    assert disagreements() == []


def test_more_than_there_is_cannot_leave(world: World) -> None:
    with pytest.raises(Conflict, match="fewer units on hand"):
        adjust(world.variants[MUG].pk, world.warehouse.pk, -6, reason="lost", actor=SYSTEM)
    assert row(world).on_hand == 5


def test_a_correction_below_what_is_promised_is_taken_and_becomes_an_incident(world: World) -> None:
    units = pin(world, 4)
    with transaction.atomic():
        reserve([units])
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="broken", actor=SYSTEM)
    assert row(world).on_hand == 2
    assert row(world).free == 0
    assert Incident.objects.get().kind == "shortfall"
    with pytest.raises(Short), transaction.atomic():
        reserve([pin(world, 1)])


def test_a_receipt_is_a_movement_with_its_value_in_the_ledger(world: World) -> None:
    source = new_id()
    receive([In(world.variants[MUG].pk, world.warehouse.pk, 7)], source=source, actor=SYSTEM, vendor="ACME")
    assert row(world).on_hand == 12
    assert Movement.objects.get(source=source).quantity == 7
    assert disagreements() == []


@pytest.mark.parametrize("quantity", [0, -1, 10_000_000])
def test_a_receipt_of_nonsense_is_refused_naming_the_field(world: World, quantity: int) -> None:
    with pytest.raises(Invalid, match="quantity"):
        receive([In(world.variants[MUG].pk, world.warehouse.pk, quantity)], source=new_id(), actor=SYSTEM)


def test_an_invariant_finds_a_reservation_that_somebody_deleted(world: World) -> None:
    with transaction.atomic():
        reserve([pin(world, 2)])
    run("DELETE FROM inventory_reservation")
    assert any("2 reserved, 0 pinned" in sentence for sentence in disagreements())
