"""What a customer who waits is told, and how long the exception stands: as long as its cause, and once each time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, Incident
from core.outbox import drain
from fulfillment import backorders, lateness
from fulfillment.amend import cancel
from fulfillment.expected import expect_again
from fulfillment.routing import route
from inventory.models import Location, Supply
from inventory.supply.services import change, close
from notifications.models import Message
from orders.models import Order
from sourcing.network import forget
from tests.factories.orders import line_ids, placed
from tests.factories.supply import comes, coming, day
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """The shop of Paris has two mugs and two candles, and the warehouse none."""
    return small_world(stock=0, store_stock=2)


def backordered(world: World, *skus: str) -> Order:
    """An order whose units were pinned at a shop that ships no more."""
    order = placed(dict.fromkeys(skus or (MUG,), 2))
    Location.objects.filter(pk=world.store.pk).update(can=[])
    forget()
    route([order.pk], actor=SYSTEM)
    drain()
    return order


def heard(order: Order) -> list[str]:
    """What the letters said: the day, or "" where nobody knows it."""
    told = Event.objects.filter(kind="order.delayed", about=order.pk).order_by("id")
    return [event.payload["expected"] for event in told]


def exceptions(order: Order) -> list[bool]:
    """The order's exceptions about backorders, the oldest first: whether each is open."""
    found = Incident.objects.filter(kind="backorder", about=order.pk).order_by("opened_at", "id")
    return [each.resolved_at is None for each in found]


def test_that_no_day_is_known_is_told_once_whatever_happens_meanwhile(world: World) -> None:
    order = backordered(world)
    for units in (2, 1):
        expect_again(line_ids(order).values(), actor=SYSTEM)
        supply = coming(world, units, at=world.store)
        close(supply.pk, reason="sold out", actor=SYSTEM)
        drain()
    assert heard(order) == [""]
    assert Message.objects.filter(kind="delayed").count() == 1


def test_a_day_that_becomes_known_is_told_also_when_it_is_the_one_that_was_promised(world: World) -> None:
    """The customer was told that nobody knows: what was promised before is no answer to that."""
    order = backordered(world)
    Order.objects.filter(pk=order.pk).update(promise_latest=day(40), first_promise_latest=day(40))
    order.lines.update(promise_latest=day(40), first_promise_latest=day(40))
    coming(world, 2, due=3)
    drain()
    order.refresh_from_db()
    assert order.promise_latest and order.promise_latest < day(40)
    assert heard(order) == ["", order.promise_latest.isoformat()]
    letter = Message.objects.filter(kind="delayed").order_by("-id")[0]
    assert "comes as promised" in letter.subject and "comes as promised" in letter.text
    assert "sorry" not in letter.text and "sorry" not in letter.html


def test_a_day_is_told_again_when_it_moves_later_and_not_when_it_comes_closer(world: World) -> None:
    order = backordered(world)
    supply = coming(world, 2, due=5)
    drain()
    for due in (20, 9, 30):
        change(supply.pk, due=day(due), actor=SYSTEM)
        drain()
    days = heard(order)
    assert days[0] == "" and len(days) == 4
    assert days[1:] == sorted(days[1:])


def test_as_long_as_one_line_has_no_day_no_day_of_the_others_is_told(world: World) -> None:
    order = backordered(world, MUG, CANDLE)
    supply = coming(world, 2, due=5)
    drain()
    change(supply.pk, due=day(30), actor=SYSTEM)
    drain()
    assert heard(order) == [""]
    coming(world, 2, sku=CANDLE, due=8)
    drain()
    order.refresh_from_db()
    assert order.promise_latest
    assert heard(order) == ["", order.promise_latest.isoformat()]
    assert disagreements() == []


def test_when_the_line_without_a_day_is_cancelled_the_day_of_the_rest_is_told(world: World) -> None:
    order = backordered(world, MUG, CANDLE)
    coming(world, 2, due=9)
    drain()
    assert heard(order) == [""] and exceptions(order) == [True]
    cancel(order.pk, actor=SYSTEM, reason="not wanted", lines=[(line_ids(order)[CANDLE], 2)])
    drain()
    order.refresh_from_db()
    assert order.promise_latest
    assert heard(order) == ["", order.promise_latest.isoformat()]
    assert exceptions(order) == [True], "it comes later than was promised"
    assert disagreements() == []


def test_the_exception_ends_when_what_waited_is_cancelled(world: World) -> None:
    order = backordered(world, MUG, CANDLE)
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    assert exceptions(order) == [False]
    assert heard(order) == [""]


def test_the_exception_ends_when_the_day_comes_back_and_reopens_once_when_it_goes_again(world: World) -> None:
    order = backordered(world)
    Order.objects.filter(pk=order.pk).update(promise_latest=day(40), first_promise_latest=day(40))
    order.lines.update(promise_latest=day(40), first_promise_latest=day(40))
    assert exceptions(order) == [True]
    supply = coming(world, 2, due=3)
    drain()
    assert exceptions(order) == [False]
    assert Incident.objects.get().resolution == "what it waits for comes in time"
    change(supply.pk, due=day(60), actor=SYSTEM)
    drain()
    expect_again(line_ids(order).values(), actor=SYSTEM)
    assert exceptions(order) == [False, True]
    change(supply.pk, due=day(4), actor=SYSTEM)
    drain()
    close(supply.pk, reason="sold out", actor=SYSTEM)
    drain()
    backorders.sweep(actor=SYSTEM)
    assert exceptions(order) == [False, False, True]
    assert disagreements() == []


def test_the_exception_ends_when_units_come(world: World) -> None:
    order = backordered(world)
    supply = coming(world, 2)
    comes(world, supply, 1)
    drain()
    assert exceptions(order) == [True]
    comes(world, supply, 1)
    drain()
    assert exceptions(order) == [False]


def test_the_sweep_ends_an_exception_that_nothing_is_behind(world: World) -> None:
    order = backordered(world)
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    Incident.objects.update(resolved_at=None)
    backorders.sweep(actor=SYSTEM)
    assert exceptions(order) == [False]


def test_late_supply_reopens_its_exception_once_and_another_past_day_does_not_end_it(world: World) -> None:
    supply = coming(world, 5, due=-3)
    lateness.watch(actor=SYSTEM)
    change(supply.pk, due=day(-2), actor=SYSTEM)
    assert list(Incident.objects.values_list("resolved_at", flat=True)) == [None]
    change(supply.pk, due=day(3), actor=SYSTEM)
    assert Incident.objects.get().resolved_at is not None
    later = timezone.now() + timedelta(days=6)
    assert lateness.watch(later, actor=SYSTEM) == lateness.watch(later, actor=SYSTEM) == 1
    assert Incident.objects.filter(resolved_at=None).count() == 1
    assert Incident.objects.count() == 2


def test_more_who_wait_take_no_more_statements_to_promise_anew() -> None:
    world = small_world(stock=0, store_stock=12)
    orders = [placed({MUG: 1}) for _ in range(12)]
    Location.objects.filter(pk=world.store.pk).update(can=[])
    forget()
    route([order.pk for order in orders], actor=SYSTEM)
    coming(world, 12)
    drain()
    lines = [line_ids(order)[MUG] for order in orders]
    counts = []
    for few, due in ((lines[:2], 20), (lines[2:], 25)):
        Supply.objects.update(due=day(due))
        with CaptureQueriesContext(connection) as queries:
            assert expect_again(few, actor=SYSTEM) == len(few)
        counts.append(len(queries))
    assert counts[0] == counts[1]
