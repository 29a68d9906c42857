"""Cancel races ship: one wins, the other is told who and what, and the books are straight either way."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connection

from core.actors import Actor
from core.invariants import disagreements
from core.problems import Conflict
from fulfillment.amend import cancel
from fulfillment.shipping import ship
from orders import services
from orders.models import Order
from tests.concurrency.lined_up import UNLOCKED, all_at_once, refusals
from tests.factories.orders import PICKER, buckets, packed
from tests.factories.world import MUG, small_world

CLERK = Actor("user", "Carl Clerk")
ROUNDS = 8


def together(*acts: Callable[[], object]) -> list[str]:
    """Do all at once, each in a thread and connection of its own; the refusals, empty for those that won."""
    barrier, said = Barrier(len(acts)), [""] * len(acts)

    def run(index: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            act()
        except Conflict as refusal:
            said[index] = str(refusal)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.mark.usefixtures("fresh_database")
def test_either_the_clerk_or_the_carrier_gets_the_order() -> None:
    small_world(tender="bank_transfer")
    for _ in range(ROUNDS):
        order, work = packed({MUG: 2})
        clerk, picker = together(
            partial(cancel, order.id, actor=CLERK, reason="Changed their mind"), partial(ship, work, actor=PICKER)
        )
        assert bool(clerk) != bool(picker)
        if clerk:
            assert buckets(order) == {MUG: {"shipped": 2}}
            assert "shipped by Paula Picker" in clerk
        else:
            assert buckets(order) == {MUG: {"cancelled": 2}}
            assert "cancelled by Carl Clerk" in picker
        assert Order.objects.get(pk=order.pk).status in ("cancelled", "shipped", "completed")
        assert disagreements() == []


@pytest.mark.usefixtures("fresh_database")
def test_two_people_shipping_one_parcel_ship_it_once() -> None:
    small_world(tender="bank_transfer")
    for _ in range(ROUNDS):
        order, work = packed({MUG: 2})
        said = together(*[partial(ship, work, actor=PICKER)] * 3)
        assert said == ["", "", ""]
        assert buckets(order) == {MUG: {"shipped": 2}}
        assert disagreements() == []


@pytest.mark.usefixtures("fresh_database")
def test_standing_in_line_one_wins_and_the_other_is_told_who_and_what() -> None:
    small_world(tender="bank_transfer")
    order, work = packed({MUG: 2})
    cancel_it = partial(cancel, order.id, actor=CLERK, reason="Changed their mind")
    said = all_at_once([cancel_it, partial(ship, work, actor=PICKER)], "SELECT FROM orders_order")
    (told,) = refusals(said)
    assert "shipped by Paula Picker" in told or "cancelled by Carl Clerk" in told
    assert disagreements() == []


@pytest.mark.usefixtures("fresh_database")
def test_without_the_orders_lock_the_two_wait_for_each_other_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    small_world(tender="bank_transfer")
    order, work = packed({MUG: 2})
    monkeypatch.setattr(services, "LOCK", UNLOCKED)
    cancel_it = partial(cancel, order.id, actor=CLERK, reason="Changed their mind")
    said = all_at_once([cancel_it, partial(ship, work, actor=PICKER)], "SELECT FROM orders_orderline")
    assert any("deadlock" in told for told in refusals(said))
