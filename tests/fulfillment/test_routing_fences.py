"""Routing moves an order's units to another place: there its channel may take what is set aside for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture import references
from core.actors import SYSTEM
from core.invariants import disagreements
from fulfillment.routing import route
from inventory.limits.setting import set_fence
from inventory.models import Fence, Location, Stock
from orders.models import Channel, Order
from sourcing.network import forget
from tests.factories.orders import buckets, placed
from tests.factories.world import CANDLE, MUG, World, make_channel, open_stock, small_world

pytestmark = pytest.mark.django_db


def set_aside(world: World, units: int, channel: str) -> None:
    key = Channel.objects.get(code=channel).pk
    set_fence(world.variants[MUG].pk, world.store.pk, key, units, actor=SYSTEM)


def moved_world(units: int = 2, fence: int = 2, channel: str = "web") -> tuple[World, Order]:
    """An order pinned at the warehouse, which ships no more; the shop has got some, set aside for a channel."""
    world = small_world(stock=5, store_stock=0)
    make_channel("kiosk", world.pool, world.channel.price_list)
    references.forget()
    order = placed({MUG: 2})
    open_stock(world.store, {world.variants[MUG]: units})
    set_aside(world, fence, channel)
    Location.objects.filter(pk=world.warehouse.pk).update(can=[])
    forget()
    return world, order


def test_the_channel_s_own_fence_at_the_new_place_is_taken_from() -> None:
    world, order = moved_world()
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"allocated": 2}
    fence = Fence.objects.get()
    assert (fence.taken, fence.unused) == (2, 0)
    assert Stock.objects.get(location=world.store, variant=world.variants[MUG]).allocated == 2
    assert disagreements() == []


def test_what_is_set_aside_for_another_channel_is_not() -> None:
    _world, order = moved_world(channel="kiosk")
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"backordered": 2}
    assert Fence.objects.get().unused == 2
    assert disagreements() == []


def test_own_and_common_units_together_are_enough() -> None:
    _world, order = moved_world(units=2, fence=1)
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"allocated": 2}
    assert (Fence.objects.get().taken, Fence.objects.get().unused) == (1, 0)
    assert disagreements() == []


def test_a_fence_is_taken_from_once_by_the_orders_of_one_set() -> None:
    world = small_world(stock=5, store_stock=0)
    orders = [placed({MUG: 2}).pk, placed({MUG: 2}).pk]
    open_stock(world.store, {world.variants[MUG]: 3})
    set_aside(world, 3, "web")
    Location.objects.filter(pk=world.warehouse.pk).update(can=[])
    forget()
    route(orders, actor=SYSTEM)
    assert Fence.objects.get().taken == Stock.objects.get(location=world.store, variant=world.variants[MUG]).allocated
    assert sum(buckets(Order.objects.get(pk=key))[MUG].get("backordered", 0) for key in orders) == 1
    assert disagreements() == []


def test_where_more_is_set_aside_for_all_than_there_is_nobody_takes_it_by_routing() -> None:
    """As no order may be placed there either: what is set aside for both is more than what lies there."""
    world, order = moved_world(units=3)
    set_aside(world, 10, "kiosk")
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"backordered": 2}
    assert disagreements() == []


def test_a_fence_costs_routing_no_statement_where_there_is_none() -> None:
    world = small_world()
    open_stock(world.store, {world.variants[CANDLE]: 1})
    orders = [placed({MUG: 1, CANDLE: 1}).pk for _ in range(2)]

    def statements(order: object) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            route([order], actor=SYSTEM)  # type: ignore[list-item]
        return [q["sql"] for q in seen.captured_queries]

    plain = statements(orders[0])
    assert not [sql for sql in plain if "inventory_fencedraw" in sql]
    assert len(statements(orders[1])) == len(plain)
