"""The time to keep an order's stock is over in the very moment in which it is released, paid, extended, or swept twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from core import sweeps
from core.actors import Actor
from core.invariants import disagreements
from core.models import TimelineEntry
from core.outbox import drain
from fulfillment import keeping as asking
from inventory.models import Reservation
from orders import holds
from orders.keeping import rules
from orders.keeping import services as keeping
from orders.models import Channel, KeepingRule, Order
from tests.concurrency.lined_up import all_at_once
from tests.concurrency.test_cancel_races_ship import together
from tests.factories.orders import buckets, placed
from tests.factories.world import MUG, small_world

CLERK = Actor("user", "Clara Clerk")
ROUNDS = 6

pytestmark = pytest.mark.usefixtures("fresh_database")


def held(units: int = 2) -> Order:
    order = placed({MUG: units})
    holds.open_hold([order.pk], "manual", actor=CLERK)
    drain()
    return order


def late(days: int = 8) -> Any:
    return timezone.now() + timedelta(days=days)


def release(order: Order) -> None:
    holds.resolve([order.pk], "manual", actor=CLERK)


def let_go_of(order: Order) -> int:
    return TimelineEntry.objects.filter(about=order.pk, action="order.let_go").count()


def rest(order: Order) -> None:
    """The workers do all there is to do, and the sweep finds nothing else."""
    drain()
    asking.sweep(actor=CLERK)
    drain()
    assert buckets(order) == {MUG: {"released": 2}}
    assert disagreements() == []


def test_released_in_the_moment_of_its_deadline_an_order_goes_on_with_its_units() -> None:
    small_world(stock=20, store_stock=0)
    for _ in range(ROUNDS):
        order = held()
        together(partial(release, order), partial(keeping.lapse, late()))
        rest(order)


def swept_twice() -> tuple[Order, list[Any]]:
    small_world(stock=20, store_stock=0)
    order = held()
    said = all_at_once([partial(keeping.lapse, late())] * 2, "SELECT FROM inventory_stock")
    return order, said


def test_two_sweeps_at_once_let_go_once() -> None:
    order, said = swept_twice()
    assert sorted(map(len, said)) == [0, 1]
    assert (let_go_of(order), Reservation.objects.count()) == (1, 0)
    assert disagreements() == []
    release(order)
    rest(order)


def test_without_their_claim_on_the_order_one_of_two_sweeps_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: list[Exception] = []
    monkeypatch.setattr(sweeps, "set_failed", lambda _work, error: broken.append(error))
    monkeypatch.setattr(keeping, "CLAIM", keeping.CLAIM.replace("FOR NO KEY UPDATE OF o SKIP LOCKED", ""))
    swept_twice()
    assert broken


def released_behind_the_claim(monkeypatch: pytest.MonkeyPatch) -> Order:
    """The order is chosen by what is seen without a lock, and released before the sweep looks again under it."""
    small_world(stock=20, store_stock=0)
    order = held()
    look = keeping.rows

    def claims(sql: str, given: Any = None) -> Any:
        if sql != keeping.CLAIM:
            return look(sql, given)
        release(order)
        return [order]

    monkeypatch.setattr(keeping, "rows", claims)
    keeping.lapse(late())
    return order


def test_what_is_released_before_the_lock_is_ours_keeps_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    order = released_behind_the_claim(monkeypatch)
    assert let_go_of(order) == 0
    rest(order)


def test_without_a_second_look_under_the_lock_a_released_order_loses_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        keeping, "STILL_DUE", "SELECT id, number FROM orders_order WHERE id = ANY(%(ids)s) AND %(now)s IS NOT NULL"
    )
    order = released_behind_the_claim(monkeypatch)
    assert buckets(order) == {MUG: {"backordered": 2}}
    assert not Reservation.objects.exists()


def test_extended_in_the_moment_of_its_deadline_it_is_kept_or_let_go_and_the_clerk_knows_which() -> None:
    small_world(stock=20, store_stock=0)
    for _ in range(ROUNDS):
        order = held()
        clerk, _sweep = together(
            partial(keeping.extend, order.pk, late(20), reason="He is abroad", actor=CLERK),
            partial(keeping.lapse, late()),
        )
        assert bool(clerk) == bool(let_go_of(order))
        assert buckets(order) == {MUG: {"backordered": 2} if clerk else {"reserved": 2}}
        assert disagreements() == []
        release(order)
        rest(order)


def test_let_go_by_two_clerks_at_once_it_is_let_go_once() -> None:
    small_world(stock=20, store_stock=0)
    order = held()
    let_go = partial(keeping.let_go, order.pk, reason="No answer", actor=CLERK)
    said = all_at_once([let_go, let_go], "SELECT FROM orders_order")
    assert sum("Nothing is kept" in str(each) for each in said) == 1
    assert let_go_of(order) == 1
    assert disagreements() == []


def test_money_that_comes_as_the_stock_is_let_go_brings_the_stock_back() -> None:
    small_world(stock=20, store_stock=0)
    for _ in range(ROUNDS):
        order = placed({MUG: 2}, payments=[{"tender": "bank_transfer", "amount": "28.90"}])
        holds.open_hold([order.pk], "payment", actor=CLERK)
        together(
            partial(holds.resolve, [order.pk], "payment", actor=CLERK),
            partial(keeping.let_go, order.pk, reason="No answer", actor=CLERK),
        )
        rest(order)


def test_two_who_set_the_first_rule_of_a_channel_at_once_both_succeed_and_the_later_one_counts() -> None:
    small_world()
    web = Channel.objects.get(code="web").pk
    for _ in range(ROUNDS):
        KeepingRule.objects.filter(channel=web).delete()
        together(*(partial(rules.set_rule, "manual", hours, channel_id=web, actor=CLERK) for hours in (5, 6)))
        found = KeepingRule.objects.get(channel=web)
        said = TimelineEntry.objects.filter(about=found.pk).order_by("at", "id").values_list("before", "after")
        assert len(said) == 2 and said[1] == (said[0][1], str(found.hours))
