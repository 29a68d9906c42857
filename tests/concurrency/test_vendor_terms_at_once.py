"""A night falls while somebody buys the last unit that a vendor brings, or while what was sold is ordered."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Variant
from core.actors import SYSTEM
from core.days import after, working_day
from core.invariants import disagreements
from inventory.models import Supply, SupplyPin
from inventory.supply import waiting
from orders.models import Order
from purchasing import needs, ordering, standing
from purchasing.models import PurchaseOrder
from tests.concurrency.test_supply_at_once import at_once
from tests.factories.orders import placed
from tests.factories.purchases import BUYER, terms, vendor
from tests.factories.supply import waits
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.usefixtures("fresh_database")


def arrives(supply: Supply) -> date:
    """The first day on which a parcel with it can be at the customer's: it leaves a day after it came, and takes one."""
    return after(working_day(supply.due + timedelta(days=1)), 1)


def night_falls_while_the_last_is_sold() -> list[Any]:
    world = small_world(stock=0, store_stock=0)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    of = terms(vendor(), MUG, world.warehouse, 1)
    night = standing.next_order(of)[0] + timedelta(minutes=1)
    acts = (lambda: standing.roll(night, actor=SYSTEM), lambda: placed({MUG: 1}))
    return at_once("SELECT FROM inventory_supply", *acts)


def test_who_buys_the_last_unit_as_its_day_moves_on_is_promised_the_day_on_which_it_comes() -> None:
    said = night_falls_while_the_last_is_sold()
    assert not [each for each in said if isinstance(each, Exception)], said
    supply, order = Supply.objects.get(), Order.objects.get()
    assert (supply.quantity, supply.committed) == (1, 1)
    assert order.promise_earliest == arrives(supply)
    assert disagreements() == []


def test_without_the_lock_of_the_supply_he_is_promised_a_day_on_which_nothing_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (waiting, standing):
        monkeypatch.setattr(module, "lock_supply", lambda variants: None)
    night_falls_while_the_last_is_sold()
    supply, order = Supply.objects.get(), Order.objects.get()
    assert order.promise_earliest and order.promise_earliest < arrives(supply)


def night_falls_while_it_is_ordered() -> list[Any]:
    world = small_world(stock=0, store_stock=0)
    of = terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 3)
    (draft,) = needs.order_needed(of.vendor_id, world.warehouse.pk, actor=BUYER)
    Supply.objects.update(order_by=timezone.now() - timedelta(minutes=1))
    acts = (lambda: ordering.send(draft.pk, actor=BUYER), lambda: standing.roll(actor=SYSTEM))
    return at_once("SELECT FROM inventory_supply", *acts)


def test_what_is_ordered_as_the_night_falls_is_promised_once() -> None:
    said = night_falls_while_it_is_ordered()
    assert not [each for each in said if isinstance(each, Exception)], said
    order = PurchaseOrder.objects.get()
    assert SupplyPin.objects.values_list("supply__reference", "quantity").get() == (order.number, 3)
    standing_now = Supply.objects.filter(order_by__isnull=False, state="expected")
    assert [(row.quantity, row.committed) for row in standing_now] == [(5, 0)]
    assert disagreements() == []


def two_buyers_press_the_button() -> list[Any]:
    world = small_world(stock=0, store_stock=0)
    of = terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 3)
    act = lambda: needs.order_needed(of.vendor_id, world.warehouse.pk, actor=BUYER)  # noqa: E731
    return at_once("SELECT FROM purchasing_vendor", act, act)


def test_of_two_buyers_who_write_the_order_at_once_one_is_told_that_drafts_have_it_all() -> None:
    said = two_buyers_press_the_button()
    assert [str(each) for each in said if isinstance(each, Exception)] != []
    assert PurchaseOrder.objects.get().lines.get().promised == 3
