"""Two at once at one bin or one lot: a unit is moved once and picked once; a lot that is set apart is sold by nobody."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from capture.services import place_order
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.problems import Conflict, OutOfStock
from fulfillment import floor, lots
from fulfillment.models import PickedLot
from inventory import locks
from inventory.holdings.lots import close_lot
from inventory.holdings.moving import What, put
from inventory.models import Lot
from inventory.services import adjust
from tests.concurrency.lined_up import all_at_once
from tests.factories.holdings import bins_at, lot_of, lying, put_in, receive_lot
from tests.factories.orders import PICKER, released
from tests.factories.world import CANDLE, MUG, World, order_body, small_world

STOCK_HELD, HOLDING_HELD, LOT_HELD = "SELECT FROM inventory_stock", "SELECT FROM inventory_holding", "SELECT FROM inventory_lot"  # fmt: skip


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
