"""Two lines of one order on the same SKU are checked together, and so are two such orders at once."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from capture import pinning, references
from capture.drafts import DraftLine, DraftOrder
from capture.services import place_order
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.problems import OutOfStock
from inventory.models import Stock
from inventory.services import Pin, promises
from orders.models import Order
from sourcing.network import forget
from tests.concurrency.lined_up import all_at_once
from tests.factories.world import MUG, order_body, small_world

UNGUARDED = (
    promises.SHIFT.partition(" AND (l.r + l.a <= 0")[0]
    + " RETURNING s.id, s.variant_id, s.location_id, false AS cured, false AS risen, false AS has_fences"
)
STOCK_HELD = "SELECT FROM inventory_stock"


@pytest.fixture(autouse=True)
def world(fresh_database: str) -> None:
    small_world(stock=5, store_stock=0)


def place(*quantities: int, key: str = "k") -> Any:
    references.forget()
    forget()
    body = order_body(lines=[{"sku": MUG, "quantity": quantity} for quantity in quantities])
    return place_order(body, client="shop", key=key, digest=key, actor=SYSTEM).body["number"]


def reserved() -> int:
    return Stock.objects.get(variant__sku=MUG).reserved


def test_two_lines_that_fit_alone_but_not_together_are_refused_with_what_can_be_had() -> None:
    with pytest.raises(OutOfStock) as refusal:
        place(3, 3)
    assert refusal.value.extra["available"] == {MUG: 5}
    assert [error["loc"] for error in refusal.value.errors] == [["lines", 0, "quantity"], ["lines", 1, "quantity"]]
    assert (Order.objects.count(), reserved()) == (0, 0)
    place(2, 3)
    assert reserved() == 5
    assert disagreements() == []


def test_of_two_such_orders_at_once_one_is_placed() -> None:
    said = all_at_once([partial(place, 2, 2, key=f"k{n}") for n in range(2)], STOCK_HELD)
    assert sorted(isinstance(each, OutOfStock) for each in said) == [False, True]
    assert (Order.objects.count(), reserved()) == (1, 4)
    assert disagreements() == []


def each_line_for_itself(draft: DraftOrder, lines: Sequence[DraftLine], places: Sequence[UUID], free: Any) -> list[Pin]:
    """What is left when no line knows of the other."""
    return [pin for line in lines for pin in _choose(draft, [line], places, free)]


_choose = pinning._choose


def test_lines_checked_each_for_itself_are_still_refused_by_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinning, "_choose", each_line_for_itself)
    with pytest.raises(promises.Short):
        place(3, 3)
    assert (Order.objects.count(), reserved()) == (0, 0)
    assert disagreements() == []


def test_lines_checked_each_for_itself_and_without_guards_sell_more_than_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pinning, "_choose", each_line_for_itself)
    monkeypatch.setattr(promises, "SHIFT", UNGUARDED)
    run("ALTER TABLE inventory_stock DISABLE TRIGGER stock_promised_update")
    place(3, 3)
    assert reserved() == 6
    assert disagreements() != []


def test_without_guards_two_orders_at_once_sell_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "SHIFT", UNGUARDED)
    run("ALTER TABLE inventory_stock DISABLE TRIGGER stock_promised_update")
    all_at_once([partial(place, 2, 2, key=f"k{n}") for n in range(2)], STOCK_HELD)
    assert reserved() == 8
    assert disagreements() != []
