"""Products that are not here yet and are on their way: sold, promised for the day, and sent when they come."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture import references
from capture.services import Attempt, place_order, place_orders, quote
from catalog.models import Variant
from core.actors import SYSTEM
from core.idempotency import Answer
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.outbox import drain
from core.problems import OutOfStock
from fulfillment.amend import cancel
from inventory.models import Supply
from inventory.supply.selectors import atp_by_date
from inventory.supply.services import change
from notifications.models import Message
from orders.models import Order
from tests.factories.orders import buckets, line_ids, placed
from tests.factories.supply import comes, coming, day, line, waits
from tests.factories.world import CANDLE, MUG, World, make_pool, order_body, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Two mugs in the warehouse, which may be sold ahead; candles may not."""
    made = small_world(stock=2, store_stock=0)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    return made


def place(body: dict[str, Any]) -> dict[str, Any]:
    references.forget()
    return place_order(body, client="t", key=str(new_id()), digest="d", actor=SYSTEM).body


def test_what_is_on_its_way_is_sold_and_promised_for_its_day(world: World) -> None:
    coming(world, 5, due=9)
    answer = place(order_body(MUG, 4))
    (told,) = answer["lines"]
    assert answer["status"] == "backordered"
    assert (told["quantities"]["reserved"], told["quantities"]["backordered"]) == (2, 2)
    assert told["promise"]["earliest"] > day(9).isoformat()
    assert told["first_promise"] == told["promise"]
    order = Order.objects.get()
    assert order.status == "backordered"
    assert line(line_ids(order)[MUG]) == {"PO-1": 2}
    assert Supply.objects.get().committed == 2
    assert disagreements() == []


def test_what_is_here_is_sent_at_once_and_the_rest_when_it_comes(world: World) -> None:
    supply = coming(world, 5)
    order = placed({MUG: 4})
    drain()
    assert buckets(order)[MUG] == {"released": 2, "backordered": 2}
    assert not Incident.objects.exists()
    assert not Message.objects.filter(kind="delayed").exists()
    comes(world, supply, 5)
    drain()
    assert buckets(order)[MUG] == {"released": 4}
    assert disagreements() == []


def test_no_more_is_sold_than_comes_and_the_answer_says_how_many_can_be_had(world: World) -> None:
    coming(world, 5)
    place(order_body(MUG, 4))
    with pytest.raises(OutOfStock) as refusal:
        place(order_body(MUG, 4))
    assert refusal.value.extra["available"] == {MUG: 3}
    assert place(order_body(MUG, 3))["status"] == "backordered"
    assert disagreements() == []


def test_what_may_not_be_sold_ahead_is_out_of_stock(world: World) -> None:
    coming(world, 5, sku=CANDLE)
    with pytest.raises(OutOfStock) as refusal:
        place(order_body(CANDLE, 3))
    assert refusal.value.extra["available"] == {CANDLE: 2}
    with pytest.raises(OutOfStock):
        place(order_body(lines=[{"sku": MUG, "quantity": 1}, {"sku": CANDLE, "quantity": 3}]))


def test_supply_that_is_late_or_comes_to_a_place_of_others_is_no_ground_for_a_promise(world: World) -> None:
    coming(world, 5, due=-1)
    make_pool("counter", world.store)
    world.pool.poollocation_set.filter(location=world.store).delete()
    coming(world, 5, at=world.store)
    with pytest.raises(OutOfStock):
        place(order_body(MUG, 3))


def test_the_earliest_supply_is_taken_first_and_two_lines_of_one_product_share_it(world: World) -> None:
    coming(world, 2, due=3, reference="PO-SOON")
    coming(world, 9, due=12, reference="PO-LATE")
    order = placed(lines=[{"sku": MUG, "quantity": 3}, {"sku": MUG, "quantity": 3}])
    waited = [line(each.pk) for each in order.lines.order_by("position")]
    assert sum(units for pins in waited for units in pins.values()) == 4
    assert sum(pins.get("PO-SOON", 0) for pins in waited) == 2
    assert order.promise_latest and order.promise_latest > day(12)
    assert disagreements() == []


def test_a_batch_shares_what_comes(world: World) -> None:
    references.forget()
    coming(world, 3)
    attempts = [Attempt(order_body(MUG, 2), str(n), "d") for n in range(4)]
    outcomes = place_orders(attempts, client="batch", actor=SYSTEM)
    assert [isinstance(outcome, Answer) for outcome in outcomes] == [True, True, False, False]
    assert Supply.objects.get().committed == 2
    assert disagreements() == []


def test_a_quote_shows_the_promise_and_takes_nothing(world: World) -> None:
    references.forget()
    coming(world, 5, due=9)
    found = quote(order_body(MUG, 4), actor=SYSTEM)
    assert found["problem"] is None
    assert found["lines"][0]["available"] == 2
    assert found["lines"][0]["quantities"]["backordered"] == 2
    assert found["promise"]["earliest"] > day(9).isoformat()
    assert Supply.objects.get().committed == 0


def test_a_cancelled_pre_order_gives_its_supply_back(world: World) -> None:
    coming(world, 5)
    order = placed({MUG: 7})
    cancel(order.pk, actor=SYSTEM, reason="not wanted")
    assert Supply.objects.get().committed == 0
    assert order.lines.get().cancelled == 7
    assert disagreements() == []


def test_of_a_part_that_is_cancelled_what_is_not_here_goes_first(world: World) -> None:
    coming(world, 5)
    order = placed({MUG: 4})
    cancel(order.pk, actor=SYSTEM, reason="fewer", lines=[(line_ids(order)[MUG], 1)])
    assert buckets(order)[MUG] == {"reserved": 2, "backordered": 1, "cancelled": 1}
    assert Supply.objects.get().committed == 1
    assert disagreements() == []


def test_a_pre_order_whose_supply_shrinks_becomes_an_exception(world: World) -> None:
    supply = coming(world, 5)
    order = placed({MUG: 7})
    drain()
    change(supply.pk, quantity=3, actor=SYSTEM)
    drain()
    incident = Incident.objects.get(kind="backorder", about=order.pk)
    assert incident.data == {"units": 2}
    assert Message.objects.filter(kind="delayed").count() == 1
    for left, missing in ((1, 4), (4, 1)):
        change(supply.pk, quantity=left, actor=SYSTEM)
        drain()
        incident.refresh_from_db()
        assert (incident.data, incident.resolved_at) == ({"units": missing}, None)
    change(supply.pk, quantity=5, actor=SYSTEM)
    drain()
    assert line(line_ids(order)[MUG]) == {"PO-1": 5}


def test_what_can_be_promised_by_day_leaves_out_what_others_wait_for(world: World) -> None:
    mug = world.variants[MUG].pk
    coming(world, 5, due=9)
    coming(world, 4, due=20, reference="PO-2")
    placed({MUG: 4})
    steps = atp_by_date([mug], world.pool.pk, world.channel.pk)[mug]
    assert [(step.day, step.units) for step in steps[1:]] == [(day(9), 3), (day(20), 7)]
    waits(world, 8)
    assert [(step.day, step.units) for step in atp_by_date([mug], world.pool.pk, world.channel.pk)[mug]] == [
        (day(0), 0)
    ]


def test_an_order_in_stock_takes_no_statement_more(world: World) -> None:
    coming(world, 5)
    counts = []
    for sku in (CANDLE, MUG):
        references.forget()
        place_order(order_body(sku, 1), client="t", key=f"warm {sku}", digest="d", actor=SYSTEM)
        with CaptureQueriesContext(connection) as queries:
            place_order(order_body(sku, 1), client="t", key=sku, digest="d", actor=SYSTEM)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
