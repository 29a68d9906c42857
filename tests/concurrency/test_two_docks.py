"""Two people receive the same delivery, or send the same transfer: it is booked once, and both are told what was."""

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from core.actors import Actor
from core.ids import new_id
from core.invariants import disagreements
from core.problems import Conflict
from inventory.models import Transfer
from inventory.tallies import counting
from inventory.tallies.counting import Entry
from inventory.transfers import moving
from purchasing import ordering
from purchasing.models import PurchaseOrder, Receipt
from purchasing.receiving import book, receive
from tests.concurrency.lined_up import Act, all_at_once, refusals
from tests.factories.purchases import DOCK, bought, came, line_of, vendor
from tests.factories.transfers import counted, drafted, on_hand
from tests.factories.world import MUG, World, small_world

PIA = Actor("user", "Pia Packer")
ORDER_HELD, TRANSFER_HELD = "SELECT FROM purchasing_purchaseorder", "SELECT FROM inventory_transfer"


@pytest.fixture
def world(fresh_database: str) -> World:
    return small_world(stock=5, store_stock=0)


def tally_of(order: PurchaseOrder) -> UUID:
    """Four were counted by two people."""
    for actor in (DOCK, PIA):
        counting.count(order.pk, "receive", Entry(MUG, new_id(), 2), actor=actor)
    tally = counting.open_tally(order.pk, "receive")
    assert tally is not None
    return tally.pk


def booking(order: PurchaseOrder, tally: UUID) -> list[Act]:
    return [partial(book, order.pk, tally, came({}), actor=actor, version="2") for actor in (DOCK, PIA)]


def test_a_count_that_two_book_is_one_receipt(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    first, second = all_at_once(booking(order, tally_of(order)), ORDER_HELD)
    assert first == second == Receipt.objects.get()
    assert line_of(order, MUG) == (10, 4, 0, 0, 6)
    assert on_hand(world.warehouse, MUG) == (9, 0)
    assert disagreements() == []


def test_the_last_units_that_two_receive_are_too_many_for_the_second(world: World) -> None:
    order = bought(world.warehouse, {MUG: 3})
    acts = [partial(receive, order.pk, came({MUG: 3}), actor=actor) for actor in (DOCK, PIA)]
    (told,) = refusals(all_at_once(acts, ORDER_HELD))
    assert f"3 × {MUG} are too many for {order.number}" in told
    assert on_hand(world.warehouse, MUG) == (8, 0)
    assert disagreements() == []


def test_two_who_scan_first_share_one_count(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    entries = [Entry(MUG, new_id(), n) for n in (1, 2)]
    acts = [partial(counting.count, order.pk, "receive", entry, actor=DOCK) for entry in entries]
    assert refusals(all_at_once([*acts, acts[0]], "SELECT FROM catalog_variant")) == []
    tally = counting.open_tally(order.pk, "receive")
    assert tally is not None
    assert [each.sellable for each in counting.units(tally).values()] == [3]


def test_a_transfer_that_two_send_leaves_once(world: World) -> None:
    transfer = drafted(world.warehouse, world.store, {MUG: 4})
    acts = [partial(moving.send, transfer.pk, counted({MUG: 4}), key=new_id(), actor=actor) for actor in (DOCK, PIA)]
    said = all_at_once(acts, TRANSFER_HELD)
    assert len(refusals(said)) == 1
    assert any(isinstance(each, Conflict) for each in said)
    assert on_hand(world.warehouse, MUG) == (1, 0)
    assert Transfer.objects.get().status == "in_transit"
    assert disagreements() == []


def one_delivery_twice(world: World) -> list[Any]:
    order, delivery = bought(world.warehouse, {MUG: 10}), came({MUG: 3})
    return [partial(receive, order.pk, delivery, actor=actor) for actor in (DOCK, PIA)]


def test_one_delivery_sent_twice_at_once_is_one_receipt(world: World) -> None:
    first, second = all_at_once(one_delivery_twice(world), ORDER_HELD)
    assert first == second == Receipt.objects.get()
    assert on_hand(world.warehouse, MUG) == (8, 0)


def test_without_the_lock_of_the_order_the_second_ends_in_a_fault_without_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = one_delivery_twice(world)
    monkeypatch.setattr(ordering, "lock", _look)
    said = all_at_once(acts, "SELECT FROM inventory_stock")
    assert any(isinstance(each, IntegrityError) for each in said)


def _look(order_id: UUID) -> PurchaseOrder:
    """What is left of the order's lock."""
    return PurchaseOrder.objects.select_related("vendor", "location").get(pk=order_id)


def written_twice(world: World, key: UUID | None) -> list[Any]:
    """Both presses of one button arrive before either has answered."""
    known = vendor()
    order = ordering.Wish([ordering.Item(world.variants[MUG].pk, 3, Decimal(2))])
    act = partial(ordering.draft, known.pk, world.warehouse.pk, order, actor=DOCK, key=key)
    return all_at_once([act, act], "SELECT FROM purchasing_vendor")


def test_one_form_pressed_twice_at_once_writes_one_order(world: World) -> None:
    first, second = written_twice(world, new_id())
    assert first.pk == second.pk
    assert PurchaseOrder.objects.count() == 1


def test_without_its_key_it_writes_two(world: World) -> None:
    first, second = written_twice(world, None)
    assert first.pk != second.pk
    assert PurchaseOrder.objects.count() == 2
