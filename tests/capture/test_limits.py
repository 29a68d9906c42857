"""What is set aside for a channel is sold by it alone, and nobody sells more than a cap allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from capture import references
from capture.services import Attempt, place_orders, quote
from catalog.models import Variant
from core import outbox
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Invalid, NotFound, OutOfStock, Problem
from fulfillment.amend import cancel
from fulfillment.models import FulfillmentOrder
from fulfillment.routing import route
from fulfillment.shipping import ship
from inventory.limits.setting import set_cap, set_fence, withhold
from inventory.models import Cap, Fence, Reservation, Stock
from inventory.services import adjust
from orders.models import Channel, Order
from sourcing.network import forget
from tests.factories.orders import buckets, packed, placed
from tests.factories.supply import coming
from tests.factories.world import CANDLE, MUG, World, make_channel, open_stock, order_body, small_world

pytestmark = pytest.mark.django_db


def two_channels(*, stock: int = 10) -> World:
    """`web` and `kiosk` sell from the same warehouse; the shop has nothing."""
    world = small_world(stock=stock, store_stock=0)
    make_channel("kiosk", world.channel.pool, world.channel.price_list)
    references.forget()
    forget()
    return world


def fence(world: World, units: int, channel: str = "kiosk", sku: str = MUG) -> Fence | None:
    """Units of a SKU set aside at the warehouse."""
    wanted = Channel.objects.get(code=channel).pk
    return set_fence(world.variants[sku].pk, world.warehouse.pk, wanted, units, actor=SYSTEM)


def cap(world: World, most: int | None, channel: str = "kiosk", sku: str = MUG) -> Cap | None:
    """Most that a channel may sell of a SKU."""
    return set_cap(world.variants[sku].pk, Channel.objects.get(code=channel).pk, most, actor=SYSTEM)


def can_be_had(channel: str, sku: str = MUG) -> int:
    """What a quote says."""
    return int(quote(order_body(sku, 1, channel=channel), actor=SYSTEM)["lines"][0]["available"])


def left(channel: str = "kiosk") -> tuple[int, int, int]:
    """Of the channel's fence: held by promises, gone, unused."""
    found = Fence.objects.get(channel_id=Channel.objects.get(code=channel).pk)
    return found.taken, found.gone, found.unused


def test_what_is_set_aside_is_sold_by_its_channel_alone() -> None:
    fence(two_channels(), 4)
    assert (can_be_had("web"), can_be_had("kiosk")) == (6, 10)
    with pytest.raises(OutOfStock) as refusal:
        placed({MUG: 7})
    assert refusal.value.body()["available"] == {MUG: 6}
    placed({MUG: 6})
    placed({MUG: 4}, channel="kiosk")
    assert (can_be_had("web"), can_be_had("kiosk")) == (0, 0)
    assert disagreements() == []


def test_a_channel_sells_its_own_before_what_is_common() -> None:
    fence(two_channels(), 4)
    placed({MUG: 3}, channel="kiosk")
    assert left() == (3, 0, 1)
    assert (can_be_had("web"), can_be_had("kiosk")) == (6, 7)
    placed({MUG: 3}, channel="kiosk")
    assert left() == (4, 0, 0)
    assert (can_be_had("web"), can_be_had("kiosk")) == (4, 4)
    assert disagreements() == []


def test_what_is_cancelled_is_set_aside_again_first() -> None:
    fence(two_channels(), 4)
    order = placed({MUG: 6}, channel="kiosk")
    line = order.lines.get()
    cancel(order.pk, actor=SYSTEM, reason="too many", lines=[(line.pk, 1)])
    assert left() == (3, 0, 1)
    cancel(order.pk, actor=SYSTEM, reason="none at all")
    assert left() == (0, 0, 4)
    assert (can_be_had("web"), can_be_had("kiosk")) == (6, 10)
    assert disagreements() == []


def test_it_stays_so_when_the_order_is_routed_and_given_up_then() -> None:
    fence(two_channels(), 4)
    order = placed({MUG: 3}, channel="kiosk")
    route([order.pk], actor=SYSTEM)
    assert (buckets(order)[MUG], left()) == ({"allocated": 3}, (3, 0, 1))
    cancel(order.pk, actor=SYSTEM, reason="too late")
    assert left() == (0, 0, 4)
    assert disagreements() == []


def test_what_has_left_is_used_up() -> None:
    from_fence = fence(two_channels(), 4)
    assert from_fence
    packed_order, work = packed({MUG: 3}, channel="kiosk")
    ship_it(work)
    assert (buckets(packed_order)[MUG], left()) == ({"shipped": 3}, (0, 3, 1))
    assert (can_be_had("web"), can_be_had("kiosk")) == (6, 7)
    assert disagreements() == []


def ship_it(work: Any) -> None:
    ship(work, actor=SYSTEM)


def test_more_can_be_set_aside_than_there_is() -> None:
    fence(two_channels(stock=5), 8)
    assert (can_be_had("web"), can_be_had("kiosk")) == (0, 5)
    placed({MUG: 5}, channel="kiosk")
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="kiosk")
    assert disagreements() == []


def test_two_channels_keep_their_own_apart() -> None:
    world = two_channels()
    fence(world, 4)
    fence(world, 5, "web")
    assert (can_be_had("web"), can_be_had("kiosk")) == (6, 5)
    placed({MUG: 5}, channel="kiosk")
    assert can_be_had("web") == 5
    assert Stock.objects.get(variant=world.variants[MUG], location=world.warehouse).fenced == 5
    assert disagreements() == []


def test_orders_of_one_call_share_what_there_is() -> None:
    fence(two_channels(), 4)
    bodies = [order_body(MUG, units, channel=channel) for channel, units in (("web", 5), ("kiosk", 5), ("web", 1))]
    outcomes = place_orders(
        [Attempt(body, str(new_id()), str(n)) for n, body in enumerate(bodies)], client="t", actor=SYSTEM
    )
    assert [isinstance(each, OutOfStock) for each in outcomes] == [False, False, True]
    assert disagreements() == []


def test_a_smaller_fence_leaves_what_was_promised_and_a_greater_one_adds() -> None:
    world = two_channels()
    fence(world, 4)
    placed({MUG: 3}, channel="kiosk")
    fence(world, 2)
    assert (left(), can_be_had("web")) == ((3, 0, 0), 7)
    fence(world, 5)
    assert (left(), can_be_had("web")) == ((3, 0, 2), 5)
    assert fence(world, 0) is None
    assert can_be_had("web") == 7
    assert [row.after for row in TimelineEntry.objects.filter(action="stock.fence").order_by("id")] == ["4", "2", "5", "0"]  # fmt: skip
    assert disagreements() == []


def test_setting_the_same_twice_says_so_once() -> None:
    world = two_channels()
    for _ in range(2):
        fence(world, 4)
        cap(world, 5)
    assert TimelineEntry.objects.filter(action__in=["stock.fence", "variant.cap"]).count() == 2


def test_a_channel_sells_no_more_than_its_cap() -> None:
    world = two_channels()
    cap(world, 3)
    assert (can_be_had("web"), can_be_had("kiosk")) == (10, 3)
    placed({MUG: 2}, channel="kiosk")
    with pytest.raises(OutOfStock) as refusal:
        placed({MUG: 2}, channel="kiosk")
    assert refusal.value.body()["available"] == {MUG: 1}
    placed({MUG: 2, CANDLE: 5})
    assert Cap.objects.get().used == 2
    assert disagreements() == []


def test_what_is_cancelled_may_be_sold_again_and_what_has_left_may_not() -> None:
    cap(two_channels(), 3)
    order = placed({MUG: 2}, channel="kiosk")
    cancel(order.pk, actor=SYSTEM, reason="changed their mind", lines=[(order.lines.get().pk, 1)])
    assert Cap.objects.get().used == 1
    _, work = packed({MUG: 2}, channel="kiosk")
    ship_it(work)
    assert (Cap.objects.get().used, can_be_had("kiosk")) == (3, 0)
    assert disagreements() == []


def test_orders_of_one_call_share_a_cap() -> None:
    cap(two_channels(), 3)
    bodies = [order_body(MUG, 2, channel="kiosk"), order_body(MUG, 2, channel="kiosk"), order_body(MUG, 2)]
    attempts = [Attempt(body, str(new_id()), str(n)) for n, body in enumerate(bodies)]
    outcomes = place_orders(attempts, client="t", actor=SYSTEM)
    assert [isinstance(each, OutOfStock) for each in outcomes] == [False, True, False]
    assert disagreements() == []


def test_a_cap_below_what_is_sold_stops_the_channel_and_undoes_nothing() -> None:
    world = two_channels()
    cap(world, 5)
    placed({MUG: 3}, channel="kiosk")
    cap(world, 1)
    assert can_be_had("kiosk") == 0
    cap(world, None)
    assert can_be_had("kiosk") == 7
    assert Order.objects.get().status != "cancelled"
    assert disagreements() == []


def test_a_place_withheld_promises_nothing_and_keeps_what_it_promised() -> None:
    world = two_channels()
    order = placed({MUG: 2})
    fence(world, 3)
    mug, place = world.variants[MUG].pk, world.warehouse.pk
    withhold(mug, place, withheld=True, actor=SYSTEM)
    assert (can_be_had("web"), can_be_had("kiosk"), can_be_had("web", CANDLE)) == (0, 0, 10)
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="kiosk")
    route([order.pk], actor=SYSTEM)
    assert buckets(order)[MUG] == {"allocated": 2}
    withhold(mug, place, withheld=False, actor=SYSTEM)
    assert can_be_had("web") == 5
    assert disagreements() == []


@pytest.mark.parametrize("units", [-1, 1_000_001])
def test_numbers_that_cannot_be_meant_are_refused(units: int) -> None:
    world = two_channels()
    with pytest.raises(Invalid):
        fence(world, units)
    with pytest.raises(Invalid):
        cap(world, units)


def test_units_are_set_aside_only_where_the_product_has_lain() -> None:
    world = small_world(store_stock=0, stock=0)
    with pytest.raises(NotFound):
        set_fence(world.variants[MUG].pk, new_id(), new_id(), 3, actor=SYSTEM)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE inventory_stock SET fenced = fenced + 1",
        "UPDATE inventory_fence SET taken = taken + 1",
        "UPDATE inventory_fence SET gone = -1",
        "UPDATE inventory_cap SET used = used + 1",
        "UPDATE inventory_capdraw SET quantity = 9",
        "UPDATE inventory_capdraw SET quantity = 0",
        "INSERT INTO inventory_fencedraw SELECT gen_random_uuid(), demand_key, quantity, fence_id FROM inventory_fencedraw",
    ],
)
def test_the_database_itself_keeps_the_sums(change: str) -> None:
    world = two_channels()
    fence(world, 4)
    cap(world, 3)
    placed({MUG: 2}, channel="kiosk")
    with pytest.raises(IntegrityError), transaction.atomic():
        run(change)


@pytest.mark.parametrize("table", ["inventory_fencedraw", "inventory_capdraw"])
def test_a_draw_lost_by_hand_is_named(table: str) -> None:
    world = two_channels()
    fence(world, 4)
    cap(world, 3)
    placed({MUG: 2}, channel="kiosk")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    run(f"DELETE FROM {table}")
    assert disagreements() != []


@dataclass(frozen=True)
class Ask:
    """What somebody does next: buys through a channel, gives the n-th order up, or sets a limit."""

    kind: str
    channel: str
    units: int


ASKS = st.builds(
    Ask,
    st.sampled_from(["buy"] * 4 + ["cancel", "fence", "cap", "route"]),
    st.sampled_from(["web", "kiosk"]),
    st.integers(1, 4),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ASKS, min_size=3, max_size=12))
def test_whatever_is_set_and_sold_the_sum_of_the_page_is_what_can_be_sold(asks: Sequence[Ask]) -> None:
    """After any story, each channel can buy exactly as many units as it is told, and not one more."""
    with transaction.atomic():
        world = two_channels(stock=8)
        orders: list[Order] = []
        for ask in asks:
            _do(world, ask, orders)
            assert disagreements() == []
        for channel in ("kiosk", "web"):
            had = can_be_had(channel)
            with pytest.raises(OutOfStock):
                placed({MUG: had + 1}, channel=channel)
            if had:
                placed({MUG: had}, channel=channel)
        assert disagreements() == []
        transaction.set_rollback(True)


def _do(world: World, ask: Ask, orders: list[Order]) -> None:
    try:
        if ask.kind == "buy":
            orders.append(placed({MUG: ask.units}, channel=ask.channel))
        elif ask.kind == "fence":
            fence(world, ask.units - 1, ask.channel)
        elif ask.kind == "cap":
            cap(world, ask.units + 2, ask.channel)
        elif orders and ask.kind == "route":
            route([orders[ask.units % len(orders)].pk], actor=SYSTEM)
        elif orders:
            cancel(orders[ask.units % len(orders)].pk, actor=SYSTEM, reason="no")
    except Problem:
        pass


def test_a_cap_holds_for_what_is_sold_before_it_is_here() -> None:
    world = two_channels(stock=0)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    coming(world, 9)
    cap(world, 2)
    placed({MUG: 2}, channel="kiosk")
    assert Cap.objects.get().used == 2
    with pytest.raises(OutOfStock):
        placed({MUG: 1}, channel="kiosk")
    placed({MUG: 3})
    assert disagreements() == []


def test_what_is_pinned_out_of_a_fence_waits_elsewhere_when_its_place_has_too_few() -> None:
    world = two_channels()
    open_stock(world.store, {world.variants[MUG]: 10})
    fence(world, 4)
    order = placed({MUG: 3}, channel="kiosk")
    adjust(world.variants[MUG].pk, world.warehouse.pk, -10, reason="lost", actor=SYSTEM)
    outbox.drain()
    pins = dict(Reservation.objects.filter(demand_key=order.lines.get().pk).values_list("location__code", "quantity"))
    work = list(FulfillmentOrder.objects.filter(order=order).values_list("location__code", flat=True))
    assert "DC-LYON" not in [*pins, *work]
    assert left() == (0, 0, 4)
    assert disagreements() == []
