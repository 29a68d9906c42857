"""A form by which goods are received is sent twice at the same moment."""

from decimal import Decimal
from functools import partial

import pytest

from core.ids import new_id
from core.invariants import disagreements
from inventory import receiving
from inventory.models import Movement
from inventory.receiving import Came
from tests.concurrency.lined_up import Act, all_at_once, refusals
from tests.factories.counts import CARL
from tests.factories.transfers import on_hand
from tests.factories.world import MUG, World, small_world

STOCK_HELD = "SELECT FROM inventory_stock"


@pytest.fixture
def world(fresh_database: str) -> World:
    return small_world(stock=0, store_stock=6)


def twice(world: World, cost: str = "4") -> list[Act]:
    variant = world.variants[MUG]
    variant.standard_cost = Decimal(cost)
    variant.save(update_fields=["standard_cost"])
    came, key = Came(variant.pk, world.store.pk, 5, "sellable"), new_id()
    return [partial(receiving.take_in, came, key=key, actor=CARL) for _ in range(2)]


def test_they_come_once_and_both_are_told_so(world: World) -> None:
    assert refusals(all_at_once(twice(world), STOCK_HELD)) == []
    assert on_hand(world.store, MUG) == (11, 0)
    assert disagreements() == []


def test_without_the_lock_of_the_key_what_costs_nothing_comes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "ONE_AT_A_TIME", "SELECT %(key)s::text")
    all_at_once(twice(world, "0"), STOCK_HELD)
    assert Movement.objects.filter(location=world.store, quantity=5).count() == 2
