"""Lots on the floor: what expires first goes first, a parcel keeps its lots, a lot that is set apart leaves nowhere."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from core import outbox
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict
from fulfillment import amend, floor, shipping
from fulfillment.lots import WrongLot
from fulfillment.models import FulfillmentLine, FulfillmentOrder, PickedLot
from inventory.holdings.lots import close_lot, release_lot, track
from inventory.models import HoldingMove, Lot, Stock
from inventory.services import adjust
from orders.models import OrderLine
from returns import services as returns
from tests.factories.holdings import bins_at, lot_of, lying, put_in, receive_lot
from tests.factories.orders import PICKER, released
from tests.factories.people import signed_in
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


def work_of(units: int) -> tuple[Any, UUID]:
    order, (work,) = released({CANDLE: units})
    return order, work


def taken(work: UUID) -> dict[str, int]:
    return dict(PickedLot.objects.filter(fulfillment_line__fulfillment_order=work).values_list("lot__code", "quantity"))


def lot(code: str) -> Lot:
    return Lot.objects.get(code=code)


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert disagreements() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def test_what_ends_first_is_picked_first_and_the_parcel_keeps_its_lots(world: World) -> None:
    _order, work = work_of(5)
    floor.pick_all([work], actor=PICKER)
    assert taken(work) == {"SOON": 4, "LATER": 1}
    floor.pack([work], actor=PICKER)
    (parcel,) = shipping.ship([work], actor=PICKER)
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "LATER"): 5}
    moved = HoldingMove.objects.filter(source=parcel).values_list("lot__code", "quantity")
    assert sorted(moved) == [("LATER", -1), ("SOON", -4)]
    assert is_sound()


def test_units_in_hand_are_not_picked_by_another(world: World) -> None:
    (_one, first), (_other, second) = work_of(3), work_of(3)
    floor.pick_all([first], actor=PICKER)
    floor.pick_all([second], actor=PICKER)
    assert (taken(first), taken(second)) == ({"SOON": 3}, {"SOON": 1, "LATER": 2})
    assert is_sound()


def test_a_lot_is_scanned_and_the_one_that_ends_first_is_asked_for(world: World) -> None:
    _order, work = work_of(5)
    with pytest.raises(WrongLot, match="Scan its lot: SOON ends first"):
        floor.scan(work, CANDLE, actor=PICKER)
    with pytest.raises(WrongLot, match="Lot SOON ends first"):
        floor.scan(work, "later", actor=PICKER)
    for _ in range(4):
        floor.scan(work, "soon", actor=PICKER)
    with pytest.raises(WrongLot, match="Nothing is left of that lot here"):
        floor.scan(work, "SOON", actor=PICKER)
    floor.scan(work, CANDLE, actor=PICKER)  # only one lot is left: the article says enough
    assert taken(work) == {"SOON": 4, "LATER": 1}
    assert is_sound()


def test_a_wrong_lot_is_red_and_in_words_on_the_screen(world: World) -> None:
    _order, work = work_of(1)
    client = signed_in("warehouse")
    answer = client.post(f"/work/{work}/scan/", {"code": "LATER"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Lot SOON ends first: take that one. Put this one back." in answer.content.decode()


def test_the_screen_leads_to_the_bin_and_to_the_lot(world: World) -> None:
    (spot, other) = bins_at(world.warehouse, "A-07", "B-01")
    put_in(world.variants[MUG], spot, 1)
    put_in(world.variants[MUG], other, 5)
    _order, (work,) = released({CANDLE: 5, MUG: 2})
    page = " ".join(signed_in("warehouse").get(f"/work/{work}/").content.decode().split())
    assert page.index("A-07") < page.index("B-01")
    assert page.index("lot SOON") < page.index("lot LATER")
    assert "× 4" in page
    floor.pick(work, {_line(work, MUG): 1}, actor=PICKER)
    assert "A-07" not in signed_in("warehouse", name="w2").get(f"/work/{work}/").content.decode()


def _line(work: UUID, sku: str) -> UUID:
    return FulfillmentLine.objects.get(fulfillment_order=work, order_line__sku=sku).order_line_id


def test_cancelled_units_go_back_the_freshest_first(world: World) -> None:
    order, work = work_of(5)
    floor.pick_all([work], actor=PICKER)
    line = OrderLine.objects.get(order=order)
    amend.cancel(order.pk, actor=SYSTEM, reason="fewer", lines=[(line.pk, 2)])
    assert taken(work) == {"SOON": 3}
    amend.cancel(order.pk, actor=SYSTEM, reason="none")
    assert taken(work) == {}
    assert is_sound()


def test_a_return_comes_back_into_its_lot(world: World) -> None:
    order, work = work_of(5)
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    line = OrderLine.objects.get(order=order)
    first, second = returns.ReturnInput(order.pk, [returns.Back(line.pk, 2)]), returns.ReturnInput(order.pk, [returns.Back(line.pk, 3)])  # fmt: skip
    close_lot(lot("LATER").pk, reason="a smell", actor=SYSTEM)
    for back in (first, second):
        returns.receive_and_credit([back], actor=PICKER, location_id=world.warehouse.pk)
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "SOON"): 4, (CANDLE, "quarantine", "", "LATER"): 6}
    assert is_sound()


def test_a_lot_that_is_set_apart_is_not_promised_anywhere_and_is_released_again(world: World) -> None:
    receive_lot(lot("SOON"), world.store, 3)
    assert close_lot(lot("SOON").pk, reason="a smell", actor=SYSTEM) == 7
    assert close_lot(lot("SOON").pk, reason="a smell", actor=SYSTEM) == 0
    found = {s.location_id: (s.on_hand, s.quarantine) for s in Stock.objects.filter(variant__sku=CANDLE)}
    assert found == {world.warehouse.pk: (6, 4), world.store.pk: (0, 3)}
    assert is_sound()
    assert release_lot(lot("SOON").pk, reason="clean", actor=SYSTEM) == 7
    assert release_lot(lot("SOON").pk, reason="clean", actor=SYSTEM) == 0
    assert is_sound()


def test_what_is_promised_of_a_lot_set_apart_becomes_a_shortfall(world: World) -> None:
    work_of(8)
    close_lot(lot("SOON").pk, reason="a smell", actor=SYSTEM)
    assert Incident.objects.get(resolved_at=None, kind="shortfall").data["units"] == 2
    assert is_sound()


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_lot_set_apart_comes_out_of_open_work_and_another_is_picked(world: World, is_packed: bool) -> None:
    _order, work = work_of(5)
    floor.pick_all([work], actor=PICKER)
    if is_packed:
        floor.pack([work], actor=PICKER)
    close_lot(lot("SOON").pk, reason="a smell", actor=SYSTEM)
    if is_packed:
        with pytest.raises(Conflict, match="Lot SOON is not sold any more"), transaction.atomic():
            shipping.ship([work], actor=PICKER)
    outbox.drain()
    assert taken(work) == {"LATER": 1}
    assert FulfillmentOrder.objects.get(pk=work).status == "picking"
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    assert taken(work) == {"LATER": 5}
    assert is_sound()


def test_lots_begin_for_what_lies_about(world: World) -> None:
    mug = world.variants[MUG]
    put_in(mug, bins_at(world.warehouse, "A-01")[0], 4)
    track(mug.pk, expiry=False, actor=SYSTEM)
    assert lying(world.warehouse)[(MUG, "sellable", "A-01", Lot.UNKNOWN)] == 4
    assert lying(world.warehouse)[(MUG, "sellable", "", Lot.UNKNOWN)] == 6
    track(mug.pk, expiry=False, actor=SYSTEM)
    assert is_sound()


def test_the_lots_of_a_parcel_that_has_left_stay_as_they_are(world: World) -> None:
    _order, work = work_of(1)
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    for statement in ("DELETE FROM fulfillment_pickedlot", "UPDATE fulfillment_pickedlot SET quantity = 2"):
        with pytest.raises(IntegrityError, match="stay as they are"), transaction.atomic():
            run(statement)


def test_no_more_units_are_of_lots_than_are_picked(world: World) -> None:
    _order, work = work_of(2)
    floor.pick_all([work], actor=PICKER)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        "UPDATE fulfillment_pickedlot SET quantity = 3",
        "UPDATE fulfillment_fulfillmentline SET picked = 1",
    ):
        with pytest.raises(IntegrityError, match="more units of lots"), transaction.atomic():
            run(statement)
            run("SET CONSTRAINTS ALL IMMEDIATE")
