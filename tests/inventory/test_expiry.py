"""Lots that come to their end: told beforehand, set apart in time, never promised, never received as sellable."""

from datetime import date, timedelta

import pytest

from catalog.models import Variant
from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict, Invalid
from inventory.holdings.expiry import watch
from inventory.holdings.lots import LotInput, close_lot, receive_lot, release_lot, track
from inventory.models import Lot, Stock
from inventory.services import adjust
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, World, small_world

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def world() -> World:
    """Candles must have 30 days left; of one lot that ends in 100 days five lie at Lyon."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    track(candle.pk, expiry=True, shelf_days=30, actor=SYSTEM)
    receive_lot(candle.pk, world.warehouse.pk, 5, LotInput("L1", TODAY + timedelta(days=100)), actor=SYSTEM)
    return world


def counts(world: World) -> tuple[int, int]:
    stock = Stock.objects.get(variant__sku=CANDLE, location=world.warehouse)
    return stock.on_hand, stock.quarantine


def told() -> list[str]:
    return list(Incident.objects.filter(kind="lot_ending", resolved_at=None).values_list("data__lot", flat=True))


@pytest.mark.parametrize(("days", "is_told", "is_closed"), [(56, False, False), (57, True, False), (70, True, False), (71, False, True)])  # fmt: skip
def test_people_are_told_two_weeks_before_a_lot_is_too_old_and_then_it_is_set_apart(
    world: World, days: int, is_told: bool, is_closed: bool
) -> None:
    assert watch(TODAY + timedelta(days=days)) == is_closed
    assert told() == ["L1"] * is_told
    assert counts(world) == ((0, 5) if is_closed else (5, 0))
    assert Lot.objects.get(code="L1").state == ("expired" if is_closed else "open")
    assert disagreements() == []


def test_a_second_look_changes_nothing_and_what_is_set_apart_is_told_no_more(world: World) -> None:
    for _ in range(2):
        watch(TODAY + timedelta(days=60))
    assert told() == ["L1"]
    assert [watch(TODAY + timedelta(days=80)) for _ in range(2)] == [1, 0]
    assert told() == []
    assert disagreements() == []


def test_a_lot_that_is_sold_out_is_told_no_more(world: World) -> None:
    watch(TODAY + timedelta(days=60))
    adjust(world.variants[CANDLE].pk, world.warehouse.pk, -5, reason="lost", actor=SYSTEM)
    watch(TODAY + timedelta(days=60))
    assert told() == []


def test_a_lot_set_apart_by_hand_stays_so(world: World) -> None:
    close_lot(Lot.objects.get(code="L1").pk, reason="a smell", actor=SYSTEM)
    assert watch(TODAY + timedelta(days=80)) == 0
    assert Lot.objects.get(code="L1").state == "quarantined"


def test_what_is_too_old_when_it_comes_goes_into_quarantine_and_is_not_released(world: World) -> None:
    old = receive_lot(world.variants[CANDLE].pk, world.warehouse.pk, 2, LotInput("OLD", TODAY + timedelta(days=29)), actor=SYSTEM)  # fmt: skip
    assert counts(world) == (5, 2)
    assert watch() == 1
    with pytest.raises(Conflict, match="too old to be sold"):
        release_lot(old.pk, reason="never mind", actor=SYSTEM)
    assert disagreements() == []


def test_a_lot_has_one_last_day(world: World) -> None:
    candle, place = world.variants[CANDLE].pk, world.warehouse.pk
    with pytest.raises(Invalid, match="look at the label"):
        receive_lot(candle, place, 1, LotInput("l1", TODAY + timedelta(days=99)), actor=SYSTEM)
    with pytest.raises(Invalid, match="give the last day"):
        receive_lot(candle, place, 1, LotInput("L2"), actor=SYSTEM)
    receive_lot(candle, place, 1, LotInput("L1"), actor=SYSTEM)


def test_an_exception_leads_to_the_lot(world: World) -> None:
    watch(TODAY + timedelta(days=60))
    page = signed_in("manager").get("/exceptions/?state=open").content.decode()
    assert "A lot comes to its end" in page
    assert f"/stock-lots/{Lot.objects.get(code='L1').pk}/" in page


def test_goods_are_received_into_a_lot_from_the_page_and_errors_name_their_field(world: World) -> None:
    client = signed_in("warehouse")
    given = {"location": str(world.warehouse.pk), "quantity": "3", "condition": "sellable", "lot": "n-1"}
    wrong = client.post(f"/stock/{CANDLE}/receive/", given)
    assert wrong.status_code == 422
    assert "give the last day of the lot" in wrong.content.decode()
    day = (TODAY + timedelta(days=200)).isoformat()
    assert client.post(f"/stock/{CANDLE}/receive/", given | {"expires_on": day, "vendor_lot": "V9"}).status_code == 302
    lot = Lot.objects.get(code="N-1")
    assert (lot.expires_on, lot.vendor_lot) == (date.fromisoformat(day), "V9")
    assert counts(world) == (8, 0)


def test_a_product_asks_for_lots_from_its_page_on(world: World) -> None:
    client = signed_in("planner")
    answer = client.post("/stock/VASE-L/lots/", {"expiry": "on", "shelf_days": "9"}, follow=True)
    assert "asks for lots" in answer.content.decode()
    found = Variant.objects.get(sku="VASE-L")
    assert (found.tracks_lots, found.tracks_expiry, found.shelf_days) == (True, True, 9)
    assert client.post("/stock/VASE-L/lots/", {"shelf_days": "-1"}).status_code == 422
    assert disagreements() == []
