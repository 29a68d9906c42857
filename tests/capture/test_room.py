"""No sale is refused because its units are pinned by orders that could be served from elsewhere."""

from collections.abc import Sequence
from itertools import product

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from capture import references
from capture.pinning import NotEnough
from capture.services import Attempt, place_orders, quote
from core.actors import SYSTEM
from core.idempotency import Answer
from core.ids import new_id
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import OutOfStock
from fulfillment.amend import cancel
from fulfillment.routing import route
from inventory.limits.setting import set_fence
from inventory.models import Fence, Location, PoolLocation, Reservation
from inventory.services import set_safety
from orders.models import Channel, Order, OrderLine
from sourcing.network import forget
from tests.factories.orders import buckets, placed
from tests.factories.world import (
    MUG,
    World,
    make_channel,
    make_location,
    make_pool,
    open_stock,
    order_body,
    small_world,
)

pytestmark = pytest.mark.django_db


def counter_world(*, warehouse: int = 1, store: int = 1) -> World:
    """`web` sells from warehouse and shop, `counter` from the warehouse only: it is the cheaper one for both."""
    world = small_world(stock=warehouse, store_stock=store)
    pool = make_pool("counter", world.warehouse)
    make_channel("counter", pool, world.channel.price_list)
    references.forget()
    forget()
    return world


def pinned() -> dict[str, dict[str, int]]:
    """By order number and place, the units pinned."""
    numbers = dict(OrderLine.objects.values_list("id", "order__number"))
    found: dict[str, dict[str, int]] = {}
    for pin in Reservation.objects.select_related("location"):
        found.setdefault(numbers[pin.demand_key], {})[pin.location.code] = pin.quantity
    return found


def test_an_order_goes_elsewhere_so_that_another_can_be_sold() -> None:
    counter_world()
    first = placed({MUG: 1})
    assert pinned() == {first.number: {"DC-LYON": 1}}
    second = placed({MUG: 1}, channel="counter")
    assert pinned() == {first.number: {"SHOP-PARIS": 1}, second.number: {"DC-LYON": 1}}
    said = TimelineEntry.objects.get(about=first.pk, action="order.repinned")
    assert said.data == {
        "sku": MUG, "units": 1, "from": "Lyon warehouse", "to": "Paris shop", "for": second.number
    }  # fmt: skip
    assert disagreements() == []
    route([first.pk, second.pk], actor=SYSTEM)
    assert buckets(first)[MUG] == buckets(second)[MUG] == {"allocated": 1}


def test_only_as_many_units_of_an_order_move_as_are_needed() -> None:
    counter_world(warehouse=5, store=3)
    first = placed({MUG: 5})
    second = placed({MUG: 2}, channel="counter")
    assert pinned() == {first.number: {"DC-LYON": 3, "SHOP-PARIS": 2}, second.number: {"DC-LYON": 2}}
    assert disagreements() == []


def test_who_cannot_be_served_hears_what_could_be_had_and_nobody_moves() -> None:
    counter_world(warehouse=3, store=2)
    first = placed({MUG: 3})
    with pytest.raises(OutOfStock) as refusal:
        placed({MUG: 3}, channel="counter")
    assert refusal.value.body()["available"] == {MUG: 2}
    assert pinned() == {first.number: {"DC-LYON": 3}}
    assert disagreements() == []


def test_a_quote_counts_on_the_room_but_makes_none() -> None:
    counter_world(warehouse=3, store=2)
    first = placed({MUG: 3})
    told = quote(order_body(MUG, 2, channel="counter"), actor=SYSTEM)
    assert (told["problem"], told["lines"][0]["available"]) == (None, 2)
    assert pinned() == {first.number: {"DC-LYON": 3}}


def test_orders_of_one_call_make_room_for_each_other() -> None:
    counter_world()
    bodies = [order_body(MUG, 1), order_body(MUG, 1, channel="counter"), order_body(MUG, 1, channel="counter")]
    attempts = [Attempt(body, str(new_id()), str(n)) for n, body in enumerate(bodies)]
    outcomes = place_orders(attempts, client="tests", actor=SYSTEM)
    assert [type(each) for each in outcomes] == [Answer, Answer, NotEnough]
    assert sorted(place for places in pinned().values() for place in places) == ["DC-LYON", "SHOP-PARIS"]
    assert disagreements() == []


def test_an_order_at_two_places_may_move_from_both_to_one() -> None:
    world = small_world(stock=1, store_stock=2)
    third = make_location("P3", "Third place", Location.Kind.STORE, "13001", "Marseille")
    open_stock(third, {world.variants[MUG]: 2})
    everywhere, two = (
        make_pool("all", world.warehouse, world.store, third),
        make_pool("two", world.warehouse, world.store),
    )
    for code, pool in (("all", everywhere), ("two", two)):
        make_channel(code, pool, world.channel.price_list)
    references.forget()
    forget()
    first = placed({MUG: 3}, channel="all")
    placed({MUG: 2}, channel="two")
    assert pinned()[first.number]["P3"] == 2
    assert disagreements() == []


def set_aside(world: World, place: Location, units: int, channel: str = "web") -> None:
    """Mugs of a place for a channel alone."""
    wanted = Channel.objects.get(code=channel).pk
    set_fence(world.variants[MUG].pk, place.pk, wanted, units, actor=SYSTEM)


def taken(channel: str = "web") -> tuple[int, int]:
    """Of the channel's fences: held by promises, and unused."""
    fences = Fence.objects.filter(channel_id=Channel.objects.get(code=channel).pk)
    return sum(f.taken for f in fences), sum(f.unused for f in fences)


def test_an_order_goes_to_what_is_set_aside_for_its_channel_elsewhere() -> None:
    world = counter_world(warehouse=2, store=2)
    first = placed({MUG: 2})
    set_aside(world, world.store, 2)
    second = placed({MUG: 2}, channel="counter")
    assert pinned() == {first.number: {"SHOP-PARIS": 2}, second.number: {"DC-LYON": 2}}
    assert taken() == (2, 0)
    assert disagreements() == []
    cancel(first.pk, actor=SYSTEM, reason="not wanted")
    assert taken() == (0, 2)
    assert disagreements() == []


def test_it_takes_its_own_first_and_then_what_is_common() -> None:
    world = counter_world(warehouse=3, store=3)
    first = placed({MUG: 3})
    set_aside(world, world.store, 2)
    placed({MUG: 3}, channel="counter")
    assert pinned()[first.number] == {"SHOP-PARIS": 3}
    assert taken() == (2, 0)
    assert disagreements() == []


def test_it_does_not_go_to_what_is_set_aside_for_another_channel() -> None:
    world = counter_world(warehouse=2, store=2)
    first = placed({MUG: 2})
    set_aside(world, world.store, 2, "counter")
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="counter")
    assert pinned() == {first.number: {"DC-LYON": 2}}


def test_room_is_made_beside_what_a_channel_has_of_its_own() -> None:
    """The counter has one of its own at the warehouse, and needs another that an order of the web holds."""
    world = counter_world(warehouse=3, store=2)
    set_aside(world, world.warehouse, 1, "counter")
    first = placed({MUG: 2})
    set_aside(world, world.store, 1)
    second = placed({MUG: 3}, channel="counter")
    assert pinned() == {first.number: {"SHOP-PARIS": 2}, second.number: {"DC-LYON": 3}}
    assert (taken("counter"), taken()) == ((1, 0), (1, 0))
    assert disagreements() == []


def test_units_of_two_channels_move_each_to_their_own() -> None:
    world = counter_world(warehouse=4, store=4)
    make_channel("kiosk", world.pool, world.channel.price_list)
    references.forget()
    web, kiosk = placed({MUG: 2}), placed({MUG: 2}, channel="kiosk")
    set_aside(world, world.store, 2)
    set_aside(world, world.store, 2, "kiosk")
    third = placed({MUG: 4}, channel="counter")
    assert pinned() == {web.number: {"SHOP-PARIS": 2}, kiosk.number: {"SHOP-PARIS": 2}, third.number: {"DC-LYON": 4}}
    assert (taken(), taken("kiosk")) == ((2, 0), (2, 0))
    assert disagreements() == []


@pytest.mark.parametrize("kept_back", ["safety", "silent"])
def test_a_place_that_keeps_back_what_it_has_gives_no_room(kept_back: str) -> None:
    world = counter_world(warehouse=2, store=5)
    first = placed({MUG: 2})
    if kept_back == "safety":
        set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    else:
        Location.objects.filter(pk=world.warehouse.pk).update(held_units=2)
    with pytest.raises(OutOfStock) as refusal:
        placed({MUG: 1}, channel="counter")
    assert refusal.value.body()["available"] == {MUG: 0}
    assert pinned() == {first.number: {"DC-LYON": 2}}


def test_a_place_taken_out_of_the_pool_gives_no_room_though_the_map_is_older() -> None:
    counter_world()
    first = placed({MUG: 1})
    PoolLocation.objects.filter(pool__code="counter").delete()
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="counter")
    assert pinned() == {first.number: {"DC-LYON": 1}}


def test_a_place_that_ships_no_more_takes_no_pins() -> None:
    world = counter_world()
    first = placed({MUG: 1})
    Location.objects.filter(pk=world.store.pk).update(is_active=False)
    forget()
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="counter")
    assert pinned() == {first.number: {"DC-LYON": 1}}


PLACES = 4
CHANNELS = 3
Pools = list[list[int]]
Orders = list[tuple[int, int]]


@settings(max_examples=12, deadline=None)
@given(
    stock=st.lists(st.integers(0, 3), min_size=PLACES, max_size=PLACES),
    pools=st.lists(st.lists(st.integers(0, PLACES - 1), min_size=1, unique=True), min_size=CHANNELS, max_size=CHANNELS),
    orders=st.lists(st.tuples(st.integers(0, CHANNELS - 1), st.integers(1, 3)), min_size=1, max_size=8),
)
def test_an_order_is_refused_only_when_no_legal_pinning_exists(stock: list[int], pools: Pools, orders: Orders) -> None:
    with transaction.atomic():
        world_of(stock, pools)
        taken: Orders = []
        for channel, units in orders:
            sold = is_sold(channel, units)
            assert sold is fits(stock, pools, [*taken, (channel, units)])
            taken += [(channel, units)] * sold
        assert Order.objects.count() == len(taken)
        assert disagreements() == []
        transaction.set_rollback(True)


def is_sold(channel: int, units: int) -> bool:
    """Whether the channel can sell so many."""
    try:
        placed({MUG: units}, channel=f"c{channel}")
    except OutOfStock:
        return False
    return True


def world_of(stock: Sequence[int], pools: Pools) -> None:
    """Shops with so many units, and channels that sell from some of them each."""
    world = small_world(stock=0, store_stock=0)
    places = [make_location(f"P{n}", f"Place {n}", Location.Kind.STORE, "75004", "Paris") for n in range(len(stock))]
    for n, members in enumerate(pools):
        pool = make_pool(f"pool{n}", *(places[m] for m in members))
        make_channel(f"c{n}", pool, world.channel.price_list)
    for place, units in zip(places, stock, strict=True):
        if units:
            open_stock(place, {world.variants[MUG]: units})
    references.forget()
    forget()


def fits(stock: Sequence[int], pools: Pools, orders: Orders) -> bool:
    """Hall's condition: the channels of any choice together need no more than their places have."""
    for chosen in product((False, True), repeat=len(pools)):
        of = {n for n, yes in enumerate(chosen) if yes}
        needed = sum(units for channel, units in orders if channel in of)
        if needed > sum(stock[place] for place in {p for n in of for p in pools[n]}):
            return False
    return True
