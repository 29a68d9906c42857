"""Units that are picked are in somebody's hand: others take them last, and what is missing then is picked again."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import outbox
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from fulfillment import floor, shipping
from fulfillment.models import FulfillmentOrder, PickedLot
from inventory.holdings.moving import What, change_condition
from inventory.models import Lot
from inventory.services import In, adjust, receive
from tests.factories.feeds import feed_at, level, say
from tests.factories.holdings import lot_of, lying, receive_lot
from tests.factories.orders import PICKER, released
from tests.factories.transfers import sent
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
SOON, LATER = date.today() + timedelta(days=60), date.today() + timedelta(days=90)


@pytest.fixture
def world() -> World:
    """Ten candles at Lyon: four that end soon and six that end later."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    receive_lot(lot_of(candle, "LATER", LATER), world.warehouse, 6)
    receive_lot(lot_of(candle, "SOON", SOON), world.warehouse, 4)
    return world


def in_hand(units: int, *, is_packed: bool = True) -> UUID:
    work = released({CANDLE: units})[1][0]
    floor.pick_all([work], actor=PICKER)
    if is_packed:
        floor.pack([work], actor=PICKER)
    return work


def taken(work: UUID) -> dict[str, int]:
    return dict(PickedLot.objects.filter(fulfillment_line__fulfillment_order=work).values_list("lot__code", "quantity"))


def lots_at(world: World) -> dict[str, int]:
    return {lot: n for (_sku, condition, _bin, lot), n in lying(world.warehouse).items() if condition == "sellable"}


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert disagreements() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def corrected(world: World, units: int) -> None:
    adjust(world.variants[CANDLE].pk, world.warehouse.pk, -units, reason="lost", actor=SYSTEM)


def counted(world: World, units: int) -> None:
    say(feed_at(world.warehouse), level(CANDLE, 10 - units))


def moved(world: World, units: int) -> None:
    sent(world.warehouse, world.store, {CANDLE: units})


@pytest.mark.parametrize("take", [corrected, counted, moved])
def test_whoever_takes_units_of_no_named_lot_leaves_those_in_a_box(world: World, take: object) -> None:
    work = in_hand(3)
    assert taken(work) == {"SOON": 3}
    take(world, 3)  # type: ignore[operator]
    assert lots_at(world) == {"SOON": 3, "LATER": 4}
    shipping.ship([work], actor=PICKER)
    assert lots_at(world) == {"LATER": 4}
    assert is_sound()


@pytest.mark.parametrize("is_packed", [True, False])
def test_what_is_missing_of_a_lot_in_hand_is_picked_again_of_another(world: World, is_packed: bool) -> None:
    work = in_hand(4, is_packed=is_packed)
    what = What(world.variants[CANDLE].pk, world.warehouse.pk, 2, lot_id=Lot.objects.get(code="SOON").pk)
    change_condition(what, "damaged", reason="broken", actor=SYSTEM)
    outbox.drain()
    assert taken(work) == {"SOON": 2}
    assert FulfillmentOrder.objects.get(pk=work).status == "picking"
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    assert taken(work) == {"SOON": 2, "LATER": 2}
    assert is_sound()


def test_when_all_others_are_gone_who_picked_last_gives_back_first(world: World) -> None:
    first, second = in_hand(2), in_hand(2)
    corrected(world, 9)
    outbox.drain()
    assert lots_at(world) == {"SOON": 1}
    assert (taken(first), taken(second)) == ({"SOON": 1}, {})
    receive_lot(Lot.objects.get(code="LATER"), world.warehouse, 5)
    outbox.drain()
    floor.pick_all([first, second], actor=PICKER)
    assert is_sound()


def test_units_without_lots_ask_nobody_for_what_is_in_hand(world: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        adjust(world.variants[MUG].pk, world.warehouse.pk, -1, reason="lost", actor=SYSTEM)
        receive([In(world.variants[MUG].pk, world.warehouse.pk, 1)], source=new_id(), actor=SYSTEM)
    assert not [q for q in asked if "fulfillment_pickedlot" in q["sql"]]
