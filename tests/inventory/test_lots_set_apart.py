"""A lot that is set apart stays apart, whatever counts say; its release sells what was set apart for its sake alone."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from inventory.holdings.lots import LotInput, close_lot, receive_lot, release_lot, track
from inventory.holdings.moving import What, change_condition
from inventory.models import Lot, Movement, Stock, StockFeed
from inventory.services import In, adjust, move_units
from tests.factories import holdings
from tests.factories.books import besides_value
from tests.factories.feeds import feed_at, level, say
from tests.factories.holdings import bins_at, lot_of, lying
from tests.factories.world import CANDLE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Fifteen candles at Lyon: ten of a lot, five of another."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    holdings.receive_lot(lot_of(candle, "BAD"), world.warehouse, 10)
    holdings.receive_lot(lot_of(candle, "GOOD"), world.warehouse, 5)
    return world


@pytest.fixture
def feed(world: World) -> StockFeed:
    return feed_at(world.warehouse)


def close(code: str = "BAD") -> int:
    return close_lot(Lot.objects.get(code=code).pk, reason="a smell", actor=SYSTEM)


def release(code: str = "BAD") -> int:
    return release_lot(Lot.objects.get(code=code).pk, reason="clean", actor=SYSTEM)


def units(world: World) -> tuple[int, int]:
    row = Stock.objects.get(variant=world.variants[CANDLE], location=world.warehouse)
    return row.on_hand, row.quarantine


def is_sound() -> bool:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert besides_value() == []
    run("SET CONSTRAINTS ALL DEFERRED")
    return True


# A feed that knows nothing of it


def test_a_feed_that_knows_nothing_of_it_makes_nothing_sellable_again(world: World, feed: StockFeed) -> None:
    say(feed, level(CANDLE, 15))
    close()
    assert say(feed, level(CANDLE, 15)) == ["unchanged"]
    assert units(world) == (5, 10)
    assert say(feed, level(CANDLE, 12)) == ["applied"], "three of those that are sold are gone"
    assert units(world) == (2, 10)
    say(feed, level(CANDLE, 20))
    assert units(world) == (10, 10), "eight have come"
    assert is_sound()


def test_a_feed_that_says_what_is_in_quarantine_is_taken_at_its_word(world: World, feed: StockFeed) -> None:
    close()
    say(feed, level(CANDLE, 15, quarantine=0))
    assert units(world) == (5, 10)
    say(feed, level(CANDLE, 7, quarantine=10))
    assert units(world) == (7, 10)
    say(feed, level(CANDLE, 7, quarantine=4))
    assert units(world) == (7, 4), "six of the lot were thrown away"
    assert is_sound()


def test_a_feed_that_knows_of_it_is_heard(world: World, feed: StockFeed) -> None:
    close()
    assert say(feed, level(CANDLE, 5)) == ["unchanged"]
    say(feed, level(CANDLE, 3))
    assert units(world) == (3, 10)
    assert is_sound()


def test_a_count_from_before_or_from_between_counts_nothing_double(world: World, feed: StockFeed) -> None:
    before = timezone.now()
    close()
    between = timezone.now()
    say(feed, level(CANDLE, 15, at=before))
    assert units(world) == (5, 10)
    say(feed, level(CANDLE, 15, at=between))
    release()
    assert units(world) == (15, 0)
    other = feed_at(world.store, code="OTHER")
    assert other.pk
    say(feed, level(CANDLE, 15))
    assert units(world) == (15, 0)
    assert is_sound()


def test_a_count_from_while_it_was_apart_that_comes_after_its_release(world: World, feed: StockFeed) -> None:
    close()
    say(feed, level(CANDLE, 15))
    while_apart = timezone.now()
    release()
    say(feed, level(CANDLE, 15, at=while_apart))
    assert units(world) == (15, 0)
    assert is_sound()


def test_a_feed_that_takes_them_out_of_its_count_loses_no_good_unit(world: World, feed: StockFeed) -> None:
    say(feed, level(CANDLE, 15))
    close()
    say(feed, level(CANDLE, 15))
    assert say(feed, level(CANDLE, 5)) == ["unchanged"]
    assert units(world) == (5, 10)
    say(feed, level(CANDLE, 12))
    assert units(world) == (12, 10), "seven came: what it counts no more it never counts again"
    assert is_sound()


def test_a_feed_that_takes_them_out_as_it_sells_some_is_understood(world: World, feed: StockFeed) -> None:
    say(feed, level(CANDLE, 15))
    close()
    say(feed, level(CANDLE, 3))
    assert units(world) == (3, 10)
    assert is_sound()


def test_of_two_lots_it_may_take_out_one_and_then_the_other(world: World, feed: StockFeed) -> None:
    holdings.receive_lot(Lot.objects.create(variant=world.variants[CANDLE], code="WORSE"), world.warehouse, 4)
    close()
    close("WORSE")
    say(feed, level(CANDLE, 19))
    assert units(world) == (5, 14)
    say(feed, level(CANDLE, 15))
    assert units(world) == (5, 14)
    say(feed, level(CANDLE, 5))
    assert units(world) == (5, 14)
    assert is_sound()


def test_what_was_misunderstood_is_put_right_by_who_counts_and_by_the_release(world: World, feed: StockFeed) -> None:
    """It has taken six of ten out of its count; that looks as if six good ones were sold."""
    say(feed, level(CANDLE, 15))
    close()
    say(feed, level(CANDLE, 9))
    assert units(world) == (0, 10)
    found = In(world.variants[CANDLE].pk, world.warehouse.pk, 5)
    move_units([(found, new_id())], Movement.Reason.COUNT, actor=SYSTEM)
    say(feed, level(CANDLE, 9))
    assert units(world) == (5, 10)
    release()
    say(feed, level(CANDLE, 15))
    assert units(world) == (15, 0)
    assert is_sound()


CLOSED = {"BAD": 7, "WORSE": 5}


@dataclass
class Sender:
    """Who counts the shelves, and knows of a closed lot from some message on; `bad` are the lots it still counts."""

    good: int
    bad: dict[str, int]
    wakes: dict[int, set[str]]

    def count(self, n: int, sold: int, found: int) -> int:
        """What it says in its message. Something was sold and found that nobody here has heard of: as long as it counts
        what is set apart, less was sold than that and not just as many as a lot has; when it takes a lot out, just that."""
        woken = {code for code in self.wakes.get(n, ()) if code in self.bad}
        if self.bad and set(self.bad) != woken:
            left = sum(self.bad.values())
            sold = 0 if woken or sold >= left or sold in CLOSED.values() else sold
            found = 0 if sold or woken else found
        elif self.bad:
            found = 0
        for code in woken:
            del self.bad[code]
        self.good = max(0, self.good - sold) + found
        return self.good + sum(self.bad.values())


messages = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=8)


@settings(max_examples=25, deadline=None)
@given(messages, st.integers(0, 8), st.integers(0, 8), st.booleans())
def test_whenever_a_sender_hears_of_it_the_books_say_what_is_good_and_what_is_not(
    told: list[tuple[int, int, int]], first: int, second: int, told_before: bool
) -> None:
    with transaction.atomic():
        world = small_world(stock=0, store_stock=0)
        feed, candle = feed_at(world.warehouse), world.variants[CANDLE]
        for code, quantity in ({"GOOD": 20} | CLOSED).items():
            holdings.receive_lot(lot_of(candle, code), world.warehouse, quantity)
        if told_before:
            say(feed, level(CANDLE, 32))
        close()
        close("WORSE")
        wakes: dict[int, set[str]] = {first: {"BAD"}}
        wakes.setdefault(second, set()).add("WORSE")
        sender = Sender(20, dict(CLOSED), wakes)
        say(feed, level(CANDLE, 32))
        for n, (sold, found, shipped) in enumerate(told):
            if part := min(shipped, sender.good, units(world)[0]):
                adjust(candle.pk, world.warehouse.pk, -part, reason="sent", actor=SYSTEM)
                sender.good -= part
            say(feed, level(CANDLE, sender.count(n, min(sold, sender.good), found)))
            assert units(world) == (sender.good, 12)
        assert is_sound()
        transaction.set_rollback(True)


# Released


def apart(world: World, n: int, to: str = "quarantine") -> None:
    old = "sellable" if to == "quarantine" else "quarantine"
    what = What(world.variants[CANDLE].pk, world.warehouse.pk, n, old, lot_id=Lot.objects.get(code="BAD").pk)
    change_condition(what, to, reason="looked at", actor=SYSTEM)


def test_what_was_set_apart_for_another_reason_is_not_released(world: World) -> None:
    apart(world, 3)
    assert close() == 7
    assert release() == 7
    assert units(world) == (12, 3)
    assert close() == 7
    assert release() == 7
    assert is_sound()


def test_who_looked_at_them_again_has_the_last_word(world: World) -> None:
    apart(world, 3)
    apart(world, 2, to="sellable")
    close()
    assert release() == 9
    assert units(world) == (14, 1)


def test_what_is_thrown_away_meanwhile_never_makes_the_release_sell_too_much(world: World, feed: StockFeed) -> None:
    apart(world, 3)
    close()
    say(feed, level(CANDLE, 5, quarantine=4))
    assert units(world) == (5, 4)
    assert release() == 1
    assert units(world) == (6, 3)
    assert is_sound()


def test_what_came_while_the_lot_was_apart_is_released_with_it(world: World) -> None:
    close()
    candle = world.variants[CANDLE].pk
    receive_lot(candle, world.warehouse.pk, 4, LotInput("BAD"), actor=SYSTEM)
    receive_lot(candle, world.warehouse.pk, 2, LotInput("BAD"), condition="quarantine", actor=SYSTEM)
    assert release() == 14
    assert units(world) == (19, 2)
    assert is_sound()


def test_what_lies_in_a_quarantine_bin_stays_there(world: World) -> None:
    (spot,) = bins_at(world.warehouse, "Q-01", kind="quarantine")
    candle, lot = world.variants[CANDLE].pk, Lot.objects.get(code="BAD").pk
    receive_lot(candle, world.warehouse.pk, 2, LotInput("BAD"), condition="quarantine", bin_id=spot.pk, actor=SYSTEM)
    close()
    assert release() == 10
    assert lying(world.warehouse)[CANDLE, "quarantine", "Q-01", "BAD"] == 2
    assert Lot.objects.get(pk=lot).state == "open"
    assert is_sound()


def test_a_lot_keeps_the_last_day_that_is_told_later(world: World) -> None:
    candle, day = world.variants[CANDLE].pk, date.today() + timedelta(days=99)
    track(candle, expiry=True, actor=SYSTEM)
    receive_lot(candle, world.warehouse.pk, 1, LotInput("GOOD", day), actor=SYSTEM)
    assert Lot.objects.get(code="GOOD").expires_on == day
