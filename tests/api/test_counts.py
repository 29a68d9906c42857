"""Counts by the API: another system has a place counted, says what lies there, and hands it in."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.invariants import disagreements
from integrations.services import create_api_key
from inventory.counts import settling
from inventory.holdings.lots import LotInput, track
from inventory.holdings.lots import receive_lot as receive
from inventory.models import CountEntry, CountLine, StockCount
from tests.api.client import Caller, problem, told
from tests.factories.counts import MAY, of_articles, of_bins, tolerate
from tests.factories.holdings import bins_at, lying, put_in
from tests.factories.transfers import on_hand
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    """Four units of each article lie in Paris, in no bin."""
    return small_world(stock=10, store_stock=4)


@pytest.fixture
def blind(world: World) -> Caller:
    """A program that counts and may do nothing else."""
    return Caller(create_api_key("scanner", ["counts.count"], actor=SYSTEM))


def said(*lines: tuple[str, int], who: str = "Anna", **more: Any) -> dict[str, Any]:
    return {"bin": "", "counted_by": who, "lines": [{"sku": sku, "quantity": n} for sku, n in lines]} | more


def test_articles_are_counted_and_what_differs_little_is_posted(world: World, api: Caller) -> None:
    body = {"location": "SHOP-PARIS", "scope": "articles", "codes": [MUG, CANDLE], "note": "Monday"}
    made, again = (told(api.post("/counts", body, key="c1"), 201) for _ in range(2))
    assert made == again
    assert (made["state"], made["bins"], made["bins_done"], made["note"]) == ("open", 1, 0, "Monday")
    page = f"/counts/{made['number']}"
    begun = told(api.post(f"{page}/counted", said()))
    assert [(line["sku"], line["counted"]) for line in begun["lines"]] == [(CANDLE, None), (MUG, None)]
    for quantity in (9, 3):
        found = told(api.post(f"{page}/counted", said((MUG, quantity), (CANDLE, 4))))
    assert [(line["sku"], line["counted"], line["state"]) for line in found["lines"]] == [
        (CANDLE, 4, "counted"), (MUG, 3, "counted"),
    ]  # fmt: skip
    first, second = (told(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Anna"})) for _ in range(2))
    assert first == second
    assert (first["state"], first["place"]["done"]) == ("closed", True)
    assert [(x["sku"], x["state"], x["expected"], x["difference"], x["posted"]) for x in first["lines"]] == [
        (CANDLE, "right", 4, 0, 0), (MUG, "posted", 4, -1, -1),
    ]  # fmt: skip
    assert on_hand(world.store, MUG) == (3, 0)
    assert StockCount.objects.count() == 1
    assert disagreements() == []


def test_a_call_sent_twice_counts_once(world: World, api: Caller) -> None:
    count = of_articles(world.store, MUG)
    first, again = (told(api.post(f"/counts/{count.number}/counted", said((MUG, 4)), key="k1")) for _ in range(2))
    assert first == again
    assert CountEntry.objects.count() == 1


def test_bins_lots_and_conditions_are_told_apart(world: World, api: Caller) -> None:
    place = world.warehouse
    (shelf,) = bins_at(place, "A-01")
    put_in(world.variants[MUG], shelf, 5)
    track(world.variants[CANDLE].pk, expiry=False, shelf_days=0, actor=SYSTEM)
    receive(world.variants[CANDLE].pk, place.pk, 2, LotInput("L-1"), actor=SYSTEM, bin_id=shelf.pk)
    tolerate(place, 9, "99")
    body = {"location": "DC-LYON", "scope": "bins", "codes": ["A-*"]}
    page = f"/counts/{told(api.post('/counts', body), 201)['number']}"
    lines = [
        {"sku": MUG, "quantity": 4}, {"sku": MUG, "quantity": 1, "condition": "damaged"},
        {"sku": CANDLE, "quantity": 2, "lot": "l-1"},
    ]  # fmt: skip
    told(api.post(f"{page}/counted", {"bin": "A-01", "lines": lines}))
    told(api.post(f"{page}/hand-in", {"bin": "A-01"}))
    assert lying(place)[MUG, "sellable", "A-01", ""] == 4
    assert lying(place)[MUG, "damaged", "A-01", ""] == 1
    assert lying(place)[CANDLE, "sellable", "A-01", "L-1"] == 2
    assert disagreements() == []


def test_who_counts_is_not_told_what_the_books_say_until_it_is_settled(
    world: World, api: Caller, blind: Caller
) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    page = f"/counts/{count.number}"
    told(blind.post(f"{page}/counted", said((MUG, 3))))
    told(blind.post(f"{page}/hand-in", {"bin": "", "counted_by": "Anna"}))
    (line,) = told(blind.get(page))["lines"]
    assert (line["state"], line["counted"]) == ("counted", 3)
    assert [line[name] for name in ("expected", "difference", "value", "posted", "not_booked")] == [None] * 5
    (seen,) = told(api.get(page))["lines"]
    assert (seen["state"], seen["expected"], seen["difference"], seen["value"]) == ("approve", 4, -1, "-4.00")
    settling.approve(CountLine.objects.get().pk, reason="lost", actor=MAY)
    assert told(blind.get(page))["lines"][0]["expected"] == 4
    problem(blind.post("/counts", {"location": "SHOP-PARIS", "scope": "articles", "codes": [MUG]}), 403, "forbidden")


def test_what_differs_much_is_counted_again_by_another_person(world: World, api: Caller) -> None:
    count = of_articles(world.store, VASE)
    page = f"/counts/{count.number}"
    told(api.post(f"{page}/counted", said((VASE, 1))))
    found = told(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Anna"}))
    assert (found["place"]["done"], found["place"]["round"]) == (False, 2)
    problem(api.post(f"{page}/counted", said((VASE, 1), who="anna")), 409, "conflict")
    told(api.post(f"{page}/counted", said((VASE, 4), who="Bert")))
    found = told(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Bert"}))
    assert (found["state"], found["lines"][0]["state"]) == ("closed", "right")
    assert found["lines"][0]["counted_by"] == "Bert · tests"


def test_what_is_left_is_none_only_when_it_is_said_so(world: World, api: Caller) -> None:
    count = of_articles(world.store, MUG, CANDLE)
    page = f"/counts/{count.number}"
    told(api.post(f"{page}/counted", said((MUG, 4))))
    refused = problem(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Anna"}), 409, "conflict")
    assert "1 article is not counted yet" in refused["detail"]
    problem(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Carl", "rest_is_none": True}), 409, "conflict")
    told(api.post(f"{page}/hand-in", {"bin": "", "counted_by": "Anna", "rest_is_none": True}))
    assert CountLine.objects.get(variant__sku=CANDLE).earlier[0]["counted"] == 0


@pytest.mark.parametrize(
    ("lines", "loc"),
    [
        ([{"sku": MUG, "quantity": 1}, {"sku": "NO-SUCH", "quantity": 1}], ["lines", 1, "sku"]),
        ([{"sku": MUG, "quantity": 1}, {"sku": MUG, "quantity": 1}], ["lines"]),
        ([{"sku": MUG, "quantity": 1}, {"sku": CANDLE, "quantity": 1, "lot": "L-9"}], ["lines", 1, "lot"]),
        ([{"sku": MUG, "quantity": -1}], ["lines", 0, "quantity"]),
        ([{"sku": MUG, "quantity": 1, "condition": "new"}], ["lines", 0, "condition"]),
    ],
)
def test_a_line_that_makes_no_sense_is_named_and_nothing_is_counted(
    world: World, api: Caller, lines: list[Any], loc: list[Any]
) -> None:
    count = of_articles(world.store, MUG, CANDLE)
    found = problem(api.post(f"/counts/{count.number}/counted", {"bin": "", "lines": lines}), 422, "invalid")
    assert found["errors"][0]["loc"] == loc
    assert not CountEntry.objects.exists()


def test_what_is_not_part_of_a_count_is_refused(world: World, api: Caller) -> None:
    count = of_articles(world.store, MUG)
    problem(api.post(f"/counts/{count.number}/counted", said((VASE, 1))), 409, "conflict")
    wrong = problem(api.post(f"/counts/{count.number}/counted", said((MUG, 1), bin="Z-9")), 422, "invalid")
    assert wrong["errors"][0]["loc"] == ["bin"]
    problem(api.post("/counts/CN-0/counted", said((MUG, 1))), 404, "not-found")
    problem(api.get("/counts/CN-0"), 404, "not-found")
    body = {"location": "SHOP-PARIS", "scope": "articles", "codes": ["NO-SUCH"]}
    assert problem(api.post("/counts", body), 422, "invalid")["errors"][0]["loc"] == ["codes"]


def test_counts_and_their_lines_are_read_page_by_page(world: World, api: Caller) -> None:
    bins_at(world.warehouse, "A-01", "A-02")
    counts = [
        of_articles(world.store, MUG, CANDLE, VASE),
        of_bins(world.warehouse, "A-*"),
        of_articles(world.store, MUG),
    ]
    numbers, cursor = [], ""
    while True:
        found = told(api.get("/counts", limit=2, cursor=cursor))
        numbers += [each["number"] for each in found["items"]]
        if not (cursor := found["next"] or ""):
            break
    assert numbers == [count.number for count in reversed(counts)]
    assert [x["number"] for x in told(api.get("/counts", location="DC-LYON"))["items"]] == [counts[1].number]
    assert told(api.get("/counts", state="closed"))["items"] == []
    problem(api.get("/counts", location="NOWHERE"), 422, "invalid")
    page = f"/counts/{counts[0].number}"
    told(api.post(f"{page}/counted", said()))
    first = told(api.get(page, limit=2))
    rest = told(api.get(page, limit=2, cursor=first["next"]))
    assert sorted(line["sku"] for line in first["lines"] + rest["lines"]) == sorted([MUG, CANDLE, VASE])
    assert rest["next"] is None
    assert [each["bin"] for each in told(api.get(f"/counts/{counts[1].number}"))["places"]] == ["A-01", "A-02"]


def test_a_page_of_many_counts_asks_as_often_as_one_of_few(world: World, api: Caller) -> None:
    asked = []
    for _ in range(2):
        of_articles(world.store, MUG)
        with CaptureQueriesContext(connection) as seen:
            api.get("/counts")
        asked.append(len(seen))
        of_articles(world.store, CANDLE)
    assert asked[0] == asked[1]
