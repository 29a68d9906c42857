"""What a channel can promise is a sum on the page that adds up, and exactly what an order is accepted for."""

import re
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.stock.promise import sum_of
from capture import references
from core.actors import SYSTEM
from core.problems import Invalid, OutOfStock
from fulfillment.routing import route
from inventory.explained import STEPS
from inventory.limits.setting import set_cap, set_fence
from inventory.models import Location, PoolLocation, Stock
from inventory.services import adjust, set_safety
from orders.models import Channel, Order
from sourcing.network import forget
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, World, make_channel, make_location, make_pool, open_stock, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=100, store_stock=10)


def page(world: World, **query: Any) -> str:
    references.forget()
    return signed_in("planner").get(f"/stock/{MUG}/", query).content.decode()


def promised(text: str) -> int:
    found = re.search(r'id="promise-units">(\d+)<', text)
    assert found
    return int(found[1])


def links(text: str, name: str) -> list[str]:
    return re.findall(rf'href="(/orders/\?{name}=[^"]+)"', text)


def test_the_sum_counts_every_place_of_the_channel(world: World) -> None:
    set_safety(world.variants[MUG].pk, world.store.pk, 4, actor=SYSTEM)
    placed({MUG: 7})
    assert promised(page(world)) == 110 - 4 - 7


def test_numbers_lead_to_the_orders_behind_them(world: World) -> None:
    waiting = placed({MUG: 7})
    decided = placed({MUG: 2})
    route([decided.pk], actor=SYSTEM)
    text, planner = page(world), signed_in("planner")

    for name, order in (("reserved", waiting), ("allocated", decided)):
        (link,) = links(text, name)
        shown = planner.get(link)
        assert [row.number for row in shown.context["page"].items] == [order.number]
        assert f"{MUG}, Lyon warehouse" in shown.content.decode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_active": False}, "The place is closed"),
        ({"can": ["pickup"]}, "The place does not ship"),
        ({}, "The channel does not sell from here"),
    ],
)
def test_a_place_that_does_not_count_says_why(world: World, change: dict[str, Any], why: str) -> None:
    if change:
        Location.objects.filter(pk=world.store.pk).update(**change)
    else:
        PoolLocation.objects.filter(location=world.store).delete()
    forget()
    text = page(world)
    assert promised(text) == 100
    assert why in text


def test_each_channel_has_its_own_sum(world: World) -> None:
    make_channel("counter", make_pool("counter", world.store), world.channel.price_list)
    assert (promised(page(world, channel="web")), promised(page(world, channel="counter"))) == (110, 10)
    assert promised(page(world, channel="moon")) == 110


def test_what_is_missing_is_told_and_counts_as_nothing(world: World) -> None:
    placed({MUG: 110})
    adjust(world.variants[MUG].pk, world.store.pk, -3, reason="lost", actor=SYSTEM)
    text = page(world)
    assert promised(text) == 0
    assert "3 more are promised or kept back than lie here" in text


def test_a_number_of_no_stock_row_finds_no_order(world: World) -> None:
    placed()
    shown = signed_in("planner").get(f"/orders/?reserved={world.pool.pk}")
    assert shown.context["page"].items == []


PLACES = 4
CHANNELS = 2


@settings(max_examples=15, deadline=None)
@given(
    stock=st.lists(st.integers(0, 5), min_size=PLACES, max_size=PLACES),
    kept=st.lists(st.integers(0, 3), min_size=PLACES, max_size=PLACES),
    held=st.lists(st.sampled_from([(0, 0), (1, 0), (0, 50), (0, 100)]), min_size=PLACES, max_size=PLACES),
    state=st.lists(st.sampled_from(["open", "open", "closed", "collect"]), min_size=PLACES, max_size=PLACES),
    pools=st.lists(st.lists(st.integers(0, PLACES - 1), min_size=1, unique=True), min_size=CHANNELS, max_size=CHANNELS),
    orders=st.lists(st.tuples(st.integers(0, CHANNELS - 1), st.integers(1, 3), st.booleans()), max_size=5),
    lost=st.integers(0, 2),
    fences=st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, CHANNELS - 1), st.integers(1, 4)), max_size=3),
    caps=st.lists(st.sampled_from([None, None, 1, 4]), min_size=CHANNELS, max_size=CHANNELS),
    withheld=st.sets(st.integers(0, PLACES - 1), max_size=1),
)
def test_the_sum_is_what_capture_accepts_and_one_more_is_refused(
    stock: list[int],
    kept: list[int],
    held: list[tuple[int, int]],
    state: list[str],
    pools: list[list[int]],
    orders: list[tuple[int, int, bool]],
    lost: int,
    fences: list[tuple[int, int, int]],
    caps: list[int | None],
    withheld: set[int],
) -> None:
    with transaction.atomic():
        world = random_world(stock, pools)
        limit(world, fences, caps)
        for channel, units, is_routed in orders:
            sell(channel, units, is_routed)
        for place in Location.objects.filter(code__startswith="P"):
            n = int(place.code[1:])
            spoil(world, place, kept[n], held[n], state[n], lost)
            if n in withheld:
                Stock.objects.filter(location=place).update(withheld=True)
        forget()
        for n in range(CHANNELS):
            references.forget()
            found = sum_of(world.variants[MUG], references.channels()[f"c{n}"])
            for row in (*found.explained.counted, *found.explained.left_out):
                assert sum(step.sign * getattr(row, step.name) for step in STEPS) == row.free
            assert accepts(n, found.units + 1) is False
            if found.units:
                assert accepts(n, found.units) is True
        transaction.set_rollback(True)


def random_world(stock: list[int], pools: list[list[int]]) -> World:
    world = small_world(stock=0, store_stock=0)
    places = [make_location(f"P{n}", f"Place {n}", Location.Kind.STORE, "75004", "Paris") for n in range(len(stock))]
    for n, members in enumerate(pools):
        make_channel(f"c{n}", make_pool(f"pool{n}", *(places[m] for m in members)), world.channel.price_list)
    for place, units in zip(places, stock, strict=True):
        if units:
            open_stock(place, {world.variants[MUG]: units})
    references.forget()
    forget()
    return world


def limit(world: World, fences: list[tuple[int, int, int]], caps: list[int | None]) -> None:
    """What is set aside and capped before anything is sold."""
    mug = world.variants[MUG].pk
    channels = [Channel.objects.get(code=f"c{n}").pk for n in range(CHANNELS)]
    for place, channel, units in fences:
        if stock := Stock.objects.filter(location__code=f"P{place}").first():
            set_fence(mug, stock.location_id, channels[channel], units, actor=SYSTEM)
    for channel_id, most in zip(channels, caps, strict=True):
        set_cap(mug, channel_id, most, actor=SYSTEM)


def sell(channel: int, units: int, is_routed: bool) -> None:
    try:
        order = placed({MUG: units}, channel=f"c{channel}")
    except (OutOfStock, Invalid):  # the latter where no place of the pool ships
        return
    if is_routed:
        route([order.pk], actor=SYSTEM)


def spoil(world: World, place: Location, kept: int, held: tuple[int, int], state: str, lost: int) -> None:
    """What happens to a place after it has sold."""
    if row := Stock.objects.filter(location=place).first():
        set_safety(row.variant_id, place.pk, kept, actor=SYSTEM)
        if 0 < lost <= row.on_hand:
            adjust(row.variant_id, place.pk, -lost, reason="lost", actor=SYSTEM)
    can = [Location.Can.PICKUP] if state == "collect" else [Location.Can.SHIP]
    Location.objects.filter(pk=place.pk).update(
        is_active=state != "closed", can=can, held_units=held[0], held_share=held[1]
    )


def accepts(channel: int, units: int) -> bool:
    """Whether an order of so many is taken; it is given back at once."""
    references.forget()
    before = Order.objects.count()
    try:
        with transaction.atomic():
            placed({MUG: units}, channel=f"c{channel}")
            assert Order.objects.count() == before + 1
            raise _BackError
    except _BackError:
        return True
    except (OutOfStock, Invalid):  # the latter where no place of the pool ships
        return False


class _BackError(Exception):
    """Nothing of it stays."""
