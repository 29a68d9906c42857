"""Two pickers scan one line at once: each unit counts once, and who came too late hears who was first."""

from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError

from core.actors import Actor
from core.invariants import disagreements
from fulfillment import floor
from fulfillment.models import FulfillmentLine
from orders import services
from orders.models import Order
from tests.concurrency.lined_up import UNLOCKED, Act, all_at_once, refusals
from tests.factories.orders import PICKER, buckets, released
from tests.factories.world import CANDLE, MUG, small_world

PIA = Actor("user", "Pia Packer")
ORDER_HELD, WORK_HELD = "SELECT FROM orders_order", "SELECT FROM fulfillment_fulfillmentline"


@pytest.fixture(autouse=True)
def world(fresh_database: str) -> None:
    small_world(tender="bank_transfer")


def begun() -> tuple[Order, UUID]:
    """Work of which something else was picked before, so that both find it in the same state."""
    order, (work,) = released({MUG: 1, CANDLE: 1})
    floor.scan(work, CANDLE, actor=Actor("user", "Somebody Else"))
    return order, work


def scanning(work: UUID) -> list[Act]:
    return [partial(floor.scan, work, MUG, actor=picker) for picker in (PICKER, PIA)]


def test_one_scan_counts_and_the_other_hears_who_was_first_and_what() -> None:
    order, work = begun()
    said = all_at_once(scanning(work), ORDER_HELD)
    (told,) = refusals(said)
    first = PICKER if isinstance(said[1], Exception) else PIA
    assert told == f"All 1 of {MUG} are picked already, the last by {first.label}."
    assert FulfillmentLine.objects.get(order_line__sku=MUG).picked == 1
    assert buckets(order) == {MUG: {"picked": 1}, CANDLE: {"picked": 1}}
    assert disagreements() == []


def test_everything_is_taken_once_by_two_who_take_it_all() -> None:
    order, work = begun()
    said = all_at_once([partial(floor.pick_all, [work], actor=picker) for picker in (PICKER, PIA)], ORDER_HELD)
    assert sorted(said) == [[], [work]]
    assert buckets(order) == {MUG: {"picked": 1}, CANDLE: {"picked": 1}}
    assert disagreements() == []


def test_one_box_is_closed_once_by_two_who_close_it() -> None:
    order, work = begun()
    floor.pick_all([work], actor=PICKER)
    said = all_at_once([partial(floor.pack, [work], actor=picker) for picker in (PICKER, PIA)], ORDER_HELD)
    assert sorted(map(len, said)) == [0, 1]
    assert buckets(order) == {MUG: {"packed": 1}, CANDLE: {"packed": 1}}
    assert disagreements() == []


def test_without_the_orders_lock_the_second_scan_ends_in_a_fault_without_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, work = begun()
    monkeypatch.setattr(services, "LOCK", UNLOCKED)
    said = all_at_once(scanning(work), WORK_HELD)
    assert any(isinstance(each, IntegrityError) for each in said)
