"""What is put into another bin, or comes in, while a place is counted."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import TimelineEntry
from inventory.counts import counting, planning, settling
from inventory.holdings import moving
from inventory.holdings.moving import put
from inventory.models import Bin, CountLine, StockCount
from inventory.tallies import counting as tallies
from inventory.transfers.moving import book_received, book_sent
from purchasing import receiving
from purchasing.receiving import Delivery
from tests.factories.counts import CARL, DORA, MAY, bin_of, counted, lines, of_articles, of_bins, scan, tolerate
from tests.factories.holdings import bins_at, lying, put_in
from tests.factories.people import signed_in
from tests.factories.purchases import bought
from tests.factories.transfers import drafted, on_hand, sent
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=4)


def shelves(world: World, **units: int) -> dict[str, Bin]:
    """Bins of the warehouse with so many mugs; the others lie in none."""
    found = dict(zip(units, bins_at(world.warehouse, *(code.replace("_", "-") for code in units)), strict=True))
    for code, n in units.items():
        if n:
            put_in(world.variants[MUG], found[code], n)
    return found


def moved(world: World, units: int, origin: Bin | None, target: Bin | None) -> None:
    """Mugs are put from one bin into another; None is no bin."""
    what = moving.What(world.variants[MUG].pk, world.warehouse.pk, units, bin_id=origin.pk if origin else None)
    put(what, target.pk if target else None, actor=DORA)


def bins(count: StockCount) -> set[str]:
    return {spot.bin.code if spot.bin else "" for spot in count.bins.select_related("bin")}


# Into another bin


def test_a_bin_into_which_uncounted_units_were_put_is_counted_as_well(world: World) -> None:
    at = shelves(world, A_01=6, B_01=0)
    count = of_articles(world.warehouse, MUG)
    moved(world, 6, at["A_01"], at["B_01"])
    counted(bin_of(count, "A-01"), {})
    assert bins(count) == {"", "A-01", "B-01"}
    told = TimelineEntry.objects.get(about=count.pk, action="stock_count.follow")
    assert told.data == {"bins": ["B-01"], "loose": False}
    counted(bin_of(count), {MUG: 4})
    counted(bin_of(count, "B-01"), {MUG: 5})
    count.refresh_from_db()
    assert count.status == "closed"
    assert lying(world.warehouse) == {(MUG, "sellable", "B-01", ""): 5}
    assert on_hand(world.warehouse, MUG) == (9, 0)
    assert disagreements() == []


def test_units_put_elsewhere_after_they_were_counted_are_neither_missed_nor_counted_twice(world: World) -> None:
    at = shelves(world, A_01=6, B_01=0, C_01=2)
    count = of_articles(world.warehouse, MUG)
    counted(bin_of(count, "A-01"), {MUG: 6})
    moved(world, 4, at["A_01"], at["B_01"])
    moved(world, 2, at["A_01"], at["C_01"])
    counted(bin_of(count, "C-01"), {MUG: 4})
    counted(bin_of(count), {MUG: 2})
    assert bins(count) == {"", "A-01", "C-01"}, "what was counted before it went is not looked for again"
    assert {line.status for line in CountLine.objects.all()} == {"right"}
    assert on_hand(world.warehouse, MUG) == (10, 0)
    assert disagreements() == []


def test_units_that_were_put_on_twice_and_out_of_any_bin_are_found_where_they_ended(world: World) -> None:
    at = shelves(world, A_01=10, B_01=0, C_01=0)
    count = of_articles(world.warehouse, MUG)
    moved(world, 3, at["A_01"], at["B_01"])
    moved(world, 3, at["B_01"], at["C_01"])
    moved(world, 2, at["A_01"], None)
    counted(bin_of(count, "A-01"), {MUG: 5})
    assert bins(count) == {"A-01", "C-01", ""}
    counted(bin_of(count, "C-01"), {MUG: 3})
    counted(bin_of(count), {MUG: 2})
    assert {line.status for line in CountLine.objects.all()} == {"right"}
    assert StockCount.objects.get().status == "closed"


def test_a_count_of_bins_and_other_articles_follow_nobody(world: World) -> None:
    at = shelves(world, A_01=6, B_01=0)
    by_bin, of_others = of_bins(world.warehouse, "A-01"), of_articles(world.warehouse, CANDLE)
    moved(world, 6, at["A_01"], at["B_01"])
    counted(bin_of(by_bin, "A-01"), {})
    counted(bin_of(of_others), {CANDLE: 10})
    assert (bins(by_bin), bins(of_others)) == ({"A-01"}, {""})
    assert {line.status for line in CountLine.objects.all()} == {"right"}


def test_a_bin_that_is_scanned_joins_the_count_when_its_articles_were_put_there(world: World) -> None:
    at = shelves(world, A_01=6, B_01=0, C_01=0)
    count = of_articles(world.warehouse, MUG)
    clerk = signed_in("warehouse", location_id=world.warehouse.pk)
    moved(world, 6, at["A_01"], at["B_01"])
    find = f"/counts/{count.number}/bins/find/"
    assert clerk.post(find, {"code": "C-01"}).status_code == 422
    assert clerk.post(find, {"code": "b-01"})["Location"].endswith(f"/{bin_of(count, 'B-01').pk}/")
    page = " ".join(signed_in("manager").get(f"/counts/{count.number}/").content.decode().split())
    assert "B-01 is counted as well: articles of the count were put there" in page


def test_a_proposal_looks_for_its_articles_where_they_lie_when_it_is_begun(world: World) -> None:
    at = shelves(world, A_01=10, B_01=0)
    tolerate(world.warehouse, proposes=True)
    planning.propose(actor=SYSTEM)
    count = StockCount.objects.get()
    moved(world, 10, at["A_01"], at["B_01"])
    planning.start(count.pk, actor=MAY)
    planning.start(count.pk, actor=MAY)
    assert bins(count) == {"", "A-01", "B-01"}


# Coming in


def coming(world: World, units: int) -> tuple[Any, Any]:
    """A purchase order of which so many mugs are counted in and nothing is booked."""
    order = bought(world.store, {MUG: 20})
    tallies.count(order.pk, tallies.RECEIVE, tallies.Entry(MUG, new_id(), units), actor=DORA)
    return order, tallies.open_tally(order.pk, tallies.RECEIVE)


def test_units_of_a_delivery_that_is_not_booked_are_no_surplus(world: World) -> None:
    order, tally = coming(world, 5)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 9})
    line = CountLine.objects.get()
    assert (line.status, line.difference, line.unbooked, line.unbooked_of) == ("right", 0, 5, order.number)
    receiving.book(order.pk, tally.pk, Delivery({}, tally.pk), actor=DORA)
    assert on_hand(world.store, MUG) == (9, 0)
    assert disagreements() == []


def test_what_is_found_beyond_a_delivery_that_is_not_booked_waits_for_somebody_who_is_told(world: World) -> None:
    order, tally = coming(world, 5)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 10})
    counted(bin_of(count), {MUG: 10}, actor=DORA)
    line, manager = CountLine.objects.get(), signed_in("manager")
    assert (line.status, line.difference) == ("approve", 1)
    receiving.book(order.pk, tally.pk, Delivery({}, tally.pk), actor=DORA)
    for page in (f"/counts/differences/{line.pk}/", f"/counts/{count.number}/"):
        told = " ".join(manager.get(page).content.decode().split())
        assert f"not booked lay here: {order.number}" in told
        assert "+1" in told and "+6" not in told
    settling.approve(line.pk, reason="found", actor=MAY, shown=1)
    assert on_hand(world.store, MUG) == (10, 0)
    assert disagreements() == []


def test_a_delivery_that_stands_elsewhere_makes_nothing_missing(world: World) -> None:
    coming(world, 5)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 4})
    assert lines(count) == {MUG: ("right", 0, 0)}


def test_a_delivery_that_was_begun_between_the_scan_and_the_end_of_the_bin_is_known(world: World) -> None:
    count = of_articles(world.store, MUG)
    spot = counting.take(bin_of(count).pk, actor=CARL)
    scan(spot, MUG, 9)
    order, _tally = coming(world, 5)
    counting.finish(spot.pk, actor=CARL)
    assert CountLine.objects.values_list("status", "unbooked_of").get() == ("right", order.number)


def test_a_delivery_that_is_begun_after_the_bin_was_done_is_shown_before_anybody_decides(world: World) -> None:
    tolerate(world.store, 0, "0", recounts=False)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 9})
    order, _tally = coming(world, 5)
    page = signed_in("manager").get(f"/counts/differences/{CountLine.objects.get().pk}/").content.decode()
    assert f"5 units that have come for {order.number} are being counted in and are not booked." in " ".join(page.split())  # fmt: skip


def test_deliveries_stand_where_deliveries_stand_and_not_on_the_shelves(world: World) -> None:
    (shelf,) = bins_at(world.store, "A-01")
    bins_at(world.store, "DOCK", kind="receiving")
    put_in(world.variants[MUG], shelf, 4)
    coming(world, 5)
    tolerate(world.store, 0, "0", recounts=False)
    count = of_bins(world.store, "A-01", "DOCK")
    counted(bin_of(count, "A-01"), {MUG: 9})
    counted(bin_of(count, "DOCK"), {MUG: 5})
    found = dict(CountLine.objects.values_list("spot__bin__code", "difference"))
    assert found == {"A-01": 5, "DOCK": 0}


def test_a_transfer_that_is_counted_in_or_out_is_no_difference_at_either_end(world: World) -> None:
    coming_in = sent(world.warehouse, world.store, {MUG: 3})
    tallies.count(coming_in.pk, tallies.RECEIVE, tallies.Entry(MUG, new_id(), 3), actor=DORA)
    going = drafted(world.store, world.warehouse, {MUG: 2})
    tallies.count(going.pk, tallies.SEND, tallies.Entry(MUG, new_id(), 2), actor=DORA)
    count = of_articles(world.store, MUG)
    counted(bin_of(count), {MUG: 5})
    line = CountLine.objects.get()
    assert (line.status, line.in_hand, line.unbooked, line.unbooked_of) == ("right", 2, 3, coming_in.number)
    for transfer, purpose, book in ((going, "send", book_sent), (coming_in, "receive", book_received)):
        tally: Any = tallies.open_tally(transfer.pk, purpose)
        book(transfer.pk, tally.pk, actor=DORA)
    assert on_hand(world.store, MUG) == (5, 0)
    assert disagreements() == []


def test_units_that_had_come_are_never_fewer_than_none(world: World) -> None:
    counted(bin_of(of_articles(world.store, VASE)), {VASE: 1})
    with pytest.raises(IntegrityError, match="countline_unbooked"), transaction.atomic():
        CountLine.objects.update(unbooked=-1)
