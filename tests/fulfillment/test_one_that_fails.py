"""One poisoned order, product, place or message among good ones: these go on, and it is told and tried again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.invariants import disagreements
from core.models import Event, Incident
from core.outbox import drain
from fulfillment import backorders, deadlines, keeping, shortfalls
from inventory.feeds import applying
from inventory.models import Reservation, Stock, SupplyPin
from inventory.services import adjust
from orders import holds
from orders.keeping.services import lapse
from orders.models import Order
from tests.factories.feeds import feed_at, kept, level
from tests.factories.orders import buckets, placed
from tests.factories.people import signed_in
from tests.factories.sweeps import time_to_try_again
from tests.factories.world import CANDLE, MUG, VASE, World, open_stock, small_world

pytestmark = pytest.mark.django_db
CLERK = Actor("user", "Clara Clerk")
Poison = Callable[[str, Any], AbstractContextManager[None]]


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    """Within the block a function fails wherever it is called with this thing, or a list with it."""

    @contextmanager
    def poisoned(function: str, thing: Any) -> Iterator[None]:
        module, _dot, name = function.rpartition(".")
        with monkeypatch.context() as patch:
            target = import_module(module)
            old = getattr(target, name)

            def fails(first: Any, *args: Any, **named: Any) -> Any:
                if first == thing or (isinstance(first, list) and thing in first):
                    raise ValueError("poisoned")
                return old(first, *args, **named)

            patch.setattr(target, name, fails)
            yield

    return poisoned


@pytest.fixture
def world() -> World:
    return small_world(stock=9, store_stock=0)


def told() -> list[UUID]:
    return list(Incident.objects.filter(kind="stuck", resolved_at=None).values_list("about", flat=True))


def held(units: int = 2) -> Order:
    order = placed({MUG: units})
    holds.open_hold([order.pk], "manual", actor=CLERK)
    drain()
    return order


def waiting() -> list[Order]:
    """Three orders whose stock was let go, which nothing holds any more, and nobody has heard of that."""
    orders = [held(), held(), held()]
    lapse(timezone.now() + timedelta(days=8), actor=SYSTEM)
    for order in orders:
        holds.resolve([order.pk], "manual", actor=CLERK)
    Event.objects.filter(kind="order.stock_wanted").delete()
    return orders


def test_stock_that_is_kept_too_long_is_let_go_though_one_of_its_set_fails(world: World, poison: Poison) -> None:
    first, bad, last = held(), held(), held()
    late = timezone.now() + timedelta(days=8)
    with poison("orders.keeping.services._lapse", bad.pk):
        assert lapse(late) == [first.pk, last.pk]
        assert told() == [bad.pk]
        time_to_try_again()
        assert lapse(late) == []
    assert buckets(bad)[MUG] == {"reserved": 2}
    time_to_try_again()
    assert lapse(late) == [bad.pk]
    assert told() == []
    assert disagreements() == []


def test_failing_orders_that_fill_a_set_keep_no_other_from_its_turn(
    world: World, poison: Poison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.keeping.services.SET_SIZE", 1)
    monkeypatch.setattr("orders.keeping.services.MOST_SETS", 1)
    bad, good = held(), held()
    late = timezone.now() + timedelta(days=8)
    with poison("orders.keeping.services._lapse", bad.pk):
        assert lapse(late) == []
        time_to_try_again()
        assert lapse(late) == [good.pk]


def test_an_order_that_nobody_holds_any_more_cannot_ask_and_the_others_do(world: World, poison: Poison) -> None:
    first, bad, last = waiting()
    with poison("fulfillment.keeping._line_up", bad.pk):
        keeping.sweep(actor=SYSTEM)
    assert [buckets(order)[MUG] for order in (first, bad, last)] == [
        {"reserved": 2},
        {"backordered": 2},
        {"reserved": 2},
    ]
    assert told() == [bad.pk]
    assert "Work on it failed" in signed_in("manager").get("/exceptions/?state=open").content.decode()
    time_to_try_again()
    keeping.sweep(actor=SYSTEM)
    assert (buckets(bad)[MUG], told()) == ({"reserved": 2}, [])
    assert disagreements() == []


def test_units_that_came_are_taken_up_by_all_but_the_one_that_fails(world: World, poison: Poison) -> None:
    first, bad, last = waiting()
    with poison("fulfillment.backorders._take_up", bad.pk):
        keeping.sweep(actor=SYSTEM)
    assert [buckets(order)[MUG] for order in (first, bad, last)] == [
        {"reserved": 2},
        {"backordered": 2},
        {"reserved": 2},
    ]
    assert Reservation.objects.filter(demand_key=bad.lines.get().pk).exists(), "its units are its own"
    assert told() == [bad.pk]
    time_to_try_again()
    backorders.sweep(actor=SYSTEM)
    assert (buckets(bad)[MUG], told()) == ({"reserved": 2}, [])
    assert disagreements() == []


def test_one_that_cannot_be_put_in_line_keeps_no_other_out_of_it(world: World, poison: Poison) -> None:
    orders = [placed({MUG: 3}), placed({MUG: 3}), placed({MUG: 3})]
    for order in orders:
        holds.open_hold([order.pk], "manual", actor=CLERK)
    lapse(timezone.now() + timedelta(days=8), actor=SYSTEM)
    adjust(world.variants[MUG].pk, world.warehouse.pk, -9, reason="lost", actor=SYSTEM)
    for order in orders:
        holds.resolve([order.pk], "manual", actor=CLERK)
    drain()
    SupplyPin.objects.all().delete()
    bad = orders[1]
    with poison("fulfillment.backorders.put_in_line", bad.pk):
        backorders.sweep(actor=SYSTEM)
    lines = {order.lines.get().pk for order in orders} - {bad.lines.get().pk}
    assert set(SupplyPin.objects.values_list("demand_key", flat=True)) == lines
    assert told() == [bad.pk]
    time_to_try_again()
    backorders.sweep(actor=SYSTEM)
    assert SupplyPin.objects.count() == 3
    assert told() == []
    assert disagreements() == []


def test_a_product_that_cannot_be_served_keeps_no_other_waiting(world: World, poison: Poison) -> None:
    mug, vase = world.variants[MUG], world.variants[VASE]
    orders = [placed({MUG: 2}), placed({VASE: 2})]
    for order in orders:
        holds.open_hold([order.pk], "manual", actor=CLERK)
    lapse(timezone.now() + timedelta(days=8), actor=SYSTEM)
    for variant in (mug, vase):
        adjust(variant.pk, world.warehouse.pk, -9, reason="lost", actor=SYSTEM)
    for order in orders:
        holds.resolve([order.pk], "manual", actor=CLERK)
    drain()
    for variant in (mug, vase):
        adjust(variant.pk, world.warehouse.pk, 9, reason="found", actor=SYSTEM)
    Event.objects.filter(kind="stock.risen").delete()
    with poison("fulfillment.backorders._cover", mug.pk):
        backorders.sweep(actor=SYSTEM)
    assert [buckets(order) for order in orders] == [{MUG: {"backordered": 2}}, {VASE: {"reserved": 2}}]
    assert told() == [mug.pk]
    assert MUG in signed_in("manager").get("/exceptions/?state=open").content.decode()


def test_a_shortfall_that_cannot_be_covered_keeps_no_other_open(world: World, poison: Poison) -> None:
    orders = [placed({MUG: 2}), placed({CANDLE: 2})]
    for sku in (MUG, CANDLE):
        adjust(world.variants[sku].pk, world.warehouse.pk, -9, reason="lost", actor=SYSTEM)
    open_stock(world.store, {world.variants[MUG]: 5, world.variants[CANDLE]: 5})
    stock = {
        row.variant.sku: row.pk for row in Stock.objects.filter(location=world.warehouse).select_related("variant")
    }
    with poison("fulfillment.shortfalls.cover", stock[MUG]):
        shortfalls.cover_open(actor=SYSTEM)
    at = dict(Reservation.objects.values_list("demand_key", "location__code"))
    assert [at[order.lines.get().pk] for order in orders] == ["DC-LYON", "SHOP-PARIS"]
    assert told() == [stock[MUG]]


def test_of_orders_that_nobody_pays_one_that_cannot_be_cancelled_saves_no_other(
    world: World, poison: Poison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "ask_about", lambda order_ids, actor: set())
    unpaid = {"tender": "card", "amount": "16.90", "token": "tok_visa"}
    orders = [placed({MUG: 1}, payments=[unpaid]) for _ in range(3)]
    late = timezone.now() + timedelta(days=30)
    with poison("fulfillment.deadlines._cancel", orders[1].pk):
        gone = deadlines.cancel_unpaid(late)
    assert gone == [orders[0].pk, orders[2].pk]
    assert told() == [orders[1].pk]
    time_to_try_again()
    assert deadlines.cancel_unpaid(late) == [orders[1].pk]
    assert told() == []


def test_a_message_of_a_feed_that_fails_keeps_no_other_waiting(world: World, poison: Poison) -> None:
    feed = feed_at(world.warehouse)
    bad, good = kept(feed, [level(MUG, 4)]), kept(feed, [level(VASE, 5)])
    with poison("inventory.feeds.applying.work", bad.pk):
        assert applying.work_all(30) == 1
    good.refresh_from_db()
    assert good.finished_at
    assert told() == [bad.pk]
    assert "/stock-feeds/TILL/" in signed_in("manager").get("/exceptions/?state=open").content.decode()
    time_to_try_again()
    assert applying.work_all(30) == 1
    assert told() == []
    assert disagreements() == []
