"""What damaged stock is worth in the books: nothing, whichever way it became damaged; the rest of ours at standard cost."""

from decimal import Decimal

import pytest
from django.db.models import F, Sum

from accounting.models import JournalEntry, JournalLine
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from inventory.counts import counting
from inventory.holdings.moving import What, change_condition
from inventory.models import Location, Stock
from inventory.services import In, receive
from returns.services import Back, ReturnInput, receive_and_credit
from tests.factories.counts import CARL, bin_of, of_articles, scan, tolerate
from tests.factories.feeds import feed_at, level, say
from tests.factories.orders import line_ids, shipped
from tests.factories.purchases import bought, received
from tests.factories.transfers import arrived, sent
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=5)


def booked(place: Location, role: str = "inventory") -> Decimal:
    lines = JournalLine.objects.filter(role=role, location_id=place.pk)
    return Decimal(lines.aggregate(n=Sum(F("debit") - F("credit")))["n"] or 0)


def is_tied(world: World) -> bool:
    """Every place's stock in the ledger is its sellable and quarantined units at standard cost."""
    for place in (world.warehouse, world.store):
        rows = Stock.objects.filter(location=place).select_related("variant")
        worth = sum(((row.on_hand + row.quarantine) * row.variant.standard_cost for row in rows), Decimal(0))
        assert booked(place) == worth, place.code
    assert disagreements() == []
    return True


def turn(world: World, units: int, condition: str, to: str) -> None:
    what = What(world.variants[MUG].pk, world.warehouse.pk, units, condition=condition)
    change_condition(what, to, reason="looked at", actor=SYSTEM)


def test_units_that_become_damaged_are_written_down_and_back_when_they_are_good(world: World) -> None:
    turn(world, 3, "sellable", "damaged")
    assert booked(world.warehouse, "write_down") == 12
    assert is_tied(world)
    turn(world, 1, "damaged", "sellable")
    turn(world, 1, "damaged", "quarantine")
    assert booked(world.warehouse, "write_down") == 4
    assert is_tied(world)


def test_in_quarantine_they_keep_their_value(world: World) -> None:
    turn(world, 3, "sellable", "quarantine")
    turn(world, 2, "quarantine", "sellable")
    assert not JournalEntry.objects.filter(event="goods_written_down").exists()
    assert is_tied(world)


def test_what_a_vendor_sends_damaged_is_owed_and_written_down(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10}, cost="4.00")
    receipt = received(order, {MUG: 8}, damaged={MUG: 2})
    assert receipt.owed == 40
    assert booked(world.warehouse, "write_down") == 8
    assert is_tied(world)


def test_what_arrives_damaged_from_another_place_is_written_down_there(world: World) -> None:
    arrived(sent(world.warehouse, world.store, {MUG: 4}), {MUG: 3}, damaged={MUG: 1})
    assert booked(world.store, "write_down") == 4
    assert is_tied(world)


@pytest.mark.parametrize(
    ("on_hand", "damaged", "written_down", "shrinkage"),
    [(3, 2, 8, 0), (3, 0, 0, 8), (3, 5, 8, 0), (1, 2, 8, 8), (5, 4, 0, 0), (7, 0, 0, 0)],
)
def test_what_a_feed_counts_as_damaged_is_written_down_and_not_missing(
    world: World, on_hand: int, damaged: int, written_down: int, shrinkage: int
) -> None:
    say(feed_at(world.store), level(MUG, on_hand, damaged=damaged))
    assert (booked(world.store, "write_down"), booked(world.store, "shrinkage")) == (written_down, shrinkage)
    assert is_tied(world)


def test_what_a_feed_counts_as_good_again_comes_back_at_its_value(world: World) -> None:
    feed = feed_at(world.store)
    say(feed, level(MUG, 1, damaged=4, sequence=1))
    say(feed, level(MUG, 4, damaged=1, sequence=2))
    assert (booked(world.store, "write_down"), booked(world.store, "count_gain")) == (4, 0)
    assert is_tied(world)


def test_a_damaged_return_is_worth_nothing_either(world: World) -> None:
    order, _parcels = shipped({MUG: 2})
    for condition in ("damaged", "sellable"):
        back = Back(line_ids(order)[MUG], 1, condition)
        receive_and_credit([ReturnInput(order.pk, [back])], actor=SYSTEM, location_id=world.warehouse.pk)
    assert is_tied(world)


def test_a_vendor_s_own_goods_are_no_value_of_ours(world: World) -> None:
    Location.objects.filter(pk=world.store.pk).update(kind="vendor")
    receive([In(world.variants[MUG].pk, world.store.pk, 2, "damaged")], source=new_id(), actor=SYSTEM)
    assert not JournalEntry.objects.filter(event="goods_written_down").exists()


def test_a_count_that_finds_units_damaged_takes_them_off_the_books_once(world: World) -> None:
    tolerate(world.warehouse, units=9, value="1000")
    turn(world, 1, "sellable", "damaged")
    spot = bin_of(of_articles(world.warehouse, MUG))
    counting.take(spot.pk, actor=CARL)
    scan(spot, MUG, 6)
    scan(spot, MUG, 3, condition="damaged")
    counting.finish(spot.pk, actor=CARL, rest_is_none=True)
    stock = Stock.objects.get(location=world.warehouse, variant=world.variants[MUG])
    assert (stock.on_hand, stock.damaged) == (6, 3)
    assert is_tied(world)
