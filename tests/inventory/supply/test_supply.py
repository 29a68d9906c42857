"""Supply on its way: who waits for it, what changes about it, and how units that come are reserved before any is free."""

import pytest
from django.db import IntegrityError, transaction

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event, TimelineEntry
from core.problems import Conflict, Invalid, NotFound
from inventory.models import Stock, Supply, SupplyPin
from inventory.selectors import free_units
from inventory.services import In, receive, set_safety
from inventory.supply.services import Arrival, Expected, arrive, arrive_many, change, close, expect
from tests.factories.supply import comes, coming, day, line, reserved, waits
from tests.factories.world import CANDLE, MUG, World, make_pool, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=0)


def free(world: World) -> int:
    free = free_units([world.variants[MUG].pk], world.pool.pk, world.channel.pk).common
    return sum(units for here in free.values() for units in here.values())


def test_who_waits_gets_the_earliest_supply_and_then_the_next(world: World) -> None:
    coming(world, 2, due=9, reference="PO-LATE")
    coming(world, 3, due=4, reference="PO-SOON")
    key = waits(world, 4)
    assert line(key) == {"PO-SOON": 3, "PO-LATE": 1}
    assert line(waits(world, 2)) == {"PO-LATE": 1, "": 1}
    assert disagreements() == []


def test_supply_outside_the_pool_is_not_waited_for(world: World) -> None:
    counter = make_pool("counter", world.store)
    coming(world, 5)
    assert line(waits(world, 1, pool=counter)) == {"": 1}


def test_new_supply_goes_to_those_who_ordered_first(world: World) -> None:
    last, first = waits(world, 2, minutes=5), waits(world, 2)
    coming(world, 3)
    assert line(first) == {"PO-1": 2}
    assert line(last) == {"PO-1": 1, "": 1}
    told = Event.objects.filter(kind="supply.waits_changed").order_by("-id")[0]
    assert set(told.payload["demands"]) == {str(first), str(last)}


def test_earlier_supply_moves_people_forward_and_takes_nothing_from_anybody(world: World) -> None:
    coming(world, 2, due=9, reference="PO-LATE")
    first, last = waits(world, 2), waits(world, 1, minutes=5)
    coming(world, 2, due=3, reference="PO-SOON")
    assert line(first) == {"PO-SOON": 2}
    assert line(last) == {"PO-LATE": 1}
    assert disagreements() == []


def test_what_arrives_is_reserved_in_the_order_of_the_orders_before_anything_is_free(world: World) -> None:
    supply = coming(world, 5)
    last, first = waits(world, 2, minutes=5), waits(world, 2)
    comes(world, supply, 3)
    assert (reserved(first), reserved(last)) == ({"DC-LYON": 2}, {"DC-LYON": 1})
    assert line(last) == {"PO-1": 1}
    assert free(world) == 0
    comes(world, supply, 2)
    assert reserved(last) == {"DC-LYON": 2}
    assert free(world) == 1
    supply.refresh_from_db()
    assert (supply.state, supply.arrived, supply.committed) == ("closed", 5, 0)
    assert Event.objects.filter(kind="supply.arrived", about=supply.pk).count() == 2
    assert disagreements() == []


def test_more_than_expected_goes_to_those_who_wait_for_nothing_certain(world: World) -> None:
    supply = coming(world, 1)
    first, other = waits(world, 1), waits(world, 2, minutes=1)
    comes(world, supply, 4)
    assert (reserved(first), reserved(other)) == ({"DC-LYON": 1}, {"DC-LYON": 2})
    assert free(world) == 1
    supply.refresh_from_db()
    assert (supply.arrived, supply.to_come, supply.state) == (4, 0, "closed")
    assert disagreements() == []


def test_what_a_place_keeps_back_is_given_to_nobody(world: World) -> None:
    supply = coming(world, 4)
    key = waits(world, 4)
    comes(world, supply, 1)
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    comes(world, supply, 3)
    assert reserved(key) == {"DC-LYON": 2}
    assert line(key) == {"": 2}
    assert disagreements() == []


def test_a_place_that_owes_units_has_that_much_less_of_what_comes(world: World) -> None:
    comes(world, coming(world, 2), 2)
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 5, actor=SYSTEM)
    coming(world, 4, reference="PO-2")
    assert line(waits(world, 4)) == {"PO-2": 1, "": 3}


def test_when_less_comes_the_last_to_order_wait_for_other_supply_or_for_any(world: World) -> None:
    supply = coming(world, 4, due=3)
    coming(world, 1, due=9, reference="PO-2")
    first, last = waits(world, 2), waits(world, 2, minutes=5)
    change(supply.pk, quantity=2, actor=SYSTEM)
    assert line(first) == {"PO-1": 2}
    assert line(last) == {"PO-2": 1, "": 1}
    change(supply.pk, quantity=4, actor=SYSTEM)
    assert line(last) == {"PO-1": 2}
    assert disagreements() == []


def test_another_day_is_told_to_those_who_wait(world: World) -> None:
    supply = coming(world, 4, due=3)
    key = waits(world, 2)
    change(supply.pk, due=day(12), actor=SYSTEM)
    assert Event.objects.get(kind="supply.changed").payload["demands"] == [str(key)]
    told = TimelineEntry.objects.get(about=supply.pk, action="supply.change")
    assert told.data == {"due": [day(3).isoformat(), day(12).isoformat()]}
    supply.refresh_from_db()
    assert supply.first_due == day(3)


def test_the_same_change_twice_is_one(world: World) -> None:
    supply = coming(world, 4)
    assert change(supply.pk, quantity=3, actor=SYSTEM).version == 2
    assert change(supply.pk, quantity=3, actor=SYSTEM).version == 2
    assert TimelineEntry.objects.filter(about=supply.pk, action="supply.change").count() == 1


def test_a_closed_supply_frees_who_waited_and_takes_nothing_more(world: World) -> None:
    supply = coming(world, 4)
    key = waits(world, 2)
    close(supply.pk, reason="the vendor has none", actor=SYSTEM)
    close(supply.pk, reason="the vendor has none", actor=SYSTEM)
    assert line(key) == {"": 2}
    assert TimelineEntry.objects.filter(about=supply.pk, action="supply.close").count() == 1
    with pytest.raises(Conflict, match="PO-1"):
        arrive(supply.pk, 1, actor=SYSTEM)
    with pytest.raises(Conflict, match="closed"):
        change(supply.pk, quantity=9, actor=SYSTEM)
    assert disagreements() == []


def test_what_has_come_cannot_be_taken_out_of_what_was_ordered(world: World) -> None:
    supply = coming(world, 4)
    comes(world, supply, 3)
    with pytest.raises(Invalid, match="3 have arrived"):
        change(supply.pk, quantity=2, actor=SYSTEM)
    assert change(supply.pk, quantity=3, actor=SYSTEM).state == "closed"
    assert disagreements() == []


def test_many_supplies_of_one_receipt(world: World) -> None:
    mugs, candles = coming(world, 2), coming(world, 2, sku=CANDLE)
    key = waits(world, 1, sku=CANDLE)
    units = [In(world.variants[sku].pk, world.warehouse.pk, 2) for sku in (CANDLE, MUG)]
    receive(units, source=new_id(), actor=SYSTEM, vendor="ACME")
    told = arrive_many([Arrival(candles.pk, 2), Arrival(mugs.pk, 1), Arrival(mugs.pk, 1)], actor=SYSTEM)
    assert [(supply.pk, supply.arrived) for supply in told] == [(candles.pk, 2), (mugs.pk, 2), (mugs.pk, 2)]
    assert reserved(key) == {"DC-LYON": 1}
    assert disagreements() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10**9}, "quantity"),
        ({"due": day(99_999)}, "due"),
        ({"variant_id": new_id()}, "sku"),
        ({"location_id": new_id()}, "location"),
        ({"kind": "gift"}, "kind"),
        ({"reference": " "}, "reference"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(world: World, more: dict[str, object], field: str) -> None:
    given = {
        "variant_id": world.variants[MUG].pk, "location_id": world.warehouse.pk, "due": day(3), "quantity": 1,
        "kind": "purchase", "source": new_id(), "reference": "PO-1",
    } | more  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        expect([Expected(**given)], actor=SYSTEM)  # type: ignore[arg-type]
    assert refusal.value.errors[0]["loc"] == ["lines", 0, field]
    assert not Supply.objects.exists()


def test_supply_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        arrive(new_id(), 1, actor=SYSTEM)
    with pytest.raises(NotFound):
        change(new_id(), quantity=1, actor=SYSTEM)
    with pytest.raises(Invalid):
        arrive_many([Arrival(new_id(), 0)], actor=SYSTEM)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE inventory_supply SET committed = committed + 1", "by its pins only"),
        ("UPDATE inventory_supply SET quantity = 1", "supply_committed_is_to_come"),
        ("UPDATE inventory_supply SET arrived = 4", "supply_committed_is_to_come"),
        ("UPDATE inventory_supply SET state = 'closed'", "supply_closed_owes_nothing"),
        ("UPDATE inventory_supplypin SET quantity = 9", "supply_committed_is_to_come"),
        ("UPDATE inventory_supplypin SET variant_id = gen_random_uuid()", "of its own variant"),
    ],
)
def test_the_database_refuses_to_promise_supply_that_is_not_to_come(world: World, statement: str, words: str) -> None:
    coming(world, 4)
    waits(world, 3)
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        run(statement)


def test_committed_follows_every_change_of_the_pins(world: World) -> None:
    supply = coming(world, 4)
    waits(world, 3)
    for statement, committed in (
        ("UPDATE inventory_supplypin SET quantity = 2", 2),
        ("DELETE FROM inventory_supplypin", 0),
    ):
        run(statement)
        supply.refresh_from_db()
        assert supply.committed == committed


def test_the_invariants_find_what_disagrees(world: World) -> None:
    coming(world, 4)
    waits(world, 3)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE inventory_supplypin DISABLE TRIGGER USER")
    SupplyPin.objects.update(quantity=1)
    run("ALTER TABLE inventory_supplypin ENABLE TRIGGER USER")
    run("DELETE FROM inventory_poollocation")
    assert [sentence for sentence in disagreements() if "3 committed, 1 pinned" in sentence]
    assert [sentence for sentence in disagreements() if "outside its pool" in sentence]
    assert not Stock.objects.exists()
