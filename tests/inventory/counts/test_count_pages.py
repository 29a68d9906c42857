"""The pages of counts: making one, counting on a phone without being told what is expected, deciding."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM, Actor
from core.ids import new_id
from core.invariants import disagreements
from core.jobs import preparing, running
from core.models import Grant, TimelineEntry
from inventory.counts import counting, planning, settling
from inventory.counts.selectors import with_progress
from inventory.holdings.lots import LotInput, receive_lot, track
from inventory.models import CountLine, CountRule, StockCount
from tests.factories.counts import CARL, DORA, MAY, bin_of, counted, lines, of_articles, of_bins, tolerate
from tests.factories.counts import scan as scan_units
from tests.factories.holdings import bins_at, put_in
from tests.factories.people import signed_in
from tests.factories.transfers import on_hand
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db
KNOWN = 7391
"""A number of units that stands in no page by chance."""


@pytest.fixture
def world() -> World:
    return small_world(stock=KNOWN, store_stock=4)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def scan(client: Client, address: str, code: str = "", **more: Any) -> Any:
    given = {"code": code, "key": str(new_id())} | more
    return client.post(f"{address}scan/", given, headers={"HX-Request": "true"})


def begun(client: Client, count: StockCount, code: str = "") -> str:
    address = f"/counts/{count.number}/bins/{bin_of(count, code).pk}/"
    assert client.post(f"{address}take/").status_code == 302
    return address


def test_a_count_is_made_counted_and_decided_by_three_people(world: World) -> None:
    manager = signed_in("manager")
    first, second = (signed_in("store", location_id=world.store.pk) for _ in range(2))
    form = {"location": str(world.store.pk), "scope": "articles", "codes": f"{MUG}\n{VASE}", "most": "30"}
    page = manager.post("/counts/new/", form, follow=True)
    count = StockCount.objects.get()
    assert f"{count.number} can be counted." in text(page)
    assert count.number in text(first.get("/counts/"))
    address = begun(first, count)
    assert "4 counted" in text(scan(first, address, MUG, quantity="4"))
    assert scan(first, address, VASE, quantity="1").status_code == 200
    assert first.post(f"{address}done/").status_code == 302
    assert lines(count) == {MUG: ("right", 0, 0), VASE: ("open", None, 0)}
    assert "You have counted it: now somebody else looks." in text(first.get(f"/counts/{count.number}/bins/"))
    begun(second, count)
    scan(second, address, VASE, quantity="1")
    second.post(f"{address}done/")
    line = CountLine.objects.get(status="approve")
    told = text(manager.get(f"/counts/differences/{line.pk}/"))
    assert "Post −3" in told and "−€33.00" in told
    answer = manager.post(f"/counts/differences/{line.pk}/", {"shown": "-3", "reason": "stolen", "approve": "1"}, follow=True)  # fmt: skip
    assert f"{VASE} is settled." in text(answer)
    assert on_hand(world.store, VASE) == (1, 0)
    told = text(manager.get(f"/counts/{count.number}/"))
    assert f"posted a difference: {VASE} −3" in told
    assert "−3" not in text(second.get(f"/counts/{count.number}/"))
    assert (
        f'href="/counts/{count.number}/"' in manager.get(f"/stock-changes/?product={line.variant_id}").content.decode()
    )
    assert "Closed" in told and "1 of 2 lines" in told and "62 %" in told
    assert disagreements() == []


def test_what_is_expected_is_not_sent_to_who_counts(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, KNOWN - 5)
    clerk = signed_in("warehouse", location_id=world.warehouse.pk)
    count = of_bins(world.warehouse, "A-01")
    address = begun(clerk, count, "A-01")
    pages = [clerk.get(address), scan(clerk, address, MUG), clerk.get(f"/counts/{count.number}/"), clerk.get(f"/counts/{count.number}/bins/")]  # fmt: skip
    for page in pages:
        assert page.status_code == 200
        assert not re.search(rf"{KNOWN - 5}|{KNOWN - 6}|7,386|7,385", page.content.decode())
    assert MUG in text(pages[0])


def test_an_article_is_scanned_unit_by_unit_typed_and_taken_back(world: World) -> None:
    clerk = signed_in("store", location_id=world.store.pk)
    address = begun(clerk, of_articles(world.store, MUG))
    key = str(new_id())
    for _ in range(2):
        assert "1 counted" in text(scan(clerk, address, MUG.lower(), key=key))
    assert "2 counted" in text(scan(clerk, address, MUG))
    assert "1 counted" in text(scan(clerk, address, MUG, quantity="-1"))
    line = CountLine.objects.get()
    assert "9 counted" in text(scan(clerk, address, line=str(line.pk), quantity="9", total="1"))
    assert scan(clerk, address, MUG, quantity="-99").status_code == 422
    assert scan(clerk, address, MUG, quantity="many").status_code == 422
    assert scan(clerk, address, line=str(new_id())).status_code == 404
    assert 'name="total" value="1"' in clerk.get(f"{address}?line={line.pk}").content.decode()


def test_an_unknown_code_is_refused_and_noted_for_who_looks_after_the_count(world: World) -> None:
    clerk = signed_in("store", location_id=world.store.pk)
    count = of_articles(world.store, MUG)
    address = begun(clerk, count)
    answer = scan(clerk, address, "4006381333931")
    assert answer.status_code == 422
    assert "4006381333931 is no barcode and no SKU of ours. Put it aside: it is noted." in text(answer)
    assert TimelineEntry.objects.get(action="stock_count.unknown").data["code"] == "4006381333931"
    assert "found something unknown in What lies in no bin: 4006381333931" in text(signed_in("manager").get(f"/counts/{count.number}/"))  # fmt: skip
    assert "is not part of this count" in text(scan(clerk, address, VASE))


def test_a_lot_is_asked_for_and_may_be_unknown(world: World) -> None:
    candle = world.variants[CANDLE]
    track(candle.pk, expiry=False, shelf_days=0, actor=SYSTEM)
    receive_lot(candle.pk, world.store.pk, 2, LotInput("L-1"), actor=SYSTEM)
    clerk = signed_in("store", location_id=world.store.pk)
    address = begun(clerk, of_articles(world.store, CANDLE))
    asked = scan(clerk, address, CANDLE)
    assert f"{CANDLE}. Now its lot." in text(asked)
    variant = str(candle.pk)
    assert f'name="variant" value="{variant}"' in asked.content.decode()
    assert f"NOPE is no lot of {CANDLE}." in text(scan(clerk, address, "NOPE", variant=variant))
    assert scan(clerk, address, "l-1", variant=variant, quantity="2").status_code == 200
    assert scan(clerk, address, "UNKNOWN", variant=variant, quantity="4").status_code == 200
    clerk.post(f"{address}done/")
    assert set(CountLine.objects.values_list("lot__code", "status")) == {("L-1", "right"), ("UNKNOWN", "right")}


def test_another_bin_is_scanned_and_the_first_is_gone_on_with_later(world: World) -> None:
    bins_at(world.warehouse, "A-01", "A-02")
    clerk = signed_in("warehouse", location_id=world.warehouse.pk)
    count = of_bins(world.warehouse, "A*")
    page = f"/counts/{count.number}/bins/"
    first, second = (f"{page}{bin_of(count, code).pk}/" for code in ("A-01", "A-02"))
    assert clerk.post(f"{page}find/", {"code": "a-01"})["Location"] == first
    scan(clerk, first, MUG)
    assert scan(clerk, first, "A-02")["Location"] == second
    assert "Does nothing at all lie here?" in text(clerk.get(second))
    clerk.post(f"{second}done/", {"rest": "1"})
    assert "1 of 2 bins done" in text(clerk.get(page))
    assert "Go on" in text(clerk.get(page))
    clerk.post(f"{first}leave/")
    assert clerk.get(first)["Location"] == page
    assert clerk.post(f"{page}find/", {"code": "Z"}).status_code == 422


def test_two_people_are_told_of_each_other_and_one_takes_over(world: World) -> None:
    clerk = signed_in("store", location_id=world.store.pk, name="anna")
    other = signed_in("store", location_id=world.store.pk, name="bert")
    count = of_articles(world.store, MUG)
    address = begun(clerk, count)
    page = text(other.get(f"/counts/{count.number}/bins/"))
    assert "anna is counting it." in page and "Take over" in page
    assert "anna is counting What lies in no bin." in text(other.post(f"{address}take/", follow=True))
    other.post(f"{address}take/", {"over": "1"})
    assert scan(clerk, address, MUG).status_code == 409


def test_people_see_the_counts_of_their_places_alone(world: World) -> None:
    count = of_articles(world.store, MUG)
    elsewhere = signed_in("warehouse", location_id=world.warehouse.pk)
    assert elsewhere.get(f"/counts/{count.number}/").status_code == 404
    assert count.number not in text(elsewhere.get("/counts/"))
    clerk = signed_in("store", location_id=world.store.pk)
    assert clerk.post(f"/counts/{count.number}/cancel/", {"reason": "no"}).status_code == 403
    assert clerk.get("/counts/differences/").status_code == 403


def test_a_difference_that_has_changed_meanwhile_is_shown_before_it_is_posted(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 3})
    line, manager = CountLine.objects.get(), signed_in("manager")
    page = f"/counts/differences/{line.pk}/"
    answer = manager.post(page, {"shown": "-2", "reason": "lost", "approve": "1"})
    assert answer.status_code == 422
    assert f"The difference of {MUG} is -1 by now, not -2: look again." in text(answer)
    assert manager.post(page, {"shown": "-1", "reason": "", "approve": "1"}).status_code == 422
    manager.post(page, {"shown": "-1", "reason": "borrowed", "decline": "1"})
    assert lines(count) == {MUG: ("declined", -1, 0)}


def test_many_differences_are_posted_at_once_but_for_those_that_one_has_counted(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG, CANDLE, VASE)
    boss = get_user_model().objects.create_user("boss")
    Grant.objects.create(user=boss, role="manager")
    me = Actor.of(boss)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan_units(spot, MUG, 3)
    scan_units(spot, CANDLE, 2)
    counting.take(spot.pk, actor=me, is_over=True)
    scan_units(spot, VASE, 1, actor=me)
    counting.finish(spot.pk, actor=me)
    ids = [str(line.pk) for line in CountLine.objects.order_by("variant__sku")]
    job = preparing.prepare("count-differences", "counts.approve", owner=boss, actor=me, ids=ids)
    preparing.start(job.pk, QueryDict("reason=stolen"), owner=boss, actor=me)
    running.run_jobs()
    told = dict(job.rows.values_list("label", "state"))
    assert told == {CANDLE: "done", MUG: "done", VASE: "refused"}
    assert lines(count) == {MUG: ("posted", -1, -1), CANDLE: ("posted", -2, -2), VASE: ("approve", -3, 0)}
    assert disagreements() == []


def test_what_is_tolerated_is_set_for_all_and_for_one_place(world: World) -> None:
    manager = signed_in("manager")
    given = {"units": "1", "value": "5.00", "days_a": "7", "days_b": "30", "days_c": "90", "most": "10"}
    for address in ("/counts/rules/", "/counts/rules/?place=SHOP-PARIS"):
        page = manager.get(address).content.decode()
        version = page.partition('name="version" value="')[2].partition('"')[0]
        assert manager.post(address, given | {"version": version}).status_code == 302
        given |= {"units": "9", "recounts": "on"}
    assert [(r.location_id, r.units, r.recounts) for r in CountRule.objects.order_by("units")] == [
        (None, 1, False), (world.store.pk, 9, True),
    ]  # fmt: skip
    assert manager.post("/counts/rules/", given | {"units": "-1"}).status_code == 422
    assert manager.get("/counts/rules/?place=NOWHERE").status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"scope": "bins", "codes": "Z-9"}, "is no bin of Paris shop"),
        ({"scope": "articles", "codes": ""}, "give 1 to 500 codes"),
        ({"scope": "due", "most": ""}, "must be from 1 to 500"),
        ({"scope": "all"}, "Select a valid choice"),
    ],
)
def test_a_count_that_cannot_be_meant_is_refused_beside_its_field(world: World, given: dict[str, str], words: str) -> None:  # fmt: skip
    answer = signed_in("manager").post("/counts/new/", {"location": str(world.store.pk)} | given)
    assert answer.status_code == 422
    assert words in text(answer)


def test_a_page_of_many_bins_asks_as_often_as_one_of_few(world: World) -> None:
    bins_at(world.warehouse, *(f"A-{n:02}" for n in range(9)))
    manager, asked = signed_in("manager"), []
    for wanted in ("A-00", "A*"):
        count = of_bins(world.warehouse, wanted)
        for spot in count.bins.all():
            counted(spot, {MUG: 1, VASE: 1}, actor=CARL)
        for page in (f"/counts/{count.number}/", f"/counts/{count.number}/bins/", "/counts/"):
            manager.get(page)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                manager.get(page)
            asked.append(len(seen))
    assert asked[:3] == asked[3:]


def test_differences_of_a_count_that_was_given_up_wait_for_nobody(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 3})
    manager, line = signed_in("manager"), CountLine.objects.get()
    assert MUG in text(manager.get("/counts/differences/?status=approve"))
    planning.cancel(count.pk, actor=MAY, reason="another day")
    assert MUG not in text(manager.get("/counts/differences/?status=approve"))
    listed: list[Any] = list(StockCount.objects.all())
    with_progress(listed)
    assert [each.n_waiting for each in listed] == [0]
    page = manager.get(f"/counts/differences/{line.pk}/")
    assert "Not posted" in text(page) and "To decide" not in text(page)
    assert "To decide" not in text(manager.get(f"/counts/{count.number}/"))


def test_the_code_of_a_lot_that_two_articles_have_is_counted_for_neither(world: World) -> None:
    for sku in (MUG, CANDLE):
        track(world.variants[sku].pk, expiry=False, shelf_days=0, actor=SYSTEM)
        receive_lot(world.variants[sku].pk, world.store.pk, 2, LotInput("L-1"), actor=SYSTEM)
    clerk = signed_in("store", location_id=world.store.pk)
    count = of_articles(world.store, MUG, CANDLE)
    address = begun(clerk, count)
    for code in ("L-1", "UNKNOWN"):
        answer = scan(clerk, address, code)
        assert answer.status_code == 409
        assert f"Several articles have a lot {code}: scan the article first." in text(answer)
    assert not CountLine.objects.exclude(counted=None).exists()
    variant = str(world.variants[MUG].pk)
    assert scan(clerk, address, "L-1", variant=variant, quantity="2").status_code == 200
    assert CountLine.objects.get(counted=2).variant.sku == MUG


def test_the_form_of_a_count_sent_twice_makes_one(world: World) -> None:
    manager = signed_in("manager")
    page = manager.get("/counts/new/").content.decode()
    key = page.partition('name="key" value="')[2].partition('"')[0]
    form = {"location": str(world.store.pk), "scope": "articles", "codes": MUG, "most": "30", "key": key}
    first, second = (manager.post("/counts/new/", form) for _ in range(2))
    assert first["Location"] == second["Location"] == f"/counts/{StockCount.objects.get().number}/"


def test_why_something_is_counted_again_is_not_told_to_who_counts_it(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 3})
    settling.send_back(CountLine.objects.get().pk, reason="one is missing", actor=MAY)
    clerk = signed_in("store", location_id=world.store.pk)
    assert "one is missing" not in text(clerk.get(f"/counts/{count.number}/"))
    assert "one is missing" in text(signed_in("manager").get(f"/counts/{count.number}/"))


def test_what_waits_is_shown_however_much_else_differs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.counts.views.SHOWN", 1)
    count = of_articles(world.store, CANDLE, VASE)
    spot = counted(bin_of(count), {CANDLE: 3, VASE: 1})
    counted(spot, {VASE: 1}, actor=DORA)
    told = text(signed_in("manager").get(f"/counts/{count.number}/"))
    assert f'href="/counts/differences/{CountLine.objects.get(status="approve").pk}/"' in told


def test_a_screen_of_bins_that_are_counted_again_asks_as_often_for_many_as_for_one(world: World) -> None:
    bins_at(world.warehouse, *(f"A-{n:02}" for n in range(5)))
    clerk, asked = signed_in("warehouse", location_id=world.warehouse.pk), []
    for wanted in ("A-00", "A*"):
        count = of_bins(world.warehouse, wanted)
        for spot in count.bins.all():
            counted(spot, {VASE: 9})
        page = f"/counts/{count.number}/bins/"
        clerk.get(page)
        with CaptureQueriesContext(connection) as seen:
            assert "to be counted again" in text(clerk.get(page))
        asked.append(len(seen))
    assert asked[0] == asked[1]
