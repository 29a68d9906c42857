"""Lots on their way: what left is what arrives, whoever counts it; a lot that is set apart meanwhile is sold nowhere."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.problems import Conflict
from fulfillment import floor
from inventory.holdings.lots import close_lot, track
from inventory.models import Lot, Stock, Supply, Transfer, TransferStepLot
from inventory.services import adjust
from inventory.tallies.counting import OfLot, Units
from inventory.transfers import moving, oflots
from tests.factories.holdings import lot_of, lying, receive_lot
from tests.factories.orders import PICKER, released
from tests.factories.people import signed_in
from tests.factories.purchases import DOCK
from tests.factories.transfers import arrived, counted, drafted, sent
from tests.factories.world import CANDLE, MUG, World, small_world
from tests.inventory.transfers.test_transfer_pages import finish

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


def lot(code: str) -> Lot:
    return Lot.objects.get(code=code)


def of_lots(world: World, *lots: OfLot, plain: int = 0) -> dict[UUID, Units]:
    sellable, damaged = plain + sum(x.sellable for x in lots), sum(x.damaged for x in lots)
    return {world.variants[CANDLE].pk: Units(sellable, damaged, lots)}


def moving_lots(transfer: Transfer) -> dict[str, int]:
    return {x.code: units for found in oflots.in_transit([transfer.pk]).values() for x, units in found}


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert disagreements() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


def test_what_ends_first_leaves_and_arrives_as_what_it_is(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {CANDLE: 5, MUG: 2})
    assert moving_lots(transfer) == {"SOON": 4, "LATER": 1}
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "LATER"): 5}
    arrived(transfer, {CANDLE: 3, MUG: 2}, damaged={CANDLE: 1})
    assert lying(world.store) == {(CANDLE, "sellable", "", "SOON"): 3, (CANDLE, "damaged", "", "SOON"): 1}
    assert moving_lots(transfer) == {"LATER": 1}
    arrived(transfer, {CANDLE: 1})
    assert lying(world.store)[CANDLE, "sellable", "", "LATER"] == 1
    assert not Lot.objects.filter(code=Lot.UNKNOWN).exists()
    assert is_sound()


def test_lots_that_were_scanned_leave_and_arrive(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {CANDLE: 5})
    moving.send(transfer.pk, of_lots(world, OfLot("LATER", 3), plain=1), key=new_id(), actor=DOCK)
    assert moving_lots(transfer) == {"LATER": 3, "SOON": 1}
    moving.receive(transfer.pk, of_lots(world, OfLot("LATER", 1, 1)), key=new_id(), actor=DOCK)
    assert lying(world.store) == {(CANDLE, "sellable", "", "LATER"): 1, (CANDLE, "damaged", "", "LATER"): 1}
    with pytest.raises(Conflict, match=r"Only 1 of lot LATER are in transit\. What is: SOON, LATER"):
        moving.receive(transfer.pk, of_lots(world, OfLot("LATER", 2)), key=new_id(), actor=DOCK)
    moving.write_off(transfer.pk, key=new_id(), reason="stolen", actor=DOCK)
    assert moving_lots(transfer) == {}
    assert is_sound()


def test_more_of_a_lot_than_can_leave_is_put_back(world: World) -> None:
    work = released({CANDLE: 3})[1][0]
    floor.pick_all([work], actor=PICKER)
    transfer = drafted(world.warehouse, world.store, {CANDLE: 5})
    with pytest.raises(Conflict, match="Only 1 of lot SOON can leave Lyon warehouse"):
        moving.send(transfer.pk, of_lots(world, OfLot("SOON", 2)), key=new_id(), actor=DOCK)
    moving.send(transfer.pk, counted({CANDLE: 5}), key=new_id(), actor=DOCK)
    assert moving_lots(transfer) == {"SOON": 1, "LATER": 4}, "what somebody has in hand stays"
    assert is_sound()


def test_a_lot_set_apart_on_its_way_arrives_in_quarantine_and_is_promised_to_nobody(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {CANDLE: 5})
    close_lot(lot("SOON").pk, reason="a smell", actor=SYSTEM)
    arrived(transfer, {CANDLE: 5})
    assert lying(world.store) == {(CANDLE, "quarantine", "", "SOON"): 4, (CANDLE, "sellable", "", "LATER"): 1}
    assert Stock.objects.get(location=world.store, variant__sku=CANDLE).on_hand == 1
    assert not Supply.objects.filter(kind="transfer", state="expected").exists()
    assert is_sound()


def test_units_that_left_before_their_article_asked_for_lots_arrive_without_one(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {MUG: 3})
    track(world.variants[MUG].pk, expiry=False, actor=SYSTEM)
    arrived(transfer, {MUG: 3})
    assert lying(world.store) == {(MUG, "sellable", "", Lot.UNKNOWN): 3}
    assert is_sound()


def test_the_lots_of_a_step_are_never_changed_and_no_more_than_it_moved(world: World) -> None:
    sent(world.warehouse, world.store, {CANDLE: 4})
    for statement in ("DELETE FROM inventory_transfersteplot", "UPDATE inventory_transfersteplot SET sellable = 1"):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            run(statement)
    line = TransferStepLot.objects.get().step_line
    with pytest.raises(IntegrityError, match="more units of lots"), transaction.atomic():
        TransferStepLot.objects.create(step_line=line, lot=lot("LATER"), sellable=1)
    with pytest.raises(IntegrityError, match="another article"), transaction.atomic():
        TransferStepLot.objects.create(step_line=line, lot=lot_of(world.variants[MUG], "M-1"), sellable=1)


def test_the_screens_propose_lots_and_take_what_is_scanned(world: World) -> None:
    transfer, client = drafted(world.warehouse, world.store, {CANDLE: 5}), signed_in("manager")
    address = f"/transfers/{transfer.number}"

    def scan(step: str, code: str, **more: str) -> Any:
        given = {"code": code, "key": str(new_id())} | more
        return client.post(f"{address}/{step}/scan/", given, headers={"HX-Request": "true"})

    assert "SOON × 4" in " ".join(client.get(f"{address}/send/count/").content.decode().split())
    assert "2 of 5" in scan("send", "later", quantity="2").content.decode()
    assert "5 of 5" in scan("send", CANDLE, quantity="3").content.decode()
    finish(client, f"{address}/send/")
    assert moving_lots(transfer) == {"SOON": 3, "LATER": 2}
    asked = scan("receive", CANDLE).content.decode()
    assert f"Now the lot of {CANDLE}: SOON, LATER." in asked
    assert "Last day" not in asked, "it is known"
    strange = scan("receive", "NEVER", article=CANDLE)
    assert (strange.status_code, "no lot of" in strange.content.decode()) == (409, True)
    assert "2 of 5" in scan("receive", "LATER", article=CANDLE, quantity="2").content.decode()
    client.post(f"{address}/receive/rest/", {"key": str(new_id())})
    finish(client, f"{address}/receive/")
    assert lying(world.store) == {(CANDLE, "sellable", "", "SOON"): 3, (CANDLE, "sellable", "", "LATER"): 2}
    assert is_sound()
