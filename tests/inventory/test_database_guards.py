"""What the database itself refuses about stock, whoever asks."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.incidents import open_incident
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.problems import Conflict, Invalid
from inventory.models import Movement, Stock
from inventory.services import (
    In,
    Out,
    Pin,
    Short,
    Target,
    adjust,
    allocate,
    receive,
    reserve,
    ship_out,
    take_in,
    unreserve,
)
from tests.factories.books import besides_value
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
    [
        "UPDATE inventory_movement SET quantity = 9",
        "DELETE FROM inventory_movement",
        "TRUNCATE inventory_movement CASCADE",
    ],
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


def short(world: World) -> tuple[Pin, Incident]:
    """Three units too few for a demand of four."""
    units = pin(world, 4)
    with transaction.atomic():
        reserve([units])
    adjust(units.variant_id, units.location_id, -4, reason="broken", actor=SYSTEM)
    return units, Incident.objects.get(resolved_at=None)


def is_resolved(incident: Incident) -> bool:
    """Whether it is, which the timeline and the invariants must agree with."""
    incident.refresh_from_db()
    assert besides_value() == []
    told = TimelineEntry.objects.filter(about=incident.about, action="incident.shortfall", after="resolved")
    assert told.exists() is bool(incident.resolved_at) is bool(incident.resolution)
    return incident.resolved_at is not None


def receipt(units: Pin, quantity: int) -> None:
    receive([In(units.variant_id, units.location_id, quantity)], source=new_id(), actor=SYSTEM)


def correction(units: Pin, quantity: int) -> None:
    adjust(units.variant_id, units.location_id, quantity, reason="found", actor=SYSTEM)


def comeback(units: Pin, quantity: int) -> None:
    take_in([(In(units.variant_id, units.location_id, quantity), new_id())], actor=SYSTEM)


def change_of_mind(units: Pin, quantity: int) -> None:
    unreserve([(units.demand_key, quantity)])


@pytest.mark.parametrize("mend", [receipt, correction, change_of_mind])
def test_a_shortfall_is_over_when_stock_covers_the_promises_and_not_before(
    world: World, mend: Callable[[Pin, int], None]
) -> None:
    units, incident = short(world)
    for quantity, enough in ((2, False), (1, True)):
        with transaction.atomic():
            mend(units, quantity)
        assert is_resolved(incident) is enough
    assert Event.objects.filter(kind="exception.resolved", about=row(world).pk).count() == 1


def test_a_shortfall_is_over_when_units_come_back(world: World) -> None:
    units, incident = short(world)
    with transaction.atomic():
        comeback(units, 3)
    assert is_resolved(incident)


def test_a_shortfall_is_over_where_the_goods_are_sent_from_elsewhere(world: World) -> None:
    adjust(world.variants[MUG].pk, world.store.pk, 2, reason="found", actor=SYSTEM)
    units, incident = short(world)
    with transaction.atomic():
        allocate([Target(units.demand_key, units.variant_id, world.store.pk, 4)])
    incident.refresh_from_db()
    assert incident.resolved_at is not None


def test_shipping_the_units_that_are_left_does_not_end_a_shortfall(world: World) -> None:
    units, incident = short(world)
    allocated = Stock.objects.filter(pk=row(world).pk)
    with transaction.atomic():
        unreserve([(units.demand_key, 2)])
        allocate([Target(units.demand_key, units.variant_id, units.location_id, 2)])
        ship_out([Out(units.variant_id, units.location_id, 1, new_id(), new_id())], actor=SYSTEM)
    assert list(allocated.values_list("on_hand", "allocated")) == [(0, 1)]
    incident.refresh_from_db()
    assert incident.resolved_at is None


def test_the_invariant_names_a_shortfall_that_is_none(world: World) -> None:
    open_incident("shortfall", about=row(world).pk, actor=SYSTEM)
    assert "a shortfall is open though 0 are promised of 5 on hand" in " ".join(disagreements())


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
