"""Units that no place has: in line for supply, promised for the day it is due, and taken up when units come."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.outbox import drain
from fulfillment import backorders
from fulfillment.amend import cancel
from fulfillment.models import FulfillmentOrder
from fulfillment.routing import route
from inventory.models import Location, Reservation, Stock, Supply, SupplyPin
from inventory.services import In, adjust, receive, set_safety, take_in, unreserve
from inventory.supply import waiting
from inventory.supply.services import arrive, change, close
from inventory.valuation.costs import level
from notifications.models import Message
from orders import holds
from orders.models import Hold, Order
from sourcing.network import forget
from tests.factories.orders import buckets, line_ids, placed
from tests.factories.supply import comes, coming, day, line, reserved
from tests.factories.world import MUG, World, order_body, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """The shop of Paris has two mugs, and the warehouse none."""
    return small_world(stock=0, store_stock=2)


def backordered(world: World, units: int = 2, **more: Any) -> Order:
    """An order whose units were pinned at a shop that ships no more: nobody has them."""
    order = placed({MUG: units}, **more)
    closed(world)
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"backordered": units}
    return order


def closed(world: World) -> None:
    """The shop's doors are shut."""
    Location.objects.filter(pk=world.store.pk).update(can=[])
    forget()


def arrived(world: World, units: int) -> None:
    goods = [In(world.variants[MUG].pk, world.warehouse.pk, units)]
    receive(goods, source=new_id(), actor=SYSTEM, vendor="ACME")


def key(order: Order) -> Any:
    return line_ids(order)[MUG]


def test_a_backordered_unit_waits_for_the_earliest_supply_and_its_day_is_promised(world: World) -> None:
    coming(world, 5, due=10)
    order = backordered(world)
    assert line(key(order)) == {"PO-1": 2}
    first = order.promise_latest
    drain()
    order.refresh_from_db()
    assert order.promise_latest and order.promise_latest > day(10)
    assert order.first_promise_latest == first
    promised = order.lines.get()
    assert (promised.promise_latest, promised.first_promise_latest) == (order.promise_latest, first)
    letter = Message.objects.get(kind="delayed")
    assert "2 ×" in letter.text and "We expect to deliver it by" in letter.text
    assert TimelineEntry.objects.filter(about=order.pk, action="order.promise").count() == 1
    assert Incident.objects.get(kind="backorder").resolved_at is None
    assert disagreements() == []


def test_without_supply_the_customer_hears_once_that_no_day_is_known(world: World) -> None:
    order = backordered(world)
    drain()
    backorders.sweep(actor=SYSTEM)
    drain()
    assert line(key(order)) == {"": 2}
    assert "we do not know yet" in Message.objects.get(kind="delayed").text
    supply = coming(world, 5)
    drain()
    change(supply.pk, quantity=1, actor=SYSTEM)
    drain()
    told = Event.objects.filter(kind="order.delayed").order_by("id")
    assert [bool(event.payload["expected"]) for event in told] == [False, True, False]
    assert disagreements() == []


def test_what_arrives_makes_the_order_go_on_by_itself(world: World) -> None:
    supply = coming(world, 5)
    order = backordered(world)
    comes(world, supply, 5)
    assert buckets(order)[MUG] == {"backordered": 2}
    assert reserved(key(order)) == {"DC-LYON": 2}
    assert disagreements() == []
    drain()
    assert buckets(order)[MUG] == {"released": 2}
    assert FulfillmentOrder.objects.get().location == world.warehouse
    assert Incident.objects.get(kind="backorder").resolution == "there is stock for it"
    assert not SupplyPin.objects.exists()
    assert disagreements() == []


def test_part_of_it_goes_on_and_the_rest_waits(world: World) -> None:
    supply = coming(world, 5)
    order = backordered(world)
    comes(world, supply, 1)
    drain()
    assert buckets(order)[MUG] == {"backordered": 1, "released": 1}
    assert Incident.objects.get(kind="backorder").resolved_at is None
    comes(world, supply, 1)
    drain()
    assert buckets(order)[MUG] == {"released": 2}
    assert disagreements() == []


def test_goods_that_nobody_announced_serve_the_oldest_order_first(world: World) -> None:
    first, last = placed({MUG: 1}), placed({MUG: 1})
    closed(world)
    route([last.pk, first.pk], actor=SYSTEM)
    arrived(world, 1)
    drain()
    assert buckets(first)[MUG] == {"released": 1}
    assert buckets(last)[MUG] == {"backordered": 1}
    assert disagreements() == []


@pytest.mark.parametrize("how", ["count", "return", "less kept back", "cancel"])
def test_whatever_makes_stock_rise_serves_who_waits(world: World, how: str) -> None:
    mug, place = world.variants[MUG].pk, world.warehouse.pk
    arrived(world, 1)
    other = placed({MUG: 1}, shipping_address=order_body()["shipping_address"]) if how == "cancel" else None
    set_safety(mug, place, 1, actor=SYSTEM)
    order = backordered(world, 1 if other is None else 2)
    drain()
    if how == "count":
        adjust(mug, place, 1, reason="found", actor=SYSTEM)
    elif how == "return":
        take_in([(In(mug, place, 1), new_id())], actor=SYSTEM)
        level(actor=SYSTEM)  # what the return would book
    elif how == "less kept back":
        set_safety(mug, place, 0, actor=SYSTEM)
    elif other is not None:
        Stock.objects.filter(location=place, variant=mug).update(safety=0)
        cancel(other.pk, actor=SYSTEM, reason="not wanted")
    assert Event.objects.filter(kind="stock.risen").count() == 1
    drain()
    assert buckets(order)[MUG].get("released") == 1
    assert disagreements() == []


def test_nobody_is_told_of_a_rise_that_nobody_waits_for(world: World) -> None:
    arrived(world, 3)
    order = placed({MUG: 1})
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    adjust(world.variants[MUG].pk, world.warehouse.pk, 2, reason="found", actor=SYSTEM)
    assert not Event.objects.filter(kind="stock.risen").exists()


def test_the_sweep_finds_what_an_event_missed(world: World) -> None:
    order = backordered(world)
    arrived(world, 2)
    Event.objects.filter(kind="stock.risen").delete()
    assert backorders.sweep(actor=SYSTEM) == 1
    assert backorders.sweep(actor=SYSTEM) == 0
    assert buckets(order)[MUG] == {"reserved": 2}
    assert disagreements() == []


def test_the_sweep_pins_to_supply_that_was_missed(world: World) -> None:
    order = backordered(world)
    supply = coming(world, 5)
    SupplyPin.objects.all().delete()
    waiting.put(
        [waiting.Wait(key(order), world.variants[MUG].pk, world.pool.pk, world.channel.pk, 2, order.placed_at)], [None]
    )
    backorders.sweep(actor=SYSTEM)
    assert line(key(order)) == {supply.reference: 2}


def test_cancelling_gives_the_supply_to_the_next_in_line(world: World) -> None:
    coming(world, 1)
    first, last = placed({MUG: 1}), placed({MUG: 1})
    closed(world)
    route([first.pk, last.pk], actor=SYSTEM)
    assert (line(key(first)), line(key(last))) == ({"PO-1": 1}, {"": 1})
    cancel(first.pk, actor=SYSTEM, reason="not wanted")
    assert (line(key(first)), line(key(last))) == ({}, {"PO-1": 1})
    assert disagreements() == []


def test_cancelling_part_gives_up_what_would_come_last(world: World) -> None:
    coming(world, 1)
    order = backordered(world)
    cancel(order.pk, actor=SYSTEM, reason="fewer", lines=[(key(order), 1)])
    assert line(key(order)) == {"PO-1": 1}
    assert buckets(order)[MUG] == {"backordered": 1, "cancelled": 1}
    assert disagreements() == []


def test_units_that_came_and_were_not_taken_up_yet_are_free_again_after_a_cancellation(world: World) -> None:
    supply = coming(world, 2)
    order = backordered(world)
    comes(world, supply, 2)
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    assert not Reservation.objects.exists()
    assert Stock.objects.get(location=world.warehouse).free == 2
    drain()
    assert buckets(order)[MUG] == {"cancelled": 2}
    assert disagreements() == []


def test_units_that_come_while_the_rest_is_being_routed_stay_reserved(world: World) -> None:
    supply = coming(world, 3)
    order = placed({MUG: 2})
    waiting_line = key(order)
    order.lines.update(reserved=1, backordered=1)
    run_supply(world, order)
    comes(world, supply, 3)
    assert reserved(waiting_line) == {"SHOP-PARIS": 1, "DC-LYON": 1}
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"backordered": 1, "allocated": 1}
    assert sum(reserved(waiting_line).values()) == 1
    assert disagreements() == []
    drain()
    assert buckets(order)[MUG] == {"released": 2}
    assert disagreements() == []


def run_supply(world: World, order: Order) -> None:
    """One of the order's units is backordered by hand."""
    unreserve([(key(order), 1)])
    waiting.wait(
        [waiting.Wait(key(order), world.variants[MUG].pk, world.pool.pk, world.channel.pk, 1, order.placed_at)]
    )


def test_a_held_order_is_taken_up_and_waits_for_the_hold(world: World) -> None:
    supply = coming(world, 5)
    order = backordered(world)
    holds.open_hold([order.pk], "manual", actor=SYSTEM)
    comes(world, supply, 2)
    drain()
    assert buckets(order)[MUG] == {"reserved": 2}
    holds.release_hold(Hold.objects.get().pk, actor=SYSTEM)
    drain()
    assert buckets(order)[MUG] == {"released": 2}


def test_a_new_day_of_the_supply_moves_the_promise(world: World) -> None:
    supply = coming(world, 5, due=4)
    order = backordered(world)
    drain()
    change(supply.pk, due=day(30), actor=SYSTEM)
    drain()
    order.refresh_from_db()
    assert order.promise_latest and order.promise_latest > day(30)
    assert Message.objects.filter(kind="delayed").count() == 2
    change(supply.pk, due=day(5), actor=SYSTEM)
    drain()
    order.refresh_from_db()
    assert order.promise_latest < day(30)
    assert Message.objects.filter(kind="delayed").count() == 2


def test_supply_that_will_not_come_leaves_its_orders_waiting_and_told(world: World) -> None:
    supply = coming(world, 5)
    order = backordered(world)
    drain()
    close(supply.pk, reason="sold out", actor=SYSTEM)
    drain()
    assert line(key(order)) == {"": 2}
    assert Event.objects.filter(kind="order.delayed").order_by("-id")[0].payload["expected"] == ""
    assert disagreements() == []


def test_orders_of_the_past_wait_for_nothing(world: World) -> None:
    order = placed({MUG: 1})
    type(order.channel).objects.update(is_history=True)
    closed(world)
    route([order.pk], actor=SYSTEM)
    assert not SupplyPin.objects.exists()
    arrived(world, 3)
    drain()
    assert buckets(order)[MUG] == {"backordered": 1}
    assert disagreements() == []


def test_more_in_line_take_no_more_statements_to_route() -> None:
    world = small_world(stock=0, store_stock=8)
    orders = [placed({MUG: 1}) for _ in range(6)]
    closed(world)
    coming(world, 9)
    route([orders[0].pk], actor=SYSTEM)
    counts = []
    for chosen in (orders[1:2], orders[2:]):
        with CaptureQueriesContext(connection) as queries:
            route([order.pk for order in chosen], actor=SYSTEM)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Supply.objects.get().committed == 6


def test_what_arrives_twice_in_disorder_is_counted_once(world: World) -> None:
    supply = coming(world, 2)
    order = backordered(world)
    arrived(world, 2)
    drain()
    assert buckets(order)[MUG] == {"released": 2}
    arrive(supply.pk, 2, actor=SYSTEM)
    drain()
    assert disagreements() == []


def test_units_backordered_before_supply_was_known_stand_in_line_after_the_migration(world: World) -> None:
    order = backordered(world)
    SupplyPin.objects.all().delete()
    assert [each for each in disagreements() if "0 in line" in each]
    for name in ("0008_backorders_wait", "0060_waits_by_channel"):
        run(import_module(f"fulfillment.migrations.{name}").FORWARD)
    assert line(key(order)) == {"": 2}
    assert disagreements() == []
