"""Counting what lies at a place: blind, bin by bin, compared with the books of the moment, posted or decided."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounting.models import JournalEntry
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event, Grant, Incident, TimelineEntry
from core.problems import Conflict, Forbidden, Invalid
from fulfillment import floor, shipping
from inventory import services
from inventory.counts import counting, due, planning, rules, settling
from inventory.counts.counting import Entry, What
from inventory.counts.planning import Wish
from inventory.holdings import moving
from inventory.holdings.lots import LotInput, receive_lot, track
from inventory.holdings.moving import put
from inventory.models import CountLine, Location, Lot, Movement, StockCount
from inventory.services import Out, Pin, Target
from tests.factories.books import besides_value
from tests.factories.counts import (
    CARL,
    DORA,
    MAY,
    bin_of,
    counted,
    lines,
    of_articles,
    of_bins,
    scan,
    tolerate,
)
from tests.factories.feeds import feed_at, level, say
from tests.factories.holdings import bins_at, lying, put_in
from tests.factories.orders import released
from tests.factories.transfers import on_hand
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=4)


def waiting(count: StockCount) -> CountLine:
    return CountLine.objects.get(spot__count=count, status="approve")


def sold(world: World, sku: str, units: int) -> None:
    """Ordered, routed and gone."""
    key, variant, place = new_id(), world.variants[sku].pk, world.store.pk
    services.reserve([Pin(key, variant, place, world.pool.pk, units)])
    with transaction.atomic():
        services.allocate([Target(key, variant, place, units)])
        services.ship_out([Out(variant, place, units, new_id(), key)], actor=SYSTEM)


def test_what_agrees_is_right_and_a_small_difference_is_posted_by_itself(world: World) -> None:
    count = of_articles(world.store, MUG, CANDLE)
    counted(bin_of(count), {MUG: 4, CANDLE: 3})
    assert lines(count) == {MUG: ("right", 0, 0), CANDLE: ("posted", -1, -1)}
    assert on_hand(world.store, CANDLE) == (3, 0)
    line = CountLine.objects.get(variant__sku=CANDLE)
    moved = Movement.objects.get(source=line.pk)
    assert (moved.reason, moved.quantity, moved.at) == ("count", -1, line.counted_at)
    assert JournalEntry.objects.get(source=line.pk).event == "stock_count"
    count.refresh_from_db()
    assert count.status == "closed"
    assert Event.objects.filter(kind="count.closed", about=count.pk).count() == 1
    assert disagreements() == []


def test_a_large_difference_is_counted_again_by_somebody_else_and_then_decided_by_a_third(world: World) -> None:
    count = of_articles(world.store, VASE)
    spot = counted(bin_of(count), {VASE: 1})
    spot.refresh_from_db()
    assert (spot.is_done, spot.round) == (False, 2)
    assert on_hand(world.store, VASE) == (4, 0)
    with pytest.raises(Conflict, match="You have counted What lies in no bin before"):
        counting.take(spot.pk, actor=CARL)
    counted(spot, {VASE: 1}, actor=DORA)
    line = waiting(count)
    assert (line.difference, line.value, line.earlier[0]["counted"]) == (-3, -33, 1)
    for counter in (CARL, DORA):
        with pytest.raises(Forbidden, match="somebody else decides"):
            settling.approve(line.pk, reason="stolen", actor=counter)
    settling.approve(line.pk, reason="stolen", actor=MAY, shown=-3)
    again = settling.approve(line.pk, reason="stolen", actor=MAY)
    assert (again.status, again.posted) == ("posted", -3)
    assert on_hand(world.store, VASE) == (1, 0)
    count.refresh_from_db()
    assert count.status == "closed"
    assert disagreements() == []


def test_a_second_count_that_agrees_with_the_books_ends_it(world: World) -> None:
    count = of_articles(world.store, VASE)
    spot = counted(bin_of(count), {VASE: 1})
    counted(spot, {VASE: 4}, actor=DORA)
    assert lines(count) == {VASE: ("right", 0, 0)}
    assert on_hand(world.store, VASE) == (4, 0)


def test_units_sold_after_they_were_counted_are_no_difference(world: World) -> None:
    count = of_articles(world.store, MUG, CANDLE)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 4)
    scan(spot, CANDLE, 3)
    sold(world, MUG, 2)
    sold(world, CANDLE, 1)
    counting.finish(spot.pk, actor=CARL)
    assert lines(count) == {MUG: ("right", 0, 0), CANDLE: ("posted", -1, -1)}
    assert (on_hand(world.store, MUG), on_hand(world.store, CANDLE)) == ((2, 0), (2, 0))
    assert besides_value() == []


def test_a_difference_that_waits_stays_the_same_while_units_are_sold(world: World) -> None:
    tolerate(None, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 3})
    sold(world, MUG, 3)
    settling.approve(waiting(count).pk, reason="lost", actor=MAY, shown=-1)
    assert on_hand(world.store, MUG) == (0, 0)
    assert besides_value() == []


def test_no_more_is_taken_away_than_there_is_by_then(world: World) -> None:
    tolerate(None, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 1})
    sold(world, MUG, 3)
    line = settling.approve(waiting(count).pk, reason="lost", actor=MAY)
    assert (line.difference, line.posted) == (-3, -1)
    assert on_hand(world.store, MUG) == (0, 0)
    assert besides_value() == []


def test_a_count_is_never_refused_for_being_below_what_is_promised(world: World) -> None:
    tolerate(None, 9, "999")
    services.reserve([Pin(new_id(), world.variants[MUG].pk, world.store.pk, world.pool.pk, 4)])
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 1})
    assert on_hand(world.store, MUG) == (1, 0)
    assert Incident.objects.get(kind="shortfall").data == {"units": 3}


def test_two_count_different_bins_of_one_count_and_neither_takes_the_others(world: World) -> None:
    mug, place = world.variants[MUG], world.warehouse
    first, second = bins_at(place, "A-01", "A-02")
    put_in(mug, first, 4)
    put_in(mug, second, 3)
    count = of_bins(place, "A-*")
    one, other = bin_of(count, "A-01"), bin_of(count, "A-02")
    counting.take(one.pk, actor=CARL)
    counting.take(other.pk, actor=DORA)
    with pytest.raises(Conflict, match="Carl Counter is counting A-01"):
        counting.take(one.pk, actor=DORA)
    scan(one, MUG, 4)
    scan(other, MUG, 2, actor=DORA)
    counting.finish(one.pk, actor=CARL)
    counting.finish(other.pk, actor=DORA)
    assert lying(place) == {(MUG, "sellable", "A-01", ""): 4, (MUG, "sellable", "A-02", ""): 2}
    assert on_hand(place, MUG) == (9, 0)
    assert disagreements() == []


def test_what_is_found_in_a_bin_is_put_into_its_books(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    count = of_bins(world.warehouse, "a-01")
    counted(bin_of(count, spot.code), {CANDLE: 2})
    assert lying(world.warehouse) == {(CANDLE, "sellable", "A-01", ""): 2}
    assert on_hand(world.warehouse, CANDLE) == (12, 0)
    assert disagreements() == []


def test_an_empty_bin_is_said_so_and_not_by_oversight(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "A-01")
    put_in(world.variants[MUG], spot, 1)
    mine = counting.take(bin_of(of_bins(world.warehouse, "A-01"), "A-01").pk, actor=CARL)
    with pytest.raises(Conflict, match="1 article is not counted yet"):
        counting.finish(mine.pk, actor=CARL)
    counting.finish(mine.pk, actor=CARL, rest_is_none=True)
    assert counting.finish(mine.pk, actor=CARL, rest_is_none=True).is_done
    assert lying(world.warehouse) == {}
    assert on_hand(world.warehouse, MUG) == (9, 0)
    assert disagreements() == []


def test_a_scan_sent_twice_counts_once_and_units_are_taken_back(world: World) -> None:
    spot = counting.take(bin_of(of_articles(world.store, MUG)).pk, actor=CARL)
    what, entry = What(world.variants[MUG].pk), Entry(new_id())
    for _ in range(2):
        counting.count(spot.pk, what, entry, actor=CARL)
    counting.count(spot.pk, what, Entry(new_id(), 3), actor=CARL)
    line = counting.count(spot.pk, what, Entry(new_id(), -1), actor=CARL)
    assert line.counted == 3
    with pytest.raises(Invalid, match="fewer are counted"):
        counting.count(spot.pk, what, Entry(new_id(), -4), actor=CARL)
    with pytest.raises(Conflict, match="Something else was counted by this scan"):
        counting.count(spot.pk, What(world.variants[VASE].pk), entry, actor=CARL)


def test_a_count_that_was_left_is_taken_up_by_another(world: World) -> None:
    spot = counting.take(bin_of(of_articles(world.store, MUG)).pk, actor=CARL)
    scan(spot, MUG, 3)
    counting.leave(spot.pk, actor=CARL)
    counting.take(spot.pk, actor=DORA)
    counting.count(spot.pk, What(world.variants[MUG].pk), Entry(new_id()), actor=DORA)
    with pytest.raises(Conflict, match="Somebody else is counting"):
        scan(spot, MUG, 3)
    counting.take(spot.pk, actor=CARL, is_over=True)
    counting.finish(spot.pk, actor=CARL)
    assert CountLine.objects.get().status == "right"


def clerk_at(place: Location, name: str) -> str:
    """Somebody who works there, by key."""
    user = get_user_model().objects.create_user(name)
    Grant.objects.create(user=user, role="warehouse", location_id=place.pk)
    return str(user.pk)


def test_a_count_that_is_given_to_somebody_is_not_for_others(world: World) -> None:
    pia = clerk_at(world.store, "pia")
    count = planning.make(world.store.pk, Wish("articles", [MUG], assignee=pia), actor=MAY)
    with pytest.raises(Conflict, match=f"{count.number} is given to pia"):
        counting.take(bin_of(count).pk, actor=CARL)
    planning.assign(count.pk, "", actor=MAY)
    counting.take(bin_of(count).pk, actor=CARL)


def test_a_lot_is_counted_by_itself_and_one_that_is_not_sold_as_quarantine(world: World) -> None:
    candle, place = world.variants[CANDLE], world.warehouse
    track(candle.pk, expiry=False, shelf_days=0, actor=SYSTEM)
    lot = receive_lot(candle.pk, place.pk, 5, LotInput("L-1"), actor=SYSTEM)
    count = of_articles(place, CANDLE)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, CANDLE, 4, lot_id=lot.pk)
    scan(spot, CANDLE, 10, lot_id=Lot.objects.get(code="UNKNOWN").pk)
    counting.finish(spot.pk, actor=CARL)
    assert lying(place) == {(CANDLE, "sellable", "", "L-1"): 4, (CANDLE, "sellable", "", "UNKNOWN"): 10}
    Lot.objects.filter(pk=lot.pk).update(state="open")
    assert disagreements() == []


def test_a_count_older_than_another_of_the_same_units_posts_nothing(world: World) -> None:
    early, late = of_articles(world.store, MUG), of_articles(world.store, MUG)
    first = counting.take(bin_of(early).pk, actor=CARL)
    scan(first, MUG, 3)
    counted(bin_of(late), {MUG: 3}, actor=DORA)
    counting.finish(first.pk, actor=CARL)
    assert lines(early) == {MUG: ("outdated", -1, 0)}
    assert on_hand(world.store, MUG) == (3, 0)
    assert disagreements() == []


def test_a_count_finds_in_the_books_what_an_older_one_posted_meanwhile(world: World) -> None:
    early, late = of_articles(world.store, MUG), of_articles(world.store, MUG)
    first, second = counting.take(bin_of(early).pk, actor=CARL), counting.take(bin_of(late).pk, actor=DORA)
    scan(first, MUG, 3)
    scan(second, MUG, 3, actor=DORA)
    counting.finish(first.pk, actor=CARL)
    counting.finish(second.pk, actor=DORA)
    assert lines(early) == {MUG: ("posted", -1, -1)}
    assert lines(late) == {MUG: ("right", 0, 0)}
    assert on_hand(world.store, MUG) == (3, 0)


def test_a_feed_that_spoke_since_makes_a_count_outdated_even_where_it_changed_nothing(world: World) -> None:
    spot = counting.take(bin_of(count := of_articles(world.store, MUG)).pk, actor=CARL)
    scan(spot, MUG, 3)
    say(feed_at(world.store), level(MUG, 4, location=world.store.code))
    counting.finish(spot.pk, actor=CARL)
    assert lines(count) == {MUG: ("outdated", -1, 0)}
    assert on_hand(world.store, MUG) == (4, 0)


def test_a_correction_since_the_count_makes_the_difference_somebodys_to_decide(world: World) -> None:
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 3)
    services.adjust(world.variants[MUG].pk, world.store.pk, -1, reason="counted", actor=MAY)
    counting.finish(spot.pk, actor=CARL)
    spot.refresh_from_db()
    assert (spot.round, lines(count)) == (2, {MUG: ("open", None, 0)})


def test_declined_differences_leave_the_books_as_they_are(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 9})
    with pytest.raises(Invalid, match="say why"):
        settling.decline(waiting(count).pk, reason=" ", actor=MAY)
    settling.decline(waiting(count).pk, reason="borrowed from the window", actor=MAY)
    assert lines(count) == {MUG: ("declined", 5, 0)}
    assert on_hand(world.store, MUG) == (4, 0)
    assert disagreements() == []


def test_a_difference_is_sent_back_to_be_counted_once_more(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 9})
    settling.send_back(waiting(count).pk, reason="hardly", actor=MAY)
    spot = bin_of(count)
    assert (spot.round, spot.is_done) == (2, False)
    counted(spot, {MUG: 4}, actor=DORA)
    assert lines(count) == {MUG: ("right", 0, 0)}


def test_a_cancelled_count_is_not_counted_nor_decided(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG, CANDLE)
    counted(bin_of(count), {MUG: 9, CANDLE: 4})
    planning.cancel(count.pk, actor=MAY, reason="wrong day")
    assert planning.cancel(count.pk, actor=MAY, reason="wrong day").status == "cancelled"
    with pytest.raises(Conflict, match="is not counted now"):
        settling.approve(waiting(count).pk, reason="lost", actor=MAY)
    with pytest.raises(Conflict, match="is not counted now"):
        counting.take(bin_of(count).pk, actor=DORA)
    assert disagreements() == []


def test_what_is_due_is_proposed_by_night_once_and_counted_articles_are_not(world: World) -> None:
    tolerate(world.store, proposes=True)
    sold(world, VASE, 1)
    assert [(d.sku, d.abc) for d in due.due(world.store.pk, rules.rule_of(world.store.pk))] == [
        (VASE, "A"), (CANDLE, "C"), (MUG, "C"),
    ]  # fmt: skip
    assert [planning.propose(actor=SYSTEM), planning.propose(actor=SYSTEM)] == [1, 0]
    count = StockCount.objects.get()
    assert (count.status, len(count.articles)) == ("proposed", 3)
    with pytest.raises(Conflict, match="is not counted now"):
        counting.take(bin_of(count).pk, actor=CARL)
    planning.start(count.pk, actor=MAY)
    counted(bin_of(count), {VASE: 3, CANDLE: 4, MUG: 4})
    assert due.due(world.store.pk, rules.rule_of(world.store.pk)) == []
    with pytest.raises(Invalid, match="nothing is due"):
        planning.make(world.store.pk, Wish("due", most=5), actor=MAY)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("bins", ["Z-9"]), "is no bin of"),
        (Wish("bins", []), "give 1 to 500 codes"),
        (Wish("articles", ["NOPE"]), "is no SKU"),
        (Wish("due", most=0), "must be from 1"),
        (Wish("moon"), "choose what is counted"),
        (Wish("articles", [MUG], assignee="x"), "choose somebody"),
    ],
)
def test_a_count_that_cannot_be_meant_is_refused_by_its_field(world: World, wish: Wish, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        planning.make(world.store.pk, wish, actor=MAY)
    assert not StockCount.objects.exists()


def test_what_was_counted_and_settled_is_never_changed(world: World) -> None:
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 3})
    line = CountLine.objects.get()
    for change in (
        lambda: CountLine.objects.filter(pk=line.pk).update(counted=4),
        lambda: line.entries.update(quantity=9),
        lambda: line.entries.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert TimelineEntry.objects.filter(about=count.pk, action="stock_count.close").exists()


def test_the_database_refuses_that_who_counted_last_decides(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    counted(bin_of(count := of_articles(world.store, MUG)), {MUG: 3})
    found = CountLine.objects.filter(pk=waiting(count).pk)
    with pytest.raises(IntegrityError, match="countline_two_people"), transaction.atomic():
        found.update(decided_key=settling.key_of(CARL))


def test_units_that_a_picker_has_in_hand_are_not_missed_on_the_shelf(world: World) -> None:
    mug, place = world.variants[MUG], world.warehouse
    first, second = bins_at(place, "A-01", "A-02")
    put_in(mug, first, 2)
    put_in(mug, second, 5)
    _order, (work,) = released({MUG: 3})
    floor.scan(work, MUG, actor=DORA)
    count = of_articles(place, MUG)
    spot = counting.take(bin_of(count, "A-01").pk, actor=CARL)
    scan(spot, MUG, 1)
    floor.pick_all([work], actor=DORA)
    counting.finish(spot.pk, actor=CARL)
    for code, units in (("A-02", 4), ("", 3)):
        counted(bin_of(count, code), {MUG: units})
    floor.pack([work], actor=DORA)
    shipping.ship([work], actor=DORA)
    assert {line.status for line in CountLine.objects.all()} == {"right"}
    assert on_hand(place, MUG) == (7, 0)
    assert disagreements() == []


def test_what_a_feed_found_for_a_moment_before_the_count_is_no_second_difference_of_the_bin(world: World) -> None:
    place = world.warehouse
    (shelf,) = bins_at(place, "A-01")
    put_in(world.variants[MUG], shelf, 10)
    count = of_bins(place, "A-01")
    spot = counting.take(bin_of(count, "A-01").pk, actor=CARL)
    before = timezone.now()
    scan(spot, MUG, 8)
    assert say(feed_at(place), level(MUG, 8, at=before, location=place.code)) == ["applied"]
    counting.finish(spot.pk, actor=CARL)
    assert lines(count) == {MUG: ("right", 0, 0)}
    assert lying(place) == {(MUG, "sellable", "A-01", ""): 8}
    assert disagreements() == []


def test_units_put_elsewhere_while_they_are_counted_are_counted_again_and_not_posted(world: World) -> None:
    mug, place = world.variants[MUG], world.warehouse
    first, second = bins_at(place, "A-01", "A-02")
    put_in(mug, first, 4)
    count = of_bins(place, "A-01")
    spot = counting.take(bin_of(count, "A-01").pk, actor=CARL)
    counting.count(spot.pk, What(mug.pk), Entry(new_id(), 3), actor=CARL)
    put(moving.What(mug.pk, place.pk, 2, bin_id=first.pk), second.pk, actor=DORA)
    counting.count(spot.pk, What(mug.pk), Entry(new_id(), 1), actor=CARL)
    counting.finish(spot.pk, actor=CARL)
    assert lines(count) == {MUG: ("open", None, 0)}
    assert lying(place) == {(MUG, "sellable", "A-01", ""): 2, (MUG, "sellable", "A-02", ""): 2}


def test_what_was_put_into_a_bin_after_somebody_looked_is_not_taken_for_none(world: World) -> None:
    mug, place = world.variants[MUG], world.warehouse
    first, second = bins_at(place, "A-01", "A-02")
    put_in(mug, first, 2)
    put_in(mug, second, 2)
    count = of_bins(place, "A-01")
    spot = counting.take(bin_of(count, "A-01").pk, actor=CARL)
    put(moving.What(mug.pk, place.pk, 2, bin_id=first.pk), second.pk, actor=DORA)
    put(moving.What(mug.pk, place.pk, 1, bin_id=second.pk), first.pk, actor=DORA)
    counting.finish(spot.pk, actor=CARL, rest_is_none=True)
    assert lines(count) == {MUG: ("open", None, 0)}
    assert on_hand(place, MUG) == (10, 0)


def test_who_counted_some_of_a_line_decides_as_little_as_who_counted_it_last(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 2)
    counting.take(spot.pk, actor=DORA, is_over=True)
    counting.count(spot.pk, What(world.variants[MUG].pk), Entry(new_id()), actor=DORA)
    counting.finish(spot.pk, actor=DORA)
    for counter in (CARL, DORA):
        with pytest.raises(Forbidden, match="somebody else decides"):
            settling.approve(waiting(count).pk, reason="lost", actor=counter)
    settling.approve(waiting(count).pk, reason="lost", actor=MAY)


def test_who_sent_a_difference_back_has_seen_it_and_does_not_count_it(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    spot = counted(bin_of(count), {MUG: 3})
    settling.send_back(waiting(count).pk, reason="look behind the door", actor=MAY)
    for barred in (MAY, CARL):
        with pytest.raises(Conflict, match="this time somebody else looks"):
            counting.take(spot.pk, actor=barred)
    told = TimelineEntry.objects.get(about=count.pk, action="stock_count.again")
    assert told.data["reason"] == "look behind the door"
    counted(spot, {MUG: 3}, actor=DORA)
    settling.approve(waiting(count).pk, reason="lost", actor=MAY)
    assert disagreements() == []


def test_who_counts_something_again_may_stop_and_go_on(world: World) -> None:
    spot = counted(bin_of(of_articles(world.store, VASE)), {VASE: 1})
    counting.take(spot.pk, actor=DORA)
    scan(spot, VASE, 1, actor=DORA)
    counting.leave(spot.pk, actor=DORA)
    assert counting.take(spot.pk, actor=DORA).taken_by == DORA.label


def test_a_bin_said_to_be_done_twice_is_answered_twice_even_where_others_count_it_again(world: World) -> None:
    spot = counted(bin_of(of_articles(world.store, VASE)), {VASE: 1})
    assert counting.finish(spot.pk, actor=CARL).round == 2
    counted(spot, {VASE: 1}, actor=DORA)
    assert counting.finish(spot.pk, actor=CARL).is_done


def test_what_is_being_counted_is_not_due_and_is_proposed_no_second_time(world: World) -> None:
    rule = rules.rule_of(world.store.pk)
    of_articles(world.store, MUG)
    assert [each.sku for each in due.due(world.store.pk, rule)] == [CANDLE, VASE]
    tolerate(world.store, 0, "0", recounts=False, proposes=True)
    counted(bin_of(given_up := of_articles(world.store, CANDLE)), {CANDLE: 1})
    assert [each.sku for each in due.due(world.store.pk, rule)] == [VASE]
    planning.cancel(given_up.pk, actor=MAY, reason="another day")
    assert [each.sku for each in due.due(world.store.pk, rule)] == [CANDLE, VASE]
    planning.propose(actor=SYSTEM)
    proposed = StockCount.objects.get(status="proposed")
    assert set(proposed.articles) == {world.variants[CANDLE].pk, world.variants[VASE].pk}


def test_a_form_sent_twice_makes_one_count(world: World) -> None:
    for wish in (Wish("articles", [MUG]), Wish("due", most=5)):
        key = new_id()
        first, second = (planning.make(world.store.pk, wish, actor=MAY, key=key) for _ in range(2))
        assert first == second
        with pytest.raises(Conflict, match=f"kept as {first.number} before"):
            planning.make(world.store.pk, Wish("articles", [VASE]), actor=MAY, key=key)
    assert StockCount.objects.count() == 2


def test_a_count_is_given_to_nobody_who_does_not_count_there(world: World) -> None:
    count = of_articles(world.store, MUG)
    for wrong in (clerk_at(world.warehouse, "elsewhere"), "²", "x"):
        with pytest.raises(Invalid, match="choose somebody who counts at Paris shop"):
            planning.assign(count.pk, wrong, actor=MAY)
