"""Reasons in the reader's words, whatever was typed is kept, and lists that add up only what they show."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from core.actors import SYSTEM
from core.db import rows
from core.invariants import disagreements
from core.templatetags.ui import note_words
from inventory.holdings import expiry
from inventory.holdings.lots import LotInput, close_lot, receive_lot, track
from inventory.holdings.moving import What, change_condition
from inventory.models import Lot, Stock, Supply
from inventory.services import adjust
from inventory.supply.services import Expected, expect
from tests.factories.holdings import bins_at, lying, put_in
from tests.factories.people import signed_in
from tests.factories.transfers import sent
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
DAY = date.today() + timedelta(days=90)


@pytest.fixture
def world() -> World:
    """Five candles of a lot with its last day at Lyon."""
    world = small_world(stock=0, store_stock=0)
    candle = world.variants[CANDLE]
    track(candle.pk, expiry=True, shelf_days=10, actor=SYSTEM)
    receive_lot(candle.pk, world.warehouse.pk, 5, LotInput("L-1", DAY), vendor="ACME", note="DN 7", actor=SYSTEM)
    return world


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def lot() -> Lot:
    return Lot.objects.get(code="L-1")


@pytest.mark.parametrize(
    ("note", "english", "french"),
    [
        ("damaged: fell", "Damaged: fell", "Abîmé: fell"),
        ("L-1: suspected", "L-1: Suspected of a fault", "L-1: Défaut soupçonné"),
        ("a smell", "a smell", "a smell"),
        ("", "", ""),
        (
            "L-1: ends on 2027-03-01, 30 days must be left",
            "L-1: ends on 1 March 2027, 30 days must be left",
            "L-1: se termine le 1 mars 2027, il doit rester 30 jours",
        ),
        ("ends on 2027-99-01, 30 days must be left", "ends on 2027-99-01, 30 days must be left", None),
    ],
)
def test_a_reason_is_said_in_the_readers_words(note: str, english: str, french: str | None) -> None:
    assert note_words(note) == english
    with translation.override("fr"):
        assert french is None or note_words(note) == french


def test_the_page_of_a_place_says_reasons_in_words(world: World) -> None:
    what = What(world.variants[CANDLE].pk, world.warehouse.pk, 1, lot_id=lot().pk)
    change_condition(what, "damaged", reason="damaged: fell", actor=SYSTEM)
    expiry.watch(DAY, actor=SYSTEM)
    for address in (f"/stock/{CANDLE}/at/{world.warehouse.pk}/", f"/stock/{CANDLE}/"):
        page = text(signed_in("manager").get(address))
        assert "Damaged: fell" in page
        assert "10 days must be left" in page
        assert DAY.isoformat() not in page.partition("<main")[2].replace(f'datetime="{DAY.isoformat()}', "")


def test_what_was_typed_is_kept_when_it_is_refused(world: World) -> None:
    client = signed_in("manager")
    Lot.objects.update(expires_on=date.today() + timedelta(days=3))
    close_lot(lot().pk, reason="old", state=Lot.State.EXPIRED, actor=SYSTEM)
    page = client.get(f"/stock-lots/{lot().pk}/")
    assert "Release the lot…" not in text(page)
    assert "It is too old to be sold: 10 days must be left." in text(page)
    refused = client.post(f"/stock-lots/{lot().pk}/release/", {"reason": "Looks fine to me"})
    assert refused.status_code == 422
    assert "Lot L-1 is too old to be sold." in text(refused)
    assert 'value="Looks fine to me"' in text(refused)
    corrected = {"location": str(world.warehouse.pk), "quantity": "-900", "reason": "lost", "note": "All of them"}
    version = client.get(f"/stock/{CANDLE}/").content.decode().partition('name="version" value="')[2].partition('"')[0]
    refused = client.post(f"/stock/{CANDLE}/adjust/", corrected | {"version": version})
    assert (refused.status_code, 'value="All of them"' in text(refused)) == (409, True)


def test_a_lots_page_tells_what_is_on_its_way_and_where_it_came_from(world: World) -> None:
    transfer = sent(world.warehouse, world.store, {CANDLE: 2})
    client = signed_in("manager")
    page = text(client.get(f"/stock-lots/{lot().pk}/"))
    for word in (transfer.number, "Lyon warehouse → Paris shop", "Where it came from", "DN 7", "+5"):
        assert word in page
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/stock-lots/{lot().pk}/")
        counts.append(len(asked))
        sent(world.warehouse, world.store, {CANDLE: 1})
    assert counts[0] == counts[1]


def test_supply_of_an_article_with_lots_is_received_with_its_lot(world: World) -> None:
    candle, client = world.variants[CANDLE].pk, signed_in("manager")
    wanted = Expected(candle, world.store.pk, date.today(), 6, Supply.Kind.VENDOR, candle, "PO-9")
    (supply,) = expect([wanted], actor=SYSTEM)

    def arrive(**given: str) -> Any:
        page = client.get(f"/inbound/{supply}/").content.decode()
        version = page.partition('name="version" value="')[2].partition('"')[0]
        return client.post(f"/inbound/{supply}/arrive/", {"version": version} | given)

    missing = arrive(quantity="2")
    assert (missing.status_code, "Give the lot." in text(missing)) == (422, True)
    dayless = arrive(quantity="2", lot="L-2")
    assert (dayless.status_code, "give the last day of the lot" in text(dayless)) == (422, True)
    assert arrive(quantity="2", lot="l-2", expires_on=str(DAY)).status_code == 302
    assert lying(world.store) == {(CANDLE, "sellable", "", "L-2"): 2}
    close_lot(lot().pk, reason="a smell", actor=SYSTEM)
    assert arrive(quantity="3", lot="L-1").status_code == 302
    found = Supply.objects.get(pk=supply)
    assert (found.arrived, found.to_come) == (2, 1), "nobody is promised what is not sold"
    assert Stock.objects.get(location=world.store, variant=candle).quarantine == 3
    arrive(quantity="1", lot="L-1")
    assert Supply.objects.get(pk=supply).state == "closed"
    assert disagreements() == []


def test_the_list_of_bins_adds_up_the_bins_that_it_shows(world: World) -> None:
    mug = world.variants[MUG]
    adjust(mug.pk, world.warehouse.pk, 4, reason="found", actor=SYSTEM)
    first, _second = bins_at(world.warehouse, "A-01", "A-02")
    put_in(mug, first, 3)
    client = signed_in("warehouse")
    with CaptureQueriesContext(connection) as asked:
        page = text(client.get("/stock-bins/"))
    assert "A-01" in page
    (sums,) = [q["sql"] for q in asked if "SUM(" in q["sql"]]
    assert "inventory_bin" not in sums.partition("FROM")[2].partition("WHERE")[0], "no bin beyond the page is added up"


def test_a_lot_that_is_scanned_is_found_by_index() -> None:
    explained = "EXPLAIN SELECT id FROM inventory_lot WHERE upper(code) = upper('l-1')"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "lot_scanned" in " ".join(row[0] for row in rows(explained))
