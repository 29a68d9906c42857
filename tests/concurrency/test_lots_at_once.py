"""Two at once at one bin or one lot: a unit is moved once and picked once; a lot that is set apart is sold by nobody."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from capture.services import place_order
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict, OutOfStock, Problem
from fulfillment import floor, lots, shipping
from fulfillment.models import PickedLot
from inventory import locks
from inventory.feeds import applying
from inventory.holdings import lots as lots_in
from inventory.holdings import moving
from inventory.holdings.bins import Wish, change_bin
from inventory.holdings.lots import LotInput, close_lot
from inventory.holdings.moving import What, put
from inventory.models import Lot, Stock, StockFeed
from inventory.services import In, adjust, receive
from orders.models import OrderLine
from returns import services as returns
from tests.concurrency.lined_up import all_at_once
from tests.factories.feeds import feed_at, kept, level, say
from tests.factories.holdings import bins_at, lot_of, lying, put_in, receive_lot
from tests.factories.orders import PICKER, released
from tests.factories.world import CANDLE, MUG, World, order_body, small_world

STOCK_HELD, HOLDING_HELD, LOT_HELD = "SELECT FROM inventory_stock", "SELECT FROM inventory_holding", "SELECT FROM inventory_lot"  # fmt: skip
SHOP_HELD = "SELECT FROM inventory_location WHERE code = 'SHOP-PARIS'"
WAREHOUSE_HELD = "SELECT FROM inventory_location WHERE code = 'DC-LYON'"


def two_move_all_that_lies_there(held: str) -> tuple[World, list[Any]]:
    """Five units lie in a bin; each of two takes all five to another one."""
    world = small_world(stock=10, store_stock=0)
    origin, *targets = bins_at(world.warehouse, "A-01", "A-02", "A-03")
    put_in(world.variants[MUG], origin, 5)
    what = What(world.variants[MUG].pk, world.warehouse.pk, 5, bin_id=origin.pk)
    return world, all_at_once([partial(put, what, target.pk, actor=SYSTEM) for target in targets], held)


def test_of_two_who_move_all_units_of_a_bin_one_does(fresh_database: str) -> None:
    world, said = two_move_all_that_lies_there(STOCK_HELD)
    (refused,) = [each for each in said if isinstance(each, Conflict)]
    assert "Only 0 units lie in A-01." in str(refused)
    assert sum(lying(world.warehouse).values()) == 5
    assert disagreements() == []


def test_without_the_lock_only_the_database_stands_in_the_way(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_ROWS", locks.LOCK_ROWS.replace("FOR NO KEY UPDATE OF s", ""))
    world, said = two_move_all_that_lies_there(HOLDING_HELD)
    (broken,) = [each for each in said if isinstance(each, Exception)]
    assert isinstance(broken, IntegrityError)
    assert sum(lying(world.warehouse).values()) == 5


def two_pick_the_last_unit_of_a_lot(held: str) -> None:
    """One unit ends soon, five end later; each of two orders wants one."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    receive_lot(lot_of(candle, "SOON", date(2098, 1, 1)), world.warehouse, 1)
    receive_lot(lot_of(candle, "LATER", date(2099, 1, 1)), world.warehouse, 5)
    work: list[UUID] = [released({CANDLE: 1})[1][0] for _ in range(2)]
    all_at_once([partial(floor.pick_all, [each], actor=PICKER) for each in work], held)


def picked() -> list[str]:
    return sorted(PickedLot.objects.values_list("lot__code", flat=True))


def test_the_last_unit_of_a_lot_is_picked_once(fresh_database: str) -> None:
    two_pick_the_last_unit_of_a_lot(STOCK_HELD)
    assert picked() == ["LATER", "SOON"]
    assert disagreements() == []


def test_without_the_lock_it_is_picked_twice(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots, "LOCK", lots.LOCK.replace("FOR NO KEY UPDATE OF s", ""))
    two_pick_the_last_unit_of_a_lot(LOT_HELD)
    assert picked() == ["SOON", "SOON"]


def test_a_lot_is_set_apart_while_a_customer_buys(fresh_database: str) -> None:
    """Whoever is first: nothing of the lot is promised in silence."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    receive_lot(lot_of(candle, "L1"), world.warehouse, 4)
    close = partial(close_lot, Lot.objects.get(code="L1").pk, reason="a smell", actor=SYSTEM)
    order = partial(place_order, order_body(CANDLE, 4), client="shop", key=str(new_id()), digest="d", actor=SYSTEM)
    moved, bought = all_at_once([close, order], STOCK_HELD)
    assert moved == 4
    is_short = Incident.objects.filter(kind="shortfall", resolved_at=None).exists()
    assert is_short or isinstance(bought, OutOfStock)
    assert disagreements() == []


# What comes in while a lot is set apart. Foreign keys are looked up when a transaction ends: whoever holds the place lets
# those who bring something there do all but that.


def a_lot_comes_while_it_is_set_apart() -> Stock:
    """The first units of it at the shop, while somebody sets it apart at all places."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot = lot_of(candle, "L1")
    receive_lot(lot, world.warehouse, 4)
    come = partial(lots_in.receive_lot, candle.pk, world.store.pk, 2, LotInput("L1"), actor=SYSTEM)
    said = all_at_once([come, partial(close_lot, lot.pk, reason="a smell", actor=SYSTEM)], SHOP_HELD)
    assert not [each for each in said if isinstance(each, Exception)]
    return Stock.objects.get(variant=candle, location=world.store)


def test_what_comes_while_its_lot_is_set_apart_is_not_sold(fresh_database: str) -> None:
    row = a_lot_comes_while_it_is_set_apart()
    assert (row.on_hand, row.quarantine) == (0, 2)
    assert disagreements() == []


def test_without_the_lock_of_its_article_it_is_sold(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots_in, "STILL", lots_in.STILL.replace("FOR SHARE", ""))
    row = a_lot_comes_while_it_is_set_apart()
    assert (row.on_hand, row.quarantine) == (2, 0)
    assert any("are sellable, and the lot is quarantined" in each for each in disagreements())


def a_customer_brings_it_back(held: str) -> Stock:
    """To a shop that has none of it yet, while the lot is set apart."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot = lot_of(candle, "L1")
    receive_lot(lot, world.warehouse, 4)
    order, (work,) = released({CANDLE: 2})
    floor.pick_all([work], actor=PICKER)
    floor.pack([work], actor=PICKER)
    shipping.ship([work], actor=PICKER)
    line = OrderLine.objects.get(order=order)
    back = returns.ReturnInput(order.pk, [returns.Back(line.pk, 2)])
    bring = partial(returns.receive_and_credit, [back], actor=PICKER, location_id=world.store.pk)
    said = all_at_once([bring, partial(close_lot, lot.pk, reason="a smell", actor=SYSTEM)], held)
    assert not [each for each in said if isinstance(each, Exception)]
    return Stock.objects.get(variant=candle, location=world.store)


def test_what_is_brought_back_while_its_lot_is_set_apart_is_not_sold(fresh_database: str) -> None:
    row = a_customer_brings_it_back(SHOP_HELD)
    assert (row.on_hand, row.quarantine) == (0, 2)
    assert disagreements() == []


def test_without_the_lock_of_its_article_it_is_sold_again(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots_in, "STILL", lots_in.STILL.replace("FOR SHARE", ""))
    row = a_customer_brings_it_back(SHOP_HELD)
    assert (row.on_hand, row.quarantine) == (2, 0)


@pytest.mark.parametrize("is_fed_first", [True, False])
def test_a_feed_counts_while_a_lot_is_set_apart(fresh_database: str, is_fed_first: bool) -> None:
    """It knows nothing of that, and whoever is first: none of the lot is sold, and none is counted twice."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot = lot_of(candle, "L1")
    receive_lot(lot, world.warehouse, 4)
    message = kept(feed_at(world.warehouse), [level(CANDLE, 4)])
    acts: list[Any] = [partial(applying.work, message.pk), partial(close_lot, lot.pk, reason="a smell", actor=SYSTEM)]
    all_at_once(acts if is_fed_first else acts[::-1], STOCK_HELD)
    row = Stock.objects.get(variant=candle, location=world.warehouse)
    assert (row.on_hand, row.quarantine) == (0, 4)
    say(StockFeed.objects.get(), level(CANDLE, 4))
    row.refresh_from_db()
    assert (row.on_hand, row.quarantine) == (0, 4)
    assert disagreements() == []


def test_a_feed_that_is_believed_in_all_makes_a_lot_sellable_that_is_not_sold(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "_unaware", lambda *_: 0)
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    lot = lot_of(candle, "L1")
    receive_lot(lot, world.warehouse, 4)
    close_lot(lot.pk, reason="a smell", actor=SYSTEM)
    say(feed_at(world.warehouse), level(CANDLE, 4))
    row = Stock.objects.get(variant=candle, location=world.warehouse)
    assert (row.on_hand, row.quarantine) == (4, 4)


# A bin that is closed


def a_bin_is_closed_while_somebody_fills_it() -> list[Any]:
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    receive_lot(lot_of(candle, "L1"), world.warehouse, 4)
    (spot,) = bins_at(world.warehouse, "A-01")
    fill = partial(put, What(candle.pk, world.warehouse.pk, 4), spot.pk, actor=SYSTEM)
    return all_at_once([fill, partial(change_bin, spot.pk, Wish(is_active=False), actor=SYSTEM)], LOT_HELD)


def test_of_who_fills_a_bin_and_who_closes_it_one_is_told(fresh_database: str) -> None:
    (refused,) = [each for each in a_bin_is_closed_while_somebody_fills_it() if isinstance(each, Problem)]
    assert "Units lie in A-01" in str(refused)
    assert disagreements() == []


def test_without_the_lock_of_the_bin_units_lie_in_a_closed_one(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "STAYS", moving.STAYS.replace("FOR SHARE", ""))
    a_bin_is_closed_while_somebody_fills_it()
    assert any("closed bin" in each for each in disagreements())


def a_lot_is_released_while_its_bin_becomes_a_quarantine() -> list[Any]:
    """Its units lie in the bin, set apart for the sake of their lot. The release does all but to end."""
    world = small_world(stock=10, store_stock=0)
    candle = world.variants[CANDLE]
    adjust(candle.pk, world.warehouse.pk, -10, reason="lots begin", actor=SYSTEM)
    (spot,) = bins_at(world.warehouse, "A-01")
    lot = lot_of(candle, "L1")
    receive_lot(lot, world.warehouse, 4, bin_id=spot.pk)
    close_lot(lot.pk, reason="a smell", actor=SYSTEM)
    release = partial(lots_in.release_lot, lot.pk, reason="clean", actor=SYSTEM)
    turn = partial(change_bin, spot.pk, Wish(kind="quarantine"), actor=SYSTEM)
    return all_at_once([release, turn], WAREHOUSE_HELD)


def test_of_who_releases_a_lot_and_who_makes_its_bin_a_quarantine_one_is_told(fresh_database: str) -> None:
    moved, refused = a_lot_is_released_while_its_bin_becomes_a_quarantine()
    assert moved == 4
    assert "Sellable units lie in A-01" in str(refused)
    assert disagreements() == []


def test_without_the_lock_of_the_bins_what_is_released_lies_in_a_quarantine(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots_in, "STAY", lots_in.STAY.replace("FOR SHARE", ""))
    a_lot_is_released_while_its_bin_becomes_a_quarantine()
    assert any("A-01" in each for each in disagreements())


# Lots begin


def lots_begin_while_the_first_units_come(held: str, *, come_first: bool) -> None:
    world = small_world(stock=10, store_stock=0)
    mug = world.variants[MUG]
    begin = partial(lots_in.track, mug.pk, actor=SYSTEM)
    come = partial(receive, [In(mug.pk, world.store.pk, 3)], source=new_id(), actor=SYSTEM)
    said = all_at_once([come, begin] if come_first else [begin, come], held)
    assert not [each for each in said if isinstance(each, Exception)]


@pytest.mark.parametrize("come_first", [True, False])
def test_the_first_units_at_a_place_that_come_while_lots_begin_are_of_a_lot(
    fresh_database: str, come_first: bool
) -> None:
    lots_begin_while_the_first_units_come(SHOP_HELD if come_first else STOCK_HELD, come_first=come_first)
    assert disagreements() == []
    assert not Stock.objects.filter(variant__sku=MUG, is_detailed=False).exists()


def test_without_the_lock_of_the_article_they_are_of_none(fresh_database: str) -> None:
    run("DROP TRIGGER stock_begun ON inventory_stock")
    lots_begin_while_the_first_units_come(SHOP_HELD, come_first=True)
    assert any("asks for lots, and is not marked so" in each for each in disagreements())
