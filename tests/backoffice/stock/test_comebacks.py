"""What is on its way back: shown on the product's page, and promised to nobody."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from inventory.selectors import atp
from inventory.supply.selectors import atp_by_date
from returns.services import Asked, cancel_return, request_return
from tests.factories.orders import line_ids, shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
HEAD = "On the way back"


@pytest.fixture
def world() -> World:
    return small_world(stock=9, store_stock=0)


def page(user: str = "manager", sku: str = MUG, **more: object) -> str:
    return signed_in(user, **more).get(f"/stock/{sku}/").content.decode()  # type: ignore[arg-type]


def test_units_of_approved_returns_are_shown_and_not_promised(world: World) -> None:
    order, _ = shipped({MUG: 3, CANDLE: 1})
    assert HEAD not in page()
    mug = world.variants[MUG].pk
    before = atp_by_date([mug], world.pool.pk, world.channel.pk), atp([mug], world.pool.pk, world.channel.pk)
    back = request_return(order.pk, [Asked(line_ids(order)[MUG], 2)], actor=SYSTEM)
    shown = page()
    assert HEAD in shown and back.rma in shown and order.number in shown and "2 units" in shown
    assert HEAD not in page(sku=CANDLE)
    assert before == (atp_by_date([mug], world.pool.pk, world.channel.pk), atp([mug], world.pool.pk, world.channel.pk))
    cancel_return(back.pk, reason="kept", actor=SYSTEM)
    assert HEAD not in page()


def test_who_does_not_see_every_order_sees_how_many_and_not_whose(world: World) -> None:
    order, _ = shipped({MUG: 3})
    back = request_return(order.pk, [Asked(line_ids(order)[MUG], 2)], actor=SYSTEM)
    shown = page("store", location_id=world.store.pk)
    assert "2 units" in shown
    assert back.rma not in shown and order.number not in shown


def test_more_returns_take_no_more_statements(world: World) -> None:
    order, _ = shipped({MUG: 6})
    planner, counts = signed_in("manager"), []
    for n in range(5):
        request_return(order.pk, [Asked(line_ids(order)[MUG], 1)], actor=SYSTEM, external_id=f"R{n}")
        with CaptureQueriesContext(connection) as queries:
            assert "On the way back" in planner.get(f"/stock/{MUG}/").content.decode()
        counts.append(len(queries))
    assert counts[1] == counts[-1]
