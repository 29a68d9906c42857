"""Room is made for one order while the pins of another are being routed, and by many at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from core.actors import SYSTEM
from core.invariants import disagreements
from core.problems import OutOfStock, Problem
from fulfillment.routing import route
from inventory.models import Stock
from inventory.services import promises
from launcher.processes import wait_until
from orders.models import Order
from tests.capture.test_room import counter_world, pinned
from tests.concurrency.lined_up import PATIENCE, holding
from tests.factories.orders import buckets, placed
from tests.factories.world import MUG

pytestmark = pytest.mark.usefixtures("fresh_database")

CLIENTS = 16


def at_once(*acts: Any) -> list[Any]:
    """Each act stands at the stock before the next begins; then all go on in this order. What each said or raised."""
    with ThreadPoolExecutor(len(acts)) as pool:
        with holding("SELECT FROM inventory_stock") as waiting:
            going_on = []
            for act in acts:
                going_on.append(pool.submit(told, act))
                assert wait_until(lambda: waiting() >= len(going_on), PATIENCE)
        return [future.result(PATIENCE) for future in going_on]


def told(act: Any) -> Any:
    try:
        return act()
    except (Problem, OperationalError) as refusal:
        return refusal
    finally:
        connection.close()


def room_and_route() -> tuple[Order, list[Any]]:
    """One order is routed at the moment at which another needs its place."""
    counter_world()
    first = placed({MUG: 1})
    return first, at_once(lambda: placed({MUG: 1}, channel="counter"), lambda: route([first.pk], actor=SYSTEM))


def test_an_order_is_routed_from_where_its_units_wait_now() -> None:
    first, said = room_and_route()
    assert [type(each).__name__ for each in said] == ["Order", "Routed"]
    assert buckets(first)[MUG] == {"allocated": 1}
    assert Stock.objects.get(location__code="SHOP-PARIS", variant__sku=MUG).allocated == 1
    assert disagreements() == []


def test_without_the_lock_behind_the_pins_the_two_wait_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "lock_behind", lambda *args: None)
    _, said = room_and_route()
    assert [each for each in said if "deadlock" in str(each)]


def test_of_many_at_once_as_many_are_sold_as_can_be_and_no_unit_twice() -> None:
    counter_world(warehouse=6, store=6)
    for _ in range(6):
        placed({MUG: 1})
    assert {place for places in pinned().values() for place in places} == {"DC-LYON"}
    with ThreadPoolExecutor(CLIENTS) as pool:
        said = list(pool.map(told, [lambda: placed({MUG: 1}, channel="counter")] * CLIENTS))
    assert sum(isinstance(each, Order) for each in said) == 6
    assert sum(isinstance(each, OutOfStock) for each in said) == CLIENTS - 6
    assert disagreements() == []
