"""Supply that should be here: an exception that names who waits, another promise, and one letter."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Incident
from core.outbox import drain
from fulfillment import lateness
from inventory.supply.services import change, close
from notifications.models import Message
from tests.factories.orders import placed
from tests.factories.supply import comes, coming, day
from tests.factories.world import MUG, World, small_world
from tests.fulfillment.test_backorders import closed, route

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=2)


def test_late_supply_is_an_exception_that_names_its_orders_and_moves_their_promise(world: World) -> None:
    supply = coming(world, 5, due=1)
    order = placed({MUG: 2})
    closed(world)
    route([order.pk], actor=SYSTEM)
    drain()
    order.refresh_from_db()
    before = order.promise_latest
    later = timezone.now() + timedelta(days=3)
    assert lateness.watch(actor=SYSTEM) == 0
    assert lateness.watch(later, actor=SYSTEM) == lateness.watch(later, actor=SYSTEM) == 1
    incident = Incident.objects.get(kind="supply_late", about=supply.pk)
    assert incident.data["orders"] == [{"number": order.number, "units": 2}]
    assert incident.location_id == world.warehouse.pk
    change(supply.pk, due=day(-1), actor=SYSTEM)
    lateness.watch(actor=SYSTEM)
    drain()
    order.refresh_from_db()
    assert before and order.promise_latest and order.promise_latest > before
    told = Message.objects.filter(kind="delayed").count()
    for _ in range(3):
        lateness.watch(actor=SYSTEM)
        drain()
    assert Message.objects.filter(kind="delayed").count() == told
    assert disagreements() == []


@pytest.mark.parametrize("how", ["another day", "arrives", "closed"])
def test_the_exception_ends_when_the_supply_comes_or_is_given_another_day(world: World, how: str) -> None:
    supply = coming(world, 5, due=-2)
    lateness.watch(actor=SYSTEM)
    assert Incident.objects.get(kind="supply_late").resolved_at is None
    if how == "another day":
        change(supply.pk, due=day(9), actor=SYSTEM)
    elif how == "arrives":
        comes(world, supply, 5)
    else:
        close(supply.pk, reason="sold out", actor=SYSTEM)
    assert Incident.objects.get(kind="supply_late").resolved_at is not None
    assert lateness.watch(actor=SYSTEM) == 0
