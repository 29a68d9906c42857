"""A feed speaks while others work on the same stock rows: two messages at once, and a customer who buys meanwhile."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from capture.services import place_order
from core.actors import SYSTEM
from core.ids import new_id
from core.invariants import disagreements
from core.models import Incident
from core.problems import OutOfStock
from inventory.feeds import applying
from inventory.models import Stock
from tests.concurrency.lined_up import all_at_once
from tests.factories.feeds import feed_at, level, say
from tests.factories.world import MUG, World, order_body, small_world

THE_ROW = f"SELECT FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id AND v.sku = '{MUG}'"
UNLOCKED = applying.LOCK.replace("FOR NO KEY UPDATE OF s", "")
"""What is left of the rows' lock: a look."""


def on_hand() -> int:
    return Stock.objects.get(variant__sku=MUG).on_hand


def two_messages_at_once() -> list[Any]:
    """Ten lie there; the first message has counted seven of them, the second four."""
    feed = feed_at(small_world(stock=10, store_stock=0).warehouse)
    messages = [level(MUG, 7, sequence=1), level(MUG, 4, sequence=2)]
    return all_at_once([partial(say, feed, each) for each in messages], f"{THE_ROW}")


def test_of_two_messages_at_once_the_newer_one_stands(fresh_database: str) -> None:
    first, second = two_messages_at_once()
    assert second == ["applied"]
    assert first in (["applied"], ["stale"])
    assert on_hand() == 4
    assert disagreements() == []


def test_without_the_lock_both_take_their_difference_away(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "LOCK", UNLOCKED)
    first, second = two_messages_at_once()
    assert second == ["applied"]
    if isinstance(first, IntegrityError):  # the older one came second: the database's own guard holds
        assert "never followed by an older one" in str(first)
    else:
        assert on_hand() == 10 - 3 - 6


def test_a_level_of_nothing_and_a_customer_at_once(fresh_database: str) -> None:
    """Whoever is first: nobody waits long, nothing is refused to the feed, and what is promised in vain is told."""
    world: World = small_world(stock=10, store_stock=0)
    feed = feed_at(world.warehouse)
    order = partial(place_order, order_body(MUG, 4), client="shop", key=str(new_id()), digest="d", actor=SYSTEM)
    told, bought = all_at_once([partial(say, feed, level(MUG, 0, at=timezone.now())), order], THE_ROW)
    assert told == ["applied"]
    assert on_hand() == 0
    is_short = Incident.objects.filter(kind="shortfall", resolved_at=None).exists()
    assert is_short or isinstance(bought, OutOfStock)
    assert disagreements() == []
