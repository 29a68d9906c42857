"""Counts while others are at work: two who decide at once, two counts of the same shelf, a sale between."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from inventory.counts import counting, planning, settling
from inventory.counts.counting import Entry, What
from inventory.models import CountLine, Movement, StockCount
from inventory.services import In, move_units
from inventory.valuation.costs import level
from tests.concurrency.lined_up import Act, all_at_once, refusals
from tests.factories.counts import CARL, DORA, MAY, bin_of, counted, lines, of_articles, scan, tolerate
from tests.factories.transfers import on_hand
from tests.factories.world import MUG, World, small_world

COUNT_HELD = "SELECT FROM inventory_stockcount"
STOCK_HELD = "SELECT FROM inventory_stock"


@pytest.fixture
def world(fresh_database: str) -> World:
    return small_world(stock=0, store_stock=6)


def two_who_approve(world: World) -> list[Act]:
    tolerate(world.store, 0, "0", recounts=False)
    counted(bin_of(of_articles(world.store, MUG)), {MUG: 4})
    line = CountLine.objects.get()
    return [partial(settling.approve, line.pk, reason="lost", actor=actor) for actor in (DORA, MAY)]


def test_a_difference_that_two_approve_is_posted_once(world: World) -> None:
    first, second = all_at_once(two_who_approve(world), COUNT_HELD)
    assert (first.posted, second.posted) == (-2, -2)
    assert on_hand(world.store, MUG) == (4, 0)
    assert disagreements() == []


def test_without_the_lock_of_the_count_only_the_ledger_refuses_the_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its movement was written already; a document is posted once."""
    acts = two_who_approve(world)
    monkeypatch.setattr(settling, "lock", lambda key: StockCount.objects.select_related("location").get(pk=key))
    monkeypatch.setattr(settling, "lock_rows", lambda keys: None)
    said = all_at_once(acts, STOCK_HELD)
    (told,) = refusals(said)
    assert "lost" in told
    assert on_hand(world.store, MUG) == (4, 0)


def one_shelf_in_two_counts(world: World) -> list[Act]:
    """Two of six are missing; both see it, the one after the other."""
    tolerate(world.store, 9, "999")
    spots = [counting.take(bin_of(of_articles(world.store, MUG)).pk, actor=actor) for actor in (CARL, DORA)]
    for spot, actor in zip(spots, (CARL, DORA), strict=True):
        scan(spot, MUG, 4, actor=actor)
    return [partial(counting.finish, spot.pk, actor=who) for spot, who in zip(spots, (CARL, DORA), strict=True)]


def test_two_counts_of_one_shelf_take_what_is_missing_away_once(world: World) -> None:
    assert refusals(all_at_once(one_shelf_in_two_counts(world), STOCK_HELD)) == []
    assert on_hand(world.store, MUG) == (4, 0)
    assert disagreements() == []


def test_without_the_lock_of_the_stock_row_both_take_it_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = one_shelf_in_two_counts(world)
    monkeypatch.setattr(settling, "lock_rows", lambda keys: None)
    all_at_once(acts, STOCK_HELD)
    assert on_hand(world.store, MUG) == (2, 0)


def _sale(world: World) -> Any:
    """A unit goes over the counter."""
    unit = In(world.variants[MUG].pk, world.store.pk, -1)
    return partial(_moved, unit)


def _moved(unit: In) -> None:
    with transaction.atomic():
        move_units([(unit, new_id())], Movement.Reason.SHIPMENT, actor=SYSTEM, at=timezone.now())


def test_a_unit_sold_while_the_count_is_settled_is_no_difference(world: World) -> None:
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 5)
    all_at_once([_sale(world), partial(counting.finish, spot.pk, actor=CARL), _sale(world)], STOCK_HELD)
    assert lines(count) == {MUG: ("posted", -1, -1)}
    assert on_hand(world.store, MUG) == (3, 0)
    assert level(actor=SYSTEM) == {"SHOP-PARIS": -8}  # what the parcels would book
    assert disagreements() == []


def test_without_looking_back_at_what_moved_since_the_sale_becomes_a_difference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five of six were seen: one is missing. The books of now, after one sale or two, say that none is, or that one more was
    found."""
    monkeypatch.setattr(settling, "BOOKS", settling.BOOKS.replace("AND f.at > l.counted_at) m ON true", "AND false) m ON true"))  # fmt: skip
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 5)
    all_at_once([_sale(world), _sale(world), partial(counting.finish, spot.pk, actor=CARL)], STOCK_HELD)
    assert lines(count) in ({MUG: ("right", 0, 0)}, {MUG: ("posted", 1, 1)})


def test_two_who_begin_the_same_bin_are_told_of_each_other(world: World) -> None:
    spot = bin_of(of_articles(world.store, MUG))
    acts = [partial(counting.take, spot.pk, actor=actor) for actor in (CARL, DORA)]
    (told,) = refusals(all_at_once(acts, "SELECT FROM inventory_countbin"))
    assert "is counting What lies in no bin" in told


def test_a_scan_that_arrives_twice_at_once_counts_once(world: World) -> None:
    spot = counting.take(bin_of(of_articles(world.store, MUG)).pk, actor=CARL)
    act = partial(counting.count, spot.pk, What(world.variants[MUG].pk), Entry(new_id()), actor=CARL)
    assert refusals(all_at_once([act, act], "SELECT FROM inventory_countbin")) == []
    assert CountLine.objects.get().counted == 1


def test_a_count_given_up_while_a_bin_is_finished_is_one_or_the_other(world: World) -> None:
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 6)
    acts: list[Act] = [partial(planning.cancel, count.pk, actor=MAY, reason="late")]
    acts.append(partial(counting.finish, spot.pk, actor=CARL))
    (told,) = refusals(all_at_once(acts, COUNT_HELD))
    assert f"{count.number} is not counted now." in told
    assert disagreements() == []
