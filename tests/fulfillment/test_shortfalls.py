"""A count finds fewer units than a place has promised: what can be kept elsewhere is, and who loses is named."""

from uuid import UUID

import pytest

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.outbox.registry import SUBSCRIPTIONS, Delivered
from fulfillment import shortfalls, tasks
from fulfillment.models import FulfillmentOrder
from fulfillment.routing import route
from inventory.limits.setting import set_fence
from inventory.models import Fence, Stock
from inventory.services import adjust
from tests.capture.test_room import counter_world, pinned
from tests.factories.orders import buckets, placed, released, routed
from tests.factories.world import MUG, World, open_stock

pytestmark = pytest.mark.django_db


def counted(world: World, missing: int) -> UUID:
    """So many mugs fewer are found in the warehouse, and the shortfall is worked on as the worker does it."""
    stock = adjust(world.variants[MUG].pk, world.warehouse.pk, -missing, reason="count", actor=SYSTEM)
    assert Event.objects.filter(kind="stock.short", about=stock.pk).count() == 1
    shortfalls.cover(stock.pk, actor=SYSTEM)
    return stock.pk


def open_shortfall() -> Incident | None:
    return Incident.objects.filter(kind="shortfall", resolved_at=None).first()


def at(place: str) -> tuple[int, int, int]:
    """On hand, reserved and allocated mugs."""
    row = Stock.objects.get(location__code=place, variant__sku=MUG)
    return row.on_hand, row.reserved, row.allocated


def test_reserved_units_wait_at_another_place_and_nobody_loses() -> None:
    world = counter_world(warehouse=5, store=5)
    order = placed({MUG: 4})
    counted(world, 3)
    assert pinned() == {order.number: {"DC-LYON": 2, "SHOP-PARIS": 2}}
    assert open_shortfall() is None
    said = TimelineEntry.objects.get(about=order.pk, action="order.repinned")
    assert (said.data["units"], said.data["for"]) == (2, "")
    assert disagreements() == []


def test_the_count_alone_is_enough_the_workers_do_the_rest() -> None:
    world = counter_world(warehouse=5, store=5)
    order = placed({MUG: 4})
    adjust(world.variants[MUG].pk, world.warehouse.pk, -3, reason="count", actor=SYSTEM)
    told = Event.objects.get(kind="stock.short")
    heard = SUBSCRIPTIONS["fulfillment.cover_shortfall"]
    assert heard.kind == told.kind
    heard.handler([Delivered(told.pk, told.kind, told.about, told.payload)])
    assert pinned() == {order.number: {"DC-LYON": 2, "SHOP-PARIS": 2}}


def test_units_that_arrive_elsewhere_later_end_it_too() -> None:
    world = counter_world(warehouse=4, store=0)
    order = placed({MUG: 4})
    counted(world, 3)
    open_stock(world.store, {world.variants[MUG]: 10})
    assert tasks.cover_shortfalls() == 1
    assert pinned() == {order.number: {"DC-LYON": 1, "SHOP-PARIS": 3}}
    assert open_shortfall() is None
    assert tasks.cover_shortfalls() == 0
    assert disagreements() == []


def test_work_that_nobody_was_told_of_is_routed_anew() -> None:
    world = counter_world(warehouse=5, store=5)
    order, work = routed({MUG: 4})
    counted(world, 3)
    assert buckets(order)[MUG] == {"reserved": 2, "allocated": 2}
    assert FulfillmentOrder.objects.get(pk=work[0]).status == "planned"
    assert Event.objects.filter(kind="order.ready", about=order.pk).count() == 2
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"allocated": 4}
    assert (at("DC-LYON"), at("SHOP-PARIS")) == ((2, 0, 2), (5, 0, 2))
    assert open_shortfall() is None
    assert disagreements() == []


def test_work_that_loses_all_its_units_ends_there() -> None:
    world = counter_world(warehouse=5, store=5)
    order, work = routed({MUG: 2})
    counted(world, 5)
    assert FulfillmentOrder.objects.get(pk=work[0]).status == "cancelled"
    assert buckets(order)[MUG] == {"reserved": 2}
    route([order.pk], actor=SYSTEM)
    assert at("SHOP-PARIS") == (5, 0, 2)
    assert disagreements() == []


def test_the_newest_work_is_taken_back_first() -> None:
    world = counter_world(warehouse=4, store=2)
    (first, _), (second, _) = routed({MUG: 2}), routed({MUG: 2})
    counted(world, 2)
    assert (buckets(first)[MUG], buckets(second)[MUG]) == ({"allocated": 2}, {"reserved": 2})
    assert disagreements() == []


def test_what_is_released_stays_and_its_order_is_named() -> None:
    world = counter_world(warehouse=4, store=5)
    order, _ = released({MUG: 4})
    counted(world, 3)
    assert buckets(order)[MUG] == {"released": 4}
    incident = open_shortfall()
    assert incident is not None
    assert incident.data == {"units": 3, "orders": [{"number": order.number, "units": 3}]}
    assert disagreements() == []


def test_who_promised_last_is_named_first_when_no_place_has_enough() -> None:
    world = counter_world(warehouse=4, store=0)
    placed({MUG: 2})
    second = placed({MUG: 2})
    counted(world, 3)
    incident = open_shortfall()
    assert incident is not None
    assert incident.data["orders"][0] == {"number": second.number, "units": 2}
    assert (incident.data["units"], len(incident.data["orders"])) == (3, 2)
    assert disagreements() == []


def test_units_that_are_found_again_settle_it_and_a_second_look_changes_nothing() -> None:
    world = counter_world(warehouse=4, store=0)
    order = placed({MUG: 4})
    stock_id = counted(world, 3)
    shortfalls.cover(stock_id, actor=SYSTEM)
    adjust(world.variants[MUG].pk, world.warehouse.pk, 3, reason="found", actor=SYSTEM)
    shortfalls.cover(stock_id, actor=SYSTEM)
    assert open_shortfall() is None
    assert pinned() == {order.number: {"DC-LYON": 4}}
    assert disagreements() == []


def test_a_pin_of_a_pool_without_another_place_makes_way_for_nobody() -> None:
    world = counter_world(warehouse=2, store=5)
    placed({MUG: 2}, channel="counter")
    counted(world, 1)
    incident = open_shortfall()
    assert incident is not None
    assert incident.data["units"] == 1


def test_what_a_place_lacks_goes_to_what_is_set_aside_for_its_channel_elsewhere() -> None:
    world = counter_world(warehouse=5, store=3)
    order = placed({MUG: 4})
    set_fence(world.variants[MUG].pk, world.store.pk, world.channel.pk, 3, actor=SYSTEM)
    counted(world, 4)
    assert pinned() == {order.number: {"DC-LYON": 1, "SHOP-PARIS": 3}}
    assert (Fence.objects.get().taken, open_shortfall()) == (3, None)
    assert disagreements() == []


def test_work_that_nobody_was_told_of_goes_there_too() -> None:
    world = counter_world(warehouse=5, store=3)
    order, _work = routed({MUG: 4})
    set_fence(world.variants[MUG].pk, world.store.pk, world.channel.pk, 3, actor=SYSTEM)
    counted(world, 4)
    assert buckets(order)[MUG] == {"reserved": 3, "allocated": 1}
    route([order.pk], actor=SYSTEM)
    assert (buckets(order)[MUG], Fence.objects.get().taken) == ({"allocated": 4}, 3)
    assert open_shortfall() is None
    assert disagreements() == []
