"""What becomes of an order that nothing holds."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event, Incident, TimelineEntry
from core.outbox import drain
from fulfillment import routing
from fulfillment.models import FulfillmentOrder
from fulfillment.routing import route
from inventory.models import Reservation, Stock
from orders.holds import open_hold
from orders.models import Order
from sourcing import services
from sourcing.models import Decision
from tests.factories.orders import buckets, placed
from tests.factories.world import CANDLE, MUG, VASE, small_world

pytestmark = pytest.mark.django_db


def test_a_ready_order_becomes_work_of_the_cheapest_location() -> None:
    world = small_world()
    order = placed({MUG: 2, CANDLE: 1})
    routed = route([order.id], actor=SYSTEM)
    work = FulfillmentOrder.objects.get()
    assert routed.fulfillment_order_ids == [work.id]
    assert (work.status, work.location, work.carrier) == ("planned", world.warehouse, "postal")
    assert buckets(order) == {MUG: {"allocated": 2}, CANDLE: {"allocated": 1}}
    assert not Reservation.objects.exists()
    assert Stock.objects.get(variant=world.variants[MUG], location=world.warehouse).allocated == 2
    assert Decision.objects.get().order_id == order.id
    assert TimelineEntry.objects.filter(about=order.id, action="order.routed").exists()
    assert Event.objects.filter(kind="fulfillment_order.planned", about=order.id).count() == 1
    assert Order.objects.get().status == "processing"
    assert disagreements() == []


def test_routing_twice_does_nothing_the_second_time() -> None:
    small_world()
    order = placed({MUG: 2})
    route([order.id], actor=SYSTEM)
    again = route([order.id], actor=SYSTEM)
    assert again.fulfillment_order_ids == []
    assert FulfillmentOrder.objects.count() == Decision.objects.count() == 1
    assert disagreements() == []


def test_an_order_named_twice_is_routed_once() -> None:
    small_world()
    order = placed({MUG: 2})
    route([order.id, order.id], actor=SYSTEM)
    assert buckets(order) == {MUG: {"allocated": 2}}
    assert FulfillmentOrder.objects.count() == 1
    assert disagreements() == []


def test_a_held_order_is_left_alone() -> None:
    small_world()
    order = placed({MUG: 2})
    open_hold([order.id], "manual", actor=SYSTEM)
    route([order.id], actor=SYSTEM)
    assert buckets(order) == {MUG: {"reserved": 2}}
    assert not FulfillmentOrder.objects.exists()
    assert disagreements() == []


def test_an_order_that_no_place_holds_alone_is_split() -> None:
    small_world(stock=3, store_stock=3)
    order = placed({MUG: 5})
    route([order.id], actor=SYSTEM)
    assert FulfillmentOrder.objects.count() == 2
    assert buckets(order) == {MUG: {"allocated": 5}}
    assert disagreements() == []


def test_a_plan_that_the_order_has_outgrown_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    small_world()
    order, other = placed({MUG: 2}), placed({MUG: 3})
    honest = services.decide

    def stale(order_ids: list[UUID], **more: Any) -> list[Any]:
        plans = honest(order_ids, **more)
        if len(order_ids) == 2:
            parcel = plans[0].parcels[0]
            object.__setattr__(parcel.lines[0], "quantity", 1)
        return plans

    monkeypatch.setattr(routing, "decide", stale)
    route([order.id, other.id], actor=SYSTEM)
    assert buckets(order) == {MUG: {"allocated": 2}}
    assert buckets(other) == {MUG: {"allocated": 3}}
    assert disagreements() == []


def test_stock_taken_by_others_sends_the_order_from_where_it_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    order = placed({MUG: 2})
    honest = services.decide

    def elsewhere(order_ids: list[UUID], *, pins_only: bool = False, **more: Any) -> list[Any]:
        plans = honest(order_ids, pins_only=pins_only, **more)
        if not pins_only:
            object.__setattr__(plans[0].parcels[0], "location_id", world.store.id)
        return plans

    monkeypatch.setattr(routing, "decide", elsewhere)
    Stock.objects.filter(location=world.store).update(safety=10)
    route([order.id], actor=SYSTEM)
    assert FulfillmentOrder.objects.get().location == world.warehouse
    assert disagreements() == []


def test_what_nobody_has_is_backordered_and_somebody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    small_world()
    order = placed({MUG: 2, VASE: 1})
    honest = services.decide

    def lacking(order_ids: list[UUID], **more: Any) -> list[Any]:
        (plan,) = honest(order_ids, **more)
        parcel = plan.parcels[0]
        object.__setattr__(plan, "unfilled", parcel.lines[1:])
        object.__setattr__(parcel, "lines", parcel.lines[:1])
        return [plan]

    monkeypatch.setattr(routing, "decide", lacking)
    routed = route([order.id], actor=SYSTEM)
    assert routed.backordered == [order.id]
    assert sorted(map(str, buckets(order).values())) == ["{'allocated': 2}", "{'backordered': 1}"]
    assert Incident.objects.get().kind == "backorder"
    assert not Reservation.objects.exists()
    assert disagreements() == []


def test_a_ready_order_reaches_its_location_by_itself() -> None:
    small_world()
    order = placed({MUG: 2})
    drain()
    assert buckets(order) == {MUG: {"released": 2}}
    assert FulfillmentOrder.objects.get().released_at is not None
    assert disagreements() == []


def test_a_set_of_orders_takes_no_more_statements_than_one() -> None:
    small_world()
    orders = [placed({MUG: 1, CANDLE: 1}) for _ in range(6)]
    counts = []
    for chosen in (orders[:1], orders[1:]):
        with CaptureQueriesContext(connection) as queries:
            route([order.id for order in chosen], actor=SYSTEM)
        counts.append(len(queries))
    assert counts[0] == counts[1]
