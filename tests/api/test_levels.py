"""Levels of stock by the API: applied or refused one by one, under a key that a repeat may use again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.db import rows
from core.invariants import disagreements
from inventory.feeds import applying, intake, silence
from inventory.feeds.api import MOST_LEVELS
from inventory.models import FeedChunk, FeedMessage, Movement, Stock, StockFeed
from tests.api.client import Caller, problem, told
from tests.factories.feeds import feed_at, kept, level
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

T = TypeVar("T")
LYON, PARIS = "DC-LYON", "SHOP-PARIS"


def counted(sku: str, on_hand: Any, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "on_hand": on_hand, "as_of": timezone.now().isoformat(), **more}


def in_another_thread(act: Callable[[], T]) -> T:
    """By a connection of its own."""

    def there() -> T:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(there).result(60)


def on_hand(place: str, sku: str = MUG) -> int:
    return Stock.objects.get(location__code=place, variant__sku=sku).on_hand


def statuses(answer: Any) -> list[str]:
    return [result["status"] for result in answer["results"]]


def test_each_level_is_told_of_in_the_order_it_came_in(world: World, api: Caller) -> None:
    feed_at(world.store)
    levels = [counted(MUG, 7), counted("NO-SUCH", 1), counted(VASE, 10), counted(CANDLE, -1)]
    answer = told(api.post("/stock-feeds/TILL/levels", {"levels": levels, "sequence": 4}))
    assert statuses(answer) == ["applied", "refused", "unchanged", "refused"]
    assert [result["sku"] for result in answer["results"]] == [MUG, "NO-SUCH", VASE, CANDLE]
    assert "not something we sell" in answer["results"][1]["detail"]
    assert "whole number from 0" in answer["results"][3]["detail"]
    assert (answer["applied"], answer["unchanged"], answer["stale"], answer["refused"]) == (1, 1, 0, 2)
    assert on_hand(PARIS) == 7
    assert disagreements() == []


def test_the_moment_and_the_sequence_may_be_those_of_the_message(world: World, api: Caller) -> None:
    feed_at(world.store)
    now = timezone.now().isoformat()
    body = {
        "as_of": now,
        "sequence": 9,
        "levels": [{"sku": MUG, "on_hand": 7}, {"sku": VASE, "on_hand": 2, "sequence": 8}],
    }
    assert statuses(told(api.post("/stock-feeds/TILL/levels", body))) == ["applied", "applied"]
    (feed,) = told(api.get("/stock-feeds"))["items"]
    assert (feed["code"], feed["locations"], feed["last_sequence"]) == ("TILL", [PARIS], 9)
    body = {"levels": [{"sku": MUG, "on_hand": 7}]}
    assert "as_of must say" in told(api.post("/stock-feeds/TILL/levels", body))["results"][0]["detail"]


def test_a_repeat_is_answered_as_the_first_time_and_has_no_effect(world: World, api: Caller) -> None:
    feed_at(world.store)
    body = {"levels": [counted(MUG, 7), counted("NO-SUCH", 1)]}
    first = api.post("/stock-feeds/TILL/levels", body, key="m1")
    second = api.post("/stock-feeds/TILL/levels", body, key="m1")
    assert told(second) == told(first)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert FeedMessage.objects.count() == 1
    problem(api.post("/stock-feeds/TILL/levels", {"levels": []}, key="m1"), 422, "idempotency-mismatch")


def test_a_repeat_goes_on_with_what_the_first_call_left(
    world: World, api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed_at(world.store)
    body = {"levels": [counted(MUG, 7)]}
    with monkeypatch.context() as broken:
        broken.setattr(applying, "work", lambda message: False)
        problem(api.post("/stock-feeds/TILL/levels", body, key="m1"), 409, "idempotency-in-flight")
    assert on_hand(PARIS) == 10
    assert statuses(told(api.post("/stock-feeds/TILL/levels", body, key="m1"))) == ["applied"]
    assert on_hand(PARIS) == 7


def test_a_chunk_that_somebody_else_has_is_left_to_them(fresh_database: str) -> None:
    world = small_world()
    message = kept(feed_at(world.store), [level(MUG, 7)])
    with transaction.atomic():
        assert rows(applying.MINE, {"chunk": rows(applying.NEXT, {"message": message.pk})[0].id})
        assert not in_another_thread(lambda: applying.work(message.pk))
    assert applying.work(message.pk)
    assert Movement.objects.filter(reason="count").count() == 1


def test_a_message_is_not_told_to_be_finished_while_somebody_else_has_one_of_its_chunks(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "CHUNK", 1)
    message = kept(feed_at(small_world().store), [level(MUG, 7), level(VASE, 3), level(CANDLE, 2)])
    second = FeedChunk.objects.get(message=message, position=1)
    places = intake.places_of(message.feed_id)
    with transaction.atomic():
        applying.apply_chunk(message, second, places)
        assert not in_another_thread(lambda: applying.work(message.pk)), "the caller is told to ask again"
        assert not in_another_thread(lambda: applying.finish(message))
        message.refresh_from_db()
        assert message.finished_at is None
    assert applying.work(message.pk)
    assert [on_hand(PARIS, sku) for sku in (MUG, VASE, CANDLE)] == [7, 3, 2]
    assert disagreements() == []


def test_counts_of_any_places_go_by_the_feeds_that_speak_for_them(world: World, api: Caller) -> None:
    feed_at(world.store)
    levels = [counted(MUG, 90, location=LYON, sequence=1), counted(MUG, 7, location=PARIS, sequence=1)]
    answer = told(api.put("/inventory", {"levels": [*levels, counted(VASE, 95, location=LYON, sequence=1)]}))
    assert statuses(answer) == ["applied", "applied", "applied"]
    assert [result["location"] for result in answer["results"]] == [LYON, PARIS, LYON]
    assert (on_hand(LYON), on_hand(PARIS), on_hand(LYON, VASE)) == (90, 7, 95)
    assert dict(StockFeed.objects.values_list("code", "kind")) == {"TILL": "pos", LYON: "wms"}
    again = [counted(MUG, 1, location=LYON, sequence=1), counted(MUG, 1, location=PARIS, sequence=0)]
    assert statuses(told(api.put("/inventory", {"levels": again}))) == ["stale", "stale"]
    assert (on_hand(LYON), on_hand(PARIS)) == (90, 7)
    assert disagreements() == []


def test_a_place_that_is_none_is_named_and_nothing_is_applied(world: World, api: Caller) -> None:
    levels = [counted(MUG, 9, location=LYON), counted(MUG, 9, location="MOON"), counted(MUG, 9)]
    told_of = problem(api.put("/inventory", {"levels": levels}), 422, "invalid")
    assert [error["loc"] for error in told_of["errors"]] == [["levels", 1, "location"], ["levels", 2, "location"]]
    assert on_hand(LYON) == 100


@pytest.mark.parametrize(
    ("level", "loc"),
    [
        ({"sku": MUG}, ["levels", 0, "on_hand"]),
        ({"sku": MUG, "on_hand": 1.5}, ["levels", 0, "on_hand"]),
        ({"sku": MUG, "on_hand": "5"}, ["levels", 0, "on_hand"]),
        ({"sku": MUG, "on_hand": True}, ["levels", 0, "on_hand"]),
        ({"sku": "", "on_hand": 5}, ["levels", 0, "sku"]),
        ({"sku": MUG, "on_hand": 5, "as_of": "2026-11-23T10:00:00"}, ["levels", 0, "as_of"]),
        ({"sku": MUG, "on_hand": 5, "sequence": 2**63}, ["levels", 0, "sequence"]),
        ({"sku": MUG, "on_hand": 5, "units": 5}, ["levels", 0, "units"]),
        ("nonsense", ["levels", 0]),
    ],
)
def test_what_is_no_level_is_refused_by_its_place(world: World, api: Caller, level: Any, loc: list[Any]) -> None:
    feed_at(world.store)
    told_of = problem(api.post("/stock-feeds/TILL/levels", {"levels": [level]}), 422, "invalid")
    assert told_of["errors"][0]["loc"] == loc
    assert not FeedMessage.objects.exists()


def test_odd_numbers_and_moments_harm_nobody(world: World, api: Caller) -> None:
    feed_at(world.store)
    odd = [counted(MUG, 10**400 // 10**100), counted(MUG, 5, damaged=-(10**30))]
    odd += [
        {"sku": MUG, "on_hand": 5, "as_of": at} for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    ]
    answer = told(api.post("/stock-feeds/TILL/levels", {"levels": odd}))
    assert set(statuses(answer)) <= {"refused", "applied"}
    assert disagreements() == []


def test_more_than_a_call_may_hold_is_refused(world: World, api: Caller) -> None:
    feed_at(world.store)
    body = {"levels": [{"sku": MUG, "on_hand": 1}] * (MOST_LEVELS + 1)}
    problem(api.post("/stock-feeds/TILL/levels", body), 422, "invalid")


def test_a_feed_that_is_none_or_switched_off_is_said(world: World, api: Caller) -> None:
    problem(api.post("/stock-feeds/NOBODY/levels", {"levels": []}), 404, "not-found")
    feed_at(world.store, is_active=False)
    problem(api.post("/stock-feeds/TILL/levels", {"levels": []}), 409, "conflict")


def test_a_silent_place_says_what_it_holds_back(world: World, api: Caller) -> None:
    feed_at(world.store, expected_minutes=1, when_silent="hold_units", hold_units=4)
    silence.watch(timezone.now() + timedelta(hours=1))
    (row,) = told(api.get("/inventory", location=PARIS, sku=MUG))["items"]
    assert (row["held_back"], row["available"]) == (4, 6)
