"""Many want the same supply, the same units that came, or one cancels what just comes: each unit goes to one of them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from capture import pinning
from capture import services as capture
from catalog.models import Variant
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.problems import OutOfStock, Problem
from fulfillment import backorders
from fulfillment.amend import cancel
from fulfillment.routing import route
from inventory.models import Location, Reservation, Stock, Supply, SupplyPin
from inventory.services import In, receive
from inventory.supply import services, waiting
from inventory.supply.announcing import Announcement, announce
from launcher.processes import wait_until
from orders.models import Order
from sourcing.network import forget
from tests.concurrency.lined_up import PATIENCE, holding
from tests.factories.orders import buckets, line_ids, placed
from tests.factories.supply import comes, coming, day, waits
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.usefixtures("fresh_database")


def at_once(held: str, *acts: Any) -> list[Any]:
    """Each act stands at a lock before the next begins; then all go on. What each said or raised."""
    with ThreadPoolExecutor(len(acts)) as pool:
        with holding(held) as waiting_now:
            going_on = []
            for act in acts:
                going_on.append(pool.submit(told, act))
                assert wait_until(lambda: waiting_now() >= len(going_on), PATIENCE)
        return [future.result(PATIENCE) for future in going_on]


def told(act: Any) -> Any:
    try:
        with transaction.atomic():
            return act()
    except (Problem, DatabaseError) as error:
        return error
    finally:
        connection.close()


def two_want_the_last() -> list[Any]:
    world = small_world(stock=0, store_stock=0)
    coming(world, 1)
    return at_once("SELECT FROM inventory_supply", lambda: waits(world, 1), lambda: waits(world, 1, minutes=1))


def test_the_last_unit_of_a_supply_goes_to_one_and_the_other_waits_for_more() -> None:
    two_want_the_last()
    assert sorted(SupplyPin.objects.values_list("supply__reference", flat=True), key=str) == [None, "PO-1"]
    assert Supply.objects.get().committed == 1
    assert disagreements() == []


def test_without_the_lock_of_the_supply_the_database_has_to_refuse_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "lock_supply", lambda variants: None)
    said = two_want_the_last()
    assert [each for each in said if isinstance(each, IntegrityError)]


def two_customers_want_the_last() -> list[Any]:
    world = small_world(stock=0, store_stock=0)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    coming(world, 3)
    customers = [{"email": f"{name}@example.com", "first_name": name} for name in ("anne", "ben")]
    acts = [partial(placed, {MUG: 2}, customer=customer) for customer in customers]
    return at_once("SELECT FROM inventory_supply", *acts)


def test_of_two_who_pre_order_the_last_units_one_gets_them_and_the_other_is_told_what_is_left() -> None:
    said = two_customers_want_the_last()
    assert sorted(isinstance(each, OutOfStock) for each in said) == [False, True]
    refusal = next(each for each in said if isinstance(each, OutOfStock))
    assert refusal.extra["available"] == {MUG: 1}
    assert Supply.objects.get().committed == 2
    assert disagreements() == []


def test_without_the_lock_of_the_supply_the_database_has_to_refuse_a_pre_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "lock_supply", lambda variants: None)
    monkeypatch.setattr(pinning, "lock_supply", lambda variants: None)
    monkeypatch.setattr(capture, "IntegrityError", ZeroDivisionError)
    said = two_customers_want_the_last()
    assert [each for each in said if "supply_committed_is_to_come" in str(each)], said


def backordered(world: World, units: int = 1) -> Order:
    order = placed({MUG: units})
    Location.objects.filter(pk=world.store.pk).update(can=[])
    forget()
    route([order.pk], actor=SYSTEM)
    return order


def two_workers_serve() -> Order:
    world = small_world(stock=0, store_stock=1)
    order = backordered(world)
    goods = [In(world.variants[MUG].pk, world.warehouse.pk, 2)]
    receive(goods, source=order.pk, actor=SYSTEM, vendor="ACME")
    act = lambda: waiting.cover([world.variants[MUG].pk])  # noqa: E731
    at_once("SELECT FROM inventory_stock", act, act)
    return order


def test_two_workers_serve_one_who_waits_once() -> None:
    order = two_workers_serve()
    assert Reservation.objects.get().quantity == 1
    backorders.take_up(None, actor=SYSTEM)
    assert buckets(order)[MUG] == {"reserved": 1}
    assert disagreements() == []


def test_without_the_locks_of_stock_and_supply_he_is_served_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lock_supply", "lock_stock"):
        monkeypatch.setattr(waiting, name, lambda *given: None)
    two_workers_serve()
    assert Reservation.objects.get().quantity == 2
    assert [each for each in disagreements() if "1 backordered, 2 pinned" in each]


def announced_twice() -> None:
    world = small_world(stock=1, store_stock=0)
    line = {"sku": MUG, "location": "DC-LYON", "due": day(5).isoformat(), "quantity": 3, "reference": "PO-9"}

    def call() -> Any:
        return (
            Client()
            .post("/api/v1/inbound-supply", {"lines": [line]}, "application/json", headers=world.headers())
            .status_code
        )

    assert at_once("SELECT FROM catalog_variant", call, call) == [201, 201]


def test_a_line_announced_by_two_calls_at_once_is_one_supply() -> None:
    announced_twice()
    assert Supply.objects.count() == 1


def test_without_the_lock_of_the_supply_it_is_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.supply.api.lock_supply", lambda variants: None)
    monkeypatch.setattr(services, "lock_supply", lambda variants: None)
    announced_twice()
    assert Supply.objects.count() == 2


def sent_twice() -> None:
    """The form of an announcement, by a double click."""
    world = small_world(stock=1, store_stock=0)
    said = Announcement(MUG, world.warehouse.pk, 3, day(5), "Call", new_id())
    act = partial(announce, said, actor=SYSTEM)
    first, second = at_once("SELECT FROM inventory_location", act, act)
    assert isinstance(first, Supply) and isinstance(second, Supply)


def test_a_form_that_is_sent_twice_at_once_counts_once() -> None:
    sent_twice()
    assert Supply.objects.count() == 1


def test_without_the_lock_of_the_supply_it_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.supply.announcing.lock_supply", lambda variants: None)
    monkeypatch.setattr(services, "lock_supply", lambda variants: None)
    sent_twice()
    assert Supply.objects.count() == 2


@pytest.mark.parametrize("first", ["arrive", "cancel"])
def test_units_that_come_for_an_order_at_the_moment_it_is_cancelled_are_free(first: str) -> None:
    world = small_world(stock=0, store_stock=2)
    Stock.objects.create(variant=world.variants[MUG], location=world.warehouse)
    supply = coming(world, 2)
    order = backordered(world, 2)
    acts = [lambda: comes(world, supply, 2), lambda: cancel(order.pk, actor=SYSTEM, reason="not wanted")]
    said = at_once("SELECT FROM inventory_stock", *(acts if first == "arrive" else reversed(acts)))
    assert not [each for each in said if isinstance(each, Exception)]
    backorders.take_up(None, actor=SYSTEM)
    assert buckets(order)[MUG] == {"cancelled": 2}
    assert not Reservation.objects.exists() and not SupplyPin.objects.exists()
    assert disagreements() == []


def test_two_receipts_of_the_same_supplies_in_another_order_do_not_wait_in_a_circle() -> None:
    world = small_world(stock=1, store_stock=0)
    supplies = [coming(world, 4, sku=sku, reference=sku) for sku in sorted(world.variants)]
    keys = [waits(world, 2, sku=sku) for sku in world.variants]

    def receipt(order: list[Supply]) -> Any:
        goods = [In(supply.variant_id, supply.location_id, 2) for supply in order]
        receive(goods, source=order[0].pk, actor=SYSTEM, vendor="ACME")
        return services.arrive_many([services.Arrival(supply.pk, 2) for supply in order], actor=SYSTEM)

    said = at_once("SELECT FROM inventory_stock", lambda: receipt(supplies), lambda: receipt(supplies[::-1]))
    assert not [each for each in said if isinstance(each, Exception)]
    assert Reservation.objects.filter(demand_key__in=keys).count() == len(keys)
    assert {supply.state for supply in Supply.objects.all()} == {"closed"}


def test_a_change_and_an_arrival_at_once_are_one_after_the_other() -> None:
    world = small_world(stock=0, store_stock=3)
    supply = coming(world, 3)
    order = backordered(world, 3)
    said = at_once(
        "SELECT FROM inventory_supply",
        lambda: comes(world, supply, 2),
        lambda: services.change(supply.pk, quantity=2, actor=SYSTEM),
    )
    assert not [each for each in said if isinstance(each, Exception)]
    assert sum(Reservation.objects.filter(demand_key=line_ids(order)[MUG]).values_list("quantity", flat=True)) == 2
    assert SupplyPin.objects.get().supply is None
    assert disagreements() == []
