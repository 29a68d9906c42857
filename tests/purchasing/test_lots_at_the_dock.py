"""A delivery of an article that asks for lots: each scan has its lot and its last day, before anything is booked."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.problems import Invalid
from inventory.holdings.lots import close_lot, track
from inventory.models import Lot, Stock, Supply
from inventory.tallies.counting import OfLot, Units
from purchasing.models import PurchaseOrder, Receipt
from purchasing.receiving import Delivery, receive
from tests.factories.holdings import lying
from tests.factories.people import signed_in
from tests.factories.purchases import DOCK, bought, line_of, received
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
DAY = date.today() + timedelta(days=90)


@pytest.fixture
def world() -> World:
    """Candles ask for their lot and its last day; there are none yet."""
    world = small_world(stock=0, store_stock=0)
    track(world.variants[CANDLE].pk, expiry=True, shelf_days=10, actor=SYSTEM)
    return world


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def scan(client: Client, order: PurchaseOrder, code: str, **more: Any) -> Any:
    given = {"code": code, "key": str(new_id())} | more
    return client.post(f"/purchase-orders/{order.number}/receive/scan/", given, headers={"HX-Request": "true"})


def finish(client: Client, order: PurchaseOrder) -> Any:
    address = f"/purchase-orders/{order.number}/receive/finish/"
    page = client.get(address).content.decode()
    tally, version = (page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("tally", "version"))
    return client.post(address, {"tally": tally, "version": version, "note": "", "rest": "open"}), page


def candles(world: World, *lots: OfLot, plain: int = 0) -> Delivery:
    units = Units(plain + sum(x.sellable for x in lots), sum(x.damaged for x in lots), lots)
    return Delivery({world.variants[CANDLE].pk: units}, new_id())


def test_the_screen_asks_for_lot_and_last_day_and_says_beside_the_field_what_is_wrong(world: World) -> None:
    order, client = bought(world.warehouse, {CANDLE: 5, MUG: 1}), signed_in("warehouse")
    asked = scan(client, order, CANDLE, quantity="3")
    assert (asked.status_code, f"Now the lot of {CANDLE}." in text(asked)) == (200, True)
    assert 'name="article"' in text(asked)
    assert 'name="quantity" type="number" value="3"' in text(asked)
    assert "0 of 6 counted" in text(asked)
    missing = scan(client, order, "l-1", article=CANDLE, quantity="3")
    assert missing.status_code == 422
    assert 'id="expires_on-wrong">give the last day of the lot' in text(missing)
    assert 'value="l-1"' in text(missing), "what was scanned is kept"
    odd = scan(client, order, "é!", article=CANDLE, expires_on=str(DAY))
    assert 'id="code-wrong">give the lot' in text(odd)
    nonsense = scan(client, order, "L-1", article=CANDLE, expires_on="2026-13-99")
    assert (nonsense.status_code, "is no day of the calendar" in text(nonsense)) == (422, True)
    assert "3 of 5" in text(scan(client, order, "l-1", article=CANDLE, quantity="3", expires_on=str(DAY)))
    assert "4 of 5" in text(scan(client, order, "L-1")), "its label alone says enough by now"
    other = scan(client, order, "L-1", article=CANDLE, expires_on=str(DAY + timedelta(days=1)))
    assert (other.status_code, "look at the label" in text(other)) == (422, True)
    assert "lot L-1 × 3" in text(scan(client, order, "L-1", quantity="-1"))
    assert scan(client, order, MUG).status_code == 200, "an article without lots asks nothing"
    booked, page = finish(client, order)
    assert "L-1 × 3" in page
    assert booked.status_code == 302
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "L-1"): 3}
    lot = Lot.objects.get()
    assert (lot.expires_on, lot.vendor) == (DAY, "ACME")
    assert disagreements() == []


def test_all_the_rest_is_not_counted_without_its_lot(world: World) -> None:
    order, client = bought(world.warehouse, {CANDLE: 5, MUG: 1}), signed_in("warehouse")
    dock = f"/purchase-orders/{order.number}/receive/"
    client.post(f"{dock}rest/", {"key": str(new_id())})
    page = text(client.get(dock))
    assert "Articles with lots are counted with their lot." in page
    assert "1 of 6 counted" in page


def test_nothing_is_booked_while_units_lack_their_lot(world: World) -> None:
    order = bought(world.warehouse, {CANDLE: 5})
    for delivery in (candles(world, plain=2), candles(world, OfLot("L-1", 1, 0, DAY), plain=1)):
        with pytest.raises(Invalid, match=f"{CANDLE} asks for its lot"):
            receive(order.pk, delivery, actor=DOCK)
    assert not Receipt.objects.exists()
    with pytest.raises(Invalid, match=r"expires_on: give the last day"):
        receive(order.pk, candles(world, OfLot("L-1", 1)), actor=DOCK)
    assert not Lot.objects.exists()


def test_lots_of_one_delivery_lie_apart_and_one_that_is_not_sold_is_promised_to_nobody(world: World) -> None:
    order = bought(world.warehouse, {CANDLE: 9})
    receive(order.pk, candles(world, OfLot("L-1", 2, 1, DAY), OfLot("L-2", 1, 0, DAY)), actor=DOCK)
    close_lot(Lot.objects.get(code="L-1").pk, reason="a smell", actor=SYSTEM)
    old = OfLot("OLD", 2, 0, date.today() + timedelta(days=3))
    receive(order.pk, candles(world, OfLot("L-1", 2), old), actor=DOCK)
    assert lying(world.warehouse) == {
        (CANDLE, "quarantine", "", "L-1"): 4,
        (CANDLE, "damaged", "", "L-1"): 1,
        (CANDLE, "sellable", "", "L-2"): 1,
        (CANDLE, "quarantine", "", "OLD"): 2,
    }
    assert Stock.objects.get(variant__sku=CANDLE).on_hand == 1
    assert line_of(order, CANDLE) == (9, 7, 1, 0, 1)
    assert Supply.objects.get(state="expected").to_come == 1
    assert disagreements() == []


def test_an_article_that_asks_for_none_has_none(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3})
    with pytest.raises(Invalid, match="does not ask for lots"):
        receive(order.pk, Delivery({world.variants[MUG].pk: Units(1, 0, (OfLot("L-1", 1),))}, new_id()), actor=DOCK)
    received(order, {MUG: 3})
    assert disagreements() == []
