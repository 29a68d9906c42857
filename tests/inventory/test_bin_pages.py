"""The pages of bins: setting up, what lies in one, one product at one place, putting away by scan."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.invariants import disagreements
from inventory.models import Bin, HoldingMove, Lot, Stock
from inventory.services import adjust
from tests.factories.holdings import bins_at, lot_of, lying, put_in, receive_lot
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=0)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_bins_are_set_up_by_a_list_of_codes(world: World) -> None:
    client = signed_in("warehouse")
    given = {"location": str(world.warehouse.pk), "kind": "pick", "codes": "A-01\nA-02\n\n"}
    assert "2 bins are set up." in text(client.post("/stock-bins/new/", given, follow=True))
    assert [b.code for b in Bin.objects.order_by("walk")] == ["A-01", "A-02"]
    wrong = client.post("/stock-bins/new/", given | {"codes": "A 01"})
    assert wrong.status_code == 422
    assert "“A 01”: use letters" in text(wrong)


def test_a_bin_tells_what_lies_in_it_and_is_changed(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 3)
    client = signed_in("warehouse")
    page = f"/stock-bins/{spot.pk}/"
    assert MUG in text(client.get(page))
    given = {"kind": "reserve", "walk": "7", "barcode": "", "is_active": "on"}
    assert "A-01 is changed." in text(client.post(f"{page}change/", given, follow=True))
    closing = client.post(f"{page}change/", {**given, "is_active": ""})
    assert closing.status_code == 422
    assert "Units lie in A-01" in text(closing)


def test_whoever_changes_a_bin_on_an_old_page_is_told(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    client = signed_in("warehouse")
    version = re.search(r'name="version" value="([^"]+)"', client.get(f"/stock-bins/{spot.pk}/").content.decode())
    assert version
    Bin.objects.filter(pk=spot.pk).update(walk=99)
    given = {"kind": "reserve", "walk": "7", "barcode": "", "is_active": "on", "version": version[1]}
    assert client.post(f"/stock-bins/{spot.pk}/change/", given).status_code == 412


def test_a_product_at_a_place_is_told_by_condition_bin_and_lot(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 3)
    page = text(signed_in("warehouse").get(f"/stock/{MUG}/at/{world.warehouse.pk}/"))
    for word in ("A-01", "in no bin", "Moved between bins", "Sellable"):
        assert word in page


def test_a_condition_is_changed_from_the_page(world: World) -> None:
    client, page = signed_in("warehouse"), f"/stock/{MUG}/at/{world.warehouse.pk}/"
    given = {"spot": "sellable//", "quantity": "2", "to": "quarantine", "reason": "suspected"}
    assert "the condition is changed" in text(client.post(f"{page}condition/", given, follow=True))
    assert Stock.objects.get(variant__sku=MUG, location=world.warehouse).quarantine == 2
    many = client.post(f"{page}condition/", given | {"quantity": "50"})
    assert many.status_code == 422
    assert "Only 8 units" in text(many)


@pytest.mark.parametrize("path", ["/stock-bins/", "/stock/MUG-BLUE/at/{place}/", "/stock-bins/{bin}/"])
def test_a_page_takes_as_many_statements_however_much_there_is(world: World, path: str) -> None:
    spots = bins_at(world.warehouse, "A-01", "A-02", "A-03")
    put_in(world.variants[MUG], spots[0], 1)
    client = signed_in("warehouse")
    where = path.format(place=world.warehouse.pk, bin=spots[0].pk)
    counts = []
    for _ in range(2):
        client.get(where)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(where).status_code == 200
        counts.append(len(asked))
        for spot in spots:
            put_in(world.variants[MUG], spot, 1)
            put_in(world.variants[VASE], spot, 1)
    assert counts[0] == counts[1]


# Putting away by scan


class Scanner:
    """Somebody who scans: what the form had after the last scan goes along with the next one."""

    def __init__(self, client: Client, world: World) -> None:
        self.client, self.world = client, world
        self.page = text(client.get(f"/put-away/?at={world.warehouse.code}"))

    def fields(self) -> dict[str, str]:
        return dict(re.findall(r'name="(key|origin|variant|lot|condition|quantity)"[^>]*value="([^"]*)"', self.page))

    def scan(self, code: str, status: int = 200, **more: str) -> str:
        given = {**self.fields(), "code": code, **more}
        response = self.client.post(f"/put-away/{self.world.warehouse.pk}/scan/", given)
        assert response.status_code == status, text(response)
        self.page = text(response)
        return self.page


@pytest.fixture
def scanner(world: World) -> Scanner:
    bins_at(world.warehouse, "A-01", "A-02")
    return Scanner(signed_in("warehouse"), world)


def test_units_are_put_away_by_three_scans(world: World, scanner: Scanner) -> None:
    assert f"{MUG}, 10 there" in scanner.scan(MUG)
    assert "6 put into A-01." in scanner.scan("a-01", quantity="6")
    assert "From A-01" in scanner.scan("A-01")
    scanner.scan(MUG)
    assert "2 put into A-02." in scanner.scan("A-02", quantity="2")
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 4, (MUG, "sellable", "A-02", ""): 2}
    assert disagreements() == []


def test_a_scan_that_is_sent_twice_counts_once(world: World, scanner: Scanner) -> None:
    scanner.scan(MUG)
    before = scanner.fields()
    scanner.scan("A-01", quantity="4")
    again = scanner.scan("A-01", 200, **(before | {"quantity": "4"}))
    assert "counted already" in again
    assert lying(world.warehouse) == {(MUG, "sellable", "A-01", ""): 4}


@pytest.mark.parametrize(
    ("scans", "said"),
    [
        (["NO-SUCH"], "NO-SUCH is no bin, article or lot of this place."),
        ([""], "is no bin, article or lot"),
        (["A-01", MUG], "lies there."),
        ([MUG, MUG], "in hand already"),
    ],
)
def test_a_wrong_scan_is_told_in_words_and_moves_nothing(scanner: Scanner, scans: list[str], said: str) -> None:
    *right, wrong = scans
    for code in right:
        scanner.scan(code)
    page = scanner.scan(wrong, 422)
    assert said in page
    assert "is-red" in page
    assert not HoldingMove.objects.exists()


@pytest.mark.parametrize(
    ("quantity", "said"), [("11", "Only 10 units"), ("0", "whole number from 1"), ("x", "how many")]
)
def test_a_wrong_number_is_told_in_words(scanner: Scanner, quantity: str, said: str) -> None:
    scanner.scan(MUG)
    assert said in scanner.scan("A-01", 422, quantity=quantity)
    assert not HoldingMove.objects.exists()


def test_of_several_lots_the_lot_is_scanned(world: World, scanner: Scanner) -> None:
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    for code, units in (("L1", 3), ("L2", 4)):
        receive_lot(lot_of(candle, code), world.warehouse, units)
    assert "Now its lot: L1, L2." in scanner.scan(CANDLE)
    assert "4 there" in scanner.scan("l2")
    assert "4 put into A-01." in scanner.scan("A-01")
    assert lying(world.warehouse) == {(CANDLE, "sellable", "", "L1"): 3, (CANDLE, "sellable", "A-01", "L2"): 4}
    assert Lot.objects.count() == 2


def test_the_script_gets_the_changed_part_alone(world: World, scanner: Scanner) -> None:
    url = f"/put-away/{world.warehouse.pk}/scan/"
    page = text(scanner.client.post(url, {"code": MUG}, headers={"HX-Request": "true"}))
    assert page.startswith("<div data-part>")


@pytest.mark.parametrize("field", ["key", "origin", "variant", "lot", "condition", "quantity", "code"])
def test_whatever_is_sent_nothing_breaks(scanner: Scanner, field: str) -> None:
    for junk in ("\x00", "é" * 300, "-1", "0" * 9, "00000000-0000-7000-8000-000000000000"):
        response = scanner.client.post(f"/put-away/{scanner.world.warehouse.pk}/scan/", {"code": "A-01", field: junk})
        assert response.status_code in (200, 422, 400)
