"""The small world that other tests stand on is itself sound."""

import pytest

from core.invariants import disagreements
from inventory.selectors import free_units
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db


def test_the_small_world_can_sell_and_its_books_are_straight() -> None:
    world = small_world(stock=7, store_stock=2)
    ids = [variant.pk for variant in world.variants.values()]
    found = free_units(ids, world.pool.pk, world.channel.pk).common
    assert found == {world.warehouse.pk: dict.fromkeys(ids, 7), world.store.pk: dict.fromkeys(ids, 2)}
    assert disagreements() == []
