"""Who waits is served through the channel of the order: from what is set aside for it, never from what is another's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capture import references
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event
from core.outbox import drain
from fulfillment import backorders
from fulfillment.amend import cancel
from fulfillment.routing import route
from inventory.limits.setting import set_fence, withhold
from inventory.models import Fence, Location, Stock, SupplyPin
from inventory.services import In, receive, set_safety
from inventory.supply.selectors import atp_by_date
from inventory.supply.services import close
from orders.models import Channel, Order
from sourcing.network import forget
from tests.factories.orders import line_ids, placed
from tests.factories.supply import comes, coming, line, reserved, waits
from tests.factories.world import MUG, World, make_channel, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """`web` and `kiosk` sell from the same warehouse, which has no mugs."""
    made = small_world(stock=0, store_stock=0)
    make_channel("kiosk", made.pool, made.channel.price_list)
    references.forget()
    forget()
    Stock.objects.create(variant=made.variants[MUG], location=made.warehouse)
    return made


def kiosk() -> Channel:
    return Channel.objects.get(code="kiosk")


def set_aside(world: World, units: int) -> None:
    """So many mugs of the warehouse are the kiosk's."""
    set_fence(world.variants[MUG].pk, world.warehouse.pk, kiosk().pk, units, actor=SYSTEM)


def arrived(world: World, units: int) -> None:
    goods = [In(world.variants[MUG].pk, world.warehouse.pk, units)]
    receive(goods, source=new_id(), actor=SYSTEM, vendor="ACME")


def test_what_comes_for_a_fence_is_promised_to_its_channel_only(world: World) -> None:
    set_aside(world, 3)
    coming(world, 4)
    web, theirs = waits(world, 3), waits(world, 4, minutes=1, channel=kiosk())
    assert line(web) == {"PO-1": 1, "": 2}
    assert line(theirs) == {"PO-1": 3, "": 1}
    assert disagreements() == []


def test_a_promise_out_of_a_fence_leaves_the_others_what_is_theirs(world: World) -> None:
    set_aside(world, 3)
    coming(world, 5)
    theirs, web = waits(world, 2, channel=kiosk()), waits(world, 3, minutes=1)
    assert (line(theirs), line(web)) == ({"PO-1": 2}, {"PO-1": 2, "": 1})
    mug = world.variants[MUG].pk
    assert [s.units for s in atp_by_date([mug], world.pool.pk, kiosk().pk)[mug]] == [0, 1]
    assert line(waits(world, 2, minutes=2, channel=kiosk())) == {"PO-1": 1, "": 1}
    assert disagreements() == []


def test_who_waits_for_a_later_day_has_not_used_the_fence_before(world: World) -> None:
    """Who ordered first through another channel is not promised the earlier day, which would slip."""
    set_aside(world, 3)
    coming(world, 3, due=20, reference="PO-2")
    web, theirs = waits(world, 3), waits(world, 3, minutes=1, channel=kiosk())
    assert (line(web), line(theirs)) == ({"": 3}, {"PO-2": 3})
    first = coming(world, 3, due=9)
    backorders.sweep(actor=SYSTEM)
    assert (line(web), line(theirs)) == ({"PO-2": 3}, {"PO-1": 3})
    comes(world, first, 3)
    assert (reserved(web), reserved(theirs)) == ({}, {"DC-LYON": 3})
    assert disagreements() == []


def test_what_arrives_serves_each_channel_from_its_own_first(world: World) -> None:
    set_aside(world, 2)
    supply = coming(world, 5)
    web, theirs = waits(world, 3), waits(world, 4, minutes=1, channel=kiosk())
    comes(world, supply, 5)
    assert (reserved(web), reserved(theirs)) == ({"DC-LYON": 3}, {"DC-LYON": 2})
    fence = Fence.objects.get()
    assert (fence.taken, fence.unused) == (2, 0)
    assert line(theirs) == {"": 2}
    assert disagreements() == []


def test_who_ordered_first_is_not_served_out_of_the_fence_of_another_channel(world: World) -> None:
    set_aside(world, 2)
    web, theirs = waits(world, 1), waits(world, 1, minutes=5, channel=kiosk())
    arrived(world, 2)
    drain()
    assert (reserved(web), reserved(theirs)) == ({}, {"DC-LYON": 1})
    assert Stock.objects.get(location=world.warehouse).fenced == 1
    arrived(world, 1)
    drain()
    assert reserved(web) == {"DC-LYON": 1}
    assert disagreements() == []


def test_a_place_that_promises_nothing_serves_nobody(world: World) -> None:
    arrived(world, 1)
    withhold(world.variants[MUG].pk, world.warehouse.pk, withheld=True, actor=SYSTEM)
    supply = coming(world, 4)
    web, theirs = waits(world, 1), waits(world, 1, channel=kiosk())
    assert line(web) == line(theirs) == {"": 1}
    comes(world, supply, 4)
    drain()
    assert reserved(web) == reserved(theirs) == {}
    withhold(world.variants[MUG].pk, world.warehouse.pk, withheld=False, actor=SYSTEM)
    drain()
    assert reserved(web) == reserved(theirs) == {"DC-LYON": 1}
    assert disagreements() == []


def test_units_promised_of_a_supply_do_not_undercut_the_safety_stock_when_they_come(world: World) -> None:
    """What is kept back is kept back from all, also where somebody said so after the promise: it moves, and is told."""
    supply = coming(world, 3)
    web, theirs = waits(world, 2), waits(world, 1, minutes=1, channel=kiosk())
    comes(world, supply, 1)
    assert reserved(web) == {"DC-LYON": 1}
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    comes(world, supply, 2)
    assert (line(web), line(theirs)) == ({"": 1}, {"": 1})
    assert Stock.objects.get(location=world.warehouse).free == 0
    assert disagreements() == []


def test_a_fence_that_a_cancellation_gives_back_serves_its_own_channel(world: World) -> None:
    arrived(world, 1)
    set_aside(world, 1)
    first = placed({MUG: 1}, channel="kiosk")
    web, theirs = waits(world, 1), waits(world, 1, minutes=1, channel=kiosk())
    cancel(first.pk, actor=SYSTEM, reason="not wanted")
    drain()
    assert (reserved(web), reserved(theirs)) == ({}, {"DC-LYON": 1})
    assert disagreements() == []


def test_the_sweep_serves_a_channel_from_its_fence(world: World) -> None:
    theirs = waits(world, 1, channel=kiosk())
    set_aside(world, 1)
    arrived(world, 1)
    Event.objects.filter(kind="stock.risen").delete()
    backorders.sweep(actor=SYSTEM)
    assert reserved(theirs) == {"DC-LYON": 1}


def backordered(world: World, units: int = 2) -> Order:
    """An order whose units nobody has any more."""
    arrived(world, units)
    order = placed({MUG: units}, channel="kiosk")
    Location.objects.update(can=[])
    forget()
    route([order.pk], actor=SYSTEM)
    Location.objects.update(can=[Location.Can.SHIP])
    forget()
    return order


def test_lines_that_older_code_wrote_without_a_wait_are_put_in_line_by_the_sweep(world: World) -> None:
    order = backordered(world)
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    SupplyPin.objects.all().delete()
    assert [each for each in disagreements() if "0 in line" in each]
    supply = coming(world, 5)
    backorders.sweep(actor=SYSTEM)
    assert line(line_ids(order)[MUG]) == {"PO-1": 2}
    assert SupplyPin.objects.get().channel_id == kiosk().pk
    assert disagreements() == []
    backorders.sweep(actor=SYSTEM)
    assert line(line_ids(order)[MUG]) == {"PO-1": 2}
    close(supply.pk, reason="sold out", actor=SYSTEM)


def test_what_is_missing_of_a_wait_is_put_in_line_and_nothing_more(world: World) -> None:
    order = backordered(world)
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    run("UPDATE inventory_supplypin SET quantity = 1")
    backorders.sweep(actor=SYSTEM)
    assert line(line_ids(order)[MUG]) == {"": 2}
    assert disagreements() == []


def test_waits_that_older_code_wrote_learn_their_channel_from_the_sweep(world: World) -> None:
    order = backordered(world)
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 2, actor=SYSTEM)
    run("UPDATE inventory_supplypin SET channel_id = NULL")
    assert [each for each in disagreements() if order.number in each]
    backorders.sweep(actor=SYSTEM)
    assert SupplyPin.objects.get().channel_id == kiosk().pk
    assert disagreements() == []


def test_more_lines_without_a_wait_take_no_more_statements(world: World) -> None:
    set_safety(world.variants[MUG].pk, world.warehouse.pk, 99, actor=SYSTEM)
    counts = []
    for n in (1, 6):
        set_safety(world.variants[MUG].pk, world.warehouse.pk, 0, actor=SYSTEM)
        for _ in range(n):
            backordered(world)
        set_safety(world.variants[MUG].pk, world.warehouse.pk, 99, actor=SYSTEM)
        SupplyPin.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            backorders.line_up_missing(actor=SYSTEM)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert disagreements() == []
