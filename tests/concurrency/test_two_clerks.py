"""Two clerks work on one order at once: one wins, the other is told who and what, and nothing is done twice."""

from functools import partial
from uuid import UUID

import pytest

from core.actors import Actor
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Conflict
from fulfillment.amend import cancel
from orders import holds, services
from orders.models import Hold, Order
from tests.concurrency.lined_up import UNLOCKED, Act, all_at_once, refusals
from tests.factories.orders import buckets, line_ids, placed
from tests.factories.world import MUG, small_world

CARL, DORA = Actor("user", "Carl Clerk"), Actor("user", "Dora Desk")
ORDER_HELD, LINES_HELD, HOLDS_HELD = (
    "SELECT FROM orders_order",
    "SELECT FROM orders_orderline",
    "SELECT FROM orders_hold",
)


@pytest.fixture(autouse=True)
def world(fresh_database: str) -> None:
    small_world(tender="bank_transfer")


def cancelling(order: Order, lines: list[tuple[UUID, int]] | None = None) -> list[Act]:
    return [partial(cancel, order.id, actor=clerk, reason="Changed their mind", lines=lines) for clerk in (CARL, DORA)]


def releasing(order: Order) -> list[Act]:
    holds.open_hold([order.id], "manual", actor=CARL)
    return [partial(holds.release_hold, Hold.objects.get().id, actor=clerk) for clerk in (CARL, DORA)]


def winner(action: str) -> str:
    """Who did it, once."""
    return TimelineEntry.objects.get(action=action).actor


def test_of_two_who_cancel_one_does_and_the_other_hears_who() -> None:
    order = placed({MUG: 2})
    (told,) = refusals(all_at_once(cancelling(order), ORDER_HELD))
    assert f"cancelled by {winner('order.cancel')}" in told
    assert buckets(order) == {MUG: {"cancelled": 2}}
    assert disagreements() == []


def test_of_two_who_cancel_two_of_three_units_one_does_and_the_other_hears_what_is_left() -> None:
    order = placed({MUG: 3})
    said = all_at_once(cancelling(order, [(line_ids(order)[MUG], 2)]), ORDER_HELD)
    (told,) = refusals(said)
    assert winner("order.cancel_part") in told
    assert buckets(order) == {MUG: {"reserved": 1, "cancelled": 2}}
    assert disagreements() == []


def test_of_two_who_release_a_hold_one_does_and_the_other_hears_who() -> None:
    order = placed({MUG: 1})
    (told,) = refusals(all_at_once(releasing(order), ORDER_HELD))
    assert told == f"{winner('hold.resolve')} has already released this hold."
    assert disagreements() == []


def test_of_two_who_open_a_hold_of_one_kind_one_does() -> None:
    order = placed({MUG: 1})
    opening = [partial(holds.open_hold, [order.id], "manual", actor=clerk) for clerk in (CARL, DORA)]
    said = all_at_once(opening, ORDER_HELD)
    assert sorted(said) == [[], [order.id]]
    assert Hold.objects.get().opened_by == winner("hold.open")
    assert disagreements() == []


def test_of_one_who_holds_and_one_who_cancels_either_may_be_first() -> None:
    order = placed({MUG: 1})
    hold = partial(holds.open_hold, [order.id], "manual", actor=DORA)
    said = all_at_once([cancelling(order)[0], hold], ORDER_HELD)
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert all("can no longer be held" in told for told in refusals(said))
    assert not Hold.objects.filter(status="open").exists()
    assert disagreements() == []


def test_without_the_orders_lock_two_release_one_hold_and_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed({MUG: 1})
    acts = releasing(order)
    monkeypatch.setattr(services, "LOCK", UNLOCKED)
    assert refusals(all_at_once(acts, HOLDS_HELD)) == []


def test_without_the_orders_lock_nobody_can_say_who_cancelled_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed({MUG: 3})
    acts = cancelling(order, [(line_ids(order)[MUG], 2)])
    monkeypatch.setattr(services, "LOCK", UNLOCKED)
    said = all_at_once(acts, LINES_HELD)
    assert not any(clerk.label in told for clerk in (CARL, DORA) for told in refusals(said))
    assert any(isinstance(each, Conflict) for each in said) or disagreements() != []
