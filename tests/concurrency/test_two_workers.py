"""The same work by several workers at once, late or again: one effect."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F

from core import outbox
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Delivery, Event
from fulfillment.models import FulfillmentOrder
from fulfillment.routing import route
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.world import MUG, small_world

WORKERS = 6
ORDERS = 5


@pytest.fixture(autouse=True)
def world(fresh_database: str) -> None:
    small_world()


def at_once(act: Callable[[], object]) -> None:
    """Several workers do the same, each with a connection of its own; what one raises is raised."""
    together = Barrier(WORKERS)

    def run() -> None:
        together.wait()
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(run) for _ in range(WORKERS)]:
            future.result()


def all_released() -> None:
    """Each order has exactly one piece of work, released, and every delivery is done."""
    assert list(FulfillmentOrder.objects.values_list("status", flat=True)) == ["released"] * ORDERS
    assert set(Order.objects.values_list("status", flat=True)) == {"processing"}
    assert not Delivery.objects.filter(done_at=None).exists()
    assert disagreements() == []


def test_relays_at_once_give_each_event_its_deliveries_once() -> None:
    for _ in range(ORDERS):
        placed({MUG: 1})
    at_once(outbox.fan_out)
    assert not Event.objects.filter(dispatched_at=None).exists()
    owed = [
        s.name for event in Event.objects.all() for s in outbox.registry.SUBSCRIPTIONS.values() if s.kind == event.kind
    ]
    assert sorted(Delivery.objects.values_list("handler", flat=True)) == sorted(owed)


def test_a_delivery_is_leased_to_one_relay() -> None:
    placed({MUG: 1})
    outbox.fan_out()
    leased: list[UUID] = []
    at_once(lambda: leased.extend(i for one in outbox.claim() for i in one.ids))
    assert sorted(leased) == sorted(Delivery.objects.values_list("id", flat=True))


def test_a_long_queue_is_leased_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox.limits, "MOST_IN_FLIGHT", 3)
    for _ in range(ORDERS):
        placed({MUG: 1})
    outbox.fan_out()
    leased = [one for one in outbox.claim() if one.handler == "fulfillment.route"]
    assert [len(one.ids) for one in leased] == [3]
    assert outbox.claim() == []
    outbox.deliver("fulfillment.route", leased[0].ids, leased[0].claim)
    assert [len(one.ids) for one in outbox.claim() if one.handler == "fulfillment.route"] == [2]
    Delivery.objects.update(due_at=F("due_at") - outbox.limits.LEASE)  # the others of the first piece were lost
    outbox.drain()
    all_released()


def test_the_same_message_by_all_workers_has_one_effect() -> None:
    for _ in range(ORDERS):
        placed({MUG: 1})
    while outbox.fan_out() + len(sets := outbox.claim()):
        for one in sets:
            at_once(lambda one=one: outbox.deliver(one.handler, one.ids, one.claim))  # type: ignore[misc]
    all_released()


def test_even_a_handler_that_all_workers_run_at_once_has_one_effect() -> None:
    """Should a lease ever fail: what reaches out of the outbox's own transaction is safe by itself."""
    for _ in range(ORDERS):
        placed({MUG: 1})
    while outbox.fan_out() + len(sets := outbox.claim()):
        for one in sets:
            told = [delivered(event) for event in Event.objects.filter(deliveries__in=one.ids).order_by("id")]
            subscription = outbox.registry.SUBSCRIPTIONS[one.handler]
            if subscription.outside:
                at_once(lambda told=told, handle=subscription.handler: handle(told))  # type: ignore[misc]
            outbox.deliver(one.handler, one.ids, one.claim)
    all_released()


def delivered(event: Event) -> outbox.Delivered:
    return outbox.Delivered(event.id, event.kind, event.about, event.payload)


def test_workers_and_relays_racing_through_everything_do_each_thing_once() -> None:
    for _ in range(ORDERS):
        placed({MUG: 1})
    at_once(outbox.drain)
    outbox.drain()
    all_released()


def test_an_order_is_routed_by_one_of_the_workers() -> None:
    orders = [placed({MUG: 1}).id for _ in range(ORDERS)]
    at_once(lambda: route(orders, actor=SYSTEM))
    assert FulfillmentOrder.objects.count() == ORDERS
    assert disagreements() == []


def test_work_that_was_done_long_ago_is_done_no_more() -> None:
    placed({MUG: 1})
    outbox.drain()
    before = Event.objects.count()
    Delivery.objects.update(done_at=None)  # as if no worker had lived to write it down
    outbox.drain()
    outbox.drain()
    assert Event.objects.count() == before
    assert FulfillmentOrder.objects.count() == 1
    assert disagreements() == []
