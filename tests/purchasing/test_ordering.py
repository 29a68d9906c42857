"""Buying: a draft, what is sent to the vendor, what may still be changed, and giving up what does not come."""

from decimal import Decimal
from typing import Any

import pytest

from core.actors import SYSTEM
from core.invariants import disagreements
from core.models import Event
from core.problems import Conflict, Invalid
from core.versions import Stale
from inventory.models import Supply
from purchasing import ordering
from purchasing.models import PurchaseLine, PurchaseOrder, Vendor
from purchasing.ordering import Item, Wish
from purchasing.vendors import Particulars, as_it_is, change_vendor, make_vendor
from tests.factories.purchases import BUYER, bought, line_of, received, status, vendor, wish
from tests.factories.supply import reserved, waits
from tests.factories.world import CANDLE, MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=0)


def test_an_order_is_drafted_then_sent_once(world: World) -> None:
    order = ordering.draft(vendor().pk, world.warehouse.pk, wish({MUG: 10, VASE: 2}), actor=BUYER)
    assert (order.status, order.number[:3], order.currency) == ("draft", "PO-", "EUR")
    for _ in range(2):
        order = ordering.send(order.pk, actor=BUYER)
    assert order.status == "sent"
    assert Event.objects.filter(kind="purchase_order.sent", about=order.pk).count() == 1
    assert line_of(order, MUG) == (10, 0, 0, 0, 10)
    assert disagreements() == []


def test_without_a_day_it_is_expected_after_the_time_that_the_vendor_takes(world: World) -> None:
    of, wanted = vendor(lead_days=12), wish({MUG: 1})
    order = ordering.draft(of.pk, world.warehouse.pk, Wish(wanted.items), actor=BUYER)
    sent = ordering.send(order.pk, actor=BUYER)
    assert sent.expected_on is not None
    assert sent.sent_at is not None
    assert (sent.expected_on - sent.sent_at.date()).days in (12, 13)


def test_a_draft_is_changed_as_a_whole(world: World) -> None:
    order = ordering.draft(vendor().pk, world.warehouse.pk, wish({MUG: 10, VASE: 2}), actor=BUYER)
    ordering.change(order.pk, wish({MUG: 4, CANDLE: 6}, cost="1.25"), actor=BUYER)
    lines = PurchaseLine.objects.order_by("position").values_list("variant__sku", "ordered", "unit_cost")
    assert list(lines) == [(MUG, 4, Decimal("1.25")), (CANDLE, 6, Decimal("1.25"))]


def test_the_same_wish_again_changes_nothing_and_an_old_page_is_told(world: World) -> None:
    order = ordering.draft(vendor().pk, world.warehouse.pk, wish({MUG: 10}), actor=BUYER)
    assert ordering.change(order.pk, wish({MUG: 10}), actor=BUYER, version="1").version == 1
    ordering.change(order.pk, wish({MUG: 11}), actor=BUYER, version="1")
    with pytest.raises(Stale):
        ordering.change(order.pk, wish({MUG: 12}), actor=SYSTEM, version="1")
    assert line_of(order, MUG)[0] == 11


def test_of_a_sent_order_more_is_ordered_and_less_is_given_up(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10, VASE: 2})
    received(order, {MUG: 4})
    ordering.change(order.pk, wish({MUG: 12, VASE: 2}), actor=BUYER)
    assert line_of(order, MUG) == (12, 4, 0, 0, 8)
    ordering.change(order.pk, wish({MUG: 6}), actor=BUYER)
    assert line_of(order, MUG) == (12, 4, 0, 6, 2)
    assert line_of(order, VASE) == (2, 0, 0, 2, 0)
    with pytest.raises(Invalid, match=f"4 of {MUG} have come already"):
        ordering.change(order.pk, wish({MUG: 3}), actor=BUYER)
    ordering.change(order.pk, wish({MUG: 4}), actor=BUYER)
    assert status(order.pk) == "closed"
    assert disagreements() == []


def test_what_has_come_keeps_its_cost(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    received(order, {MUG: 4})
    with pytest.raises(Invalid, match="at the cost that was agreed"):
        ordering.change(order.pk, wish({MUG: 10}, cost="9"), actor=BUYER)


def test_giving_up_cancels_what_has_not_come_and_closes_the_rest(world: World) -> None:
    nothing, part = bought(world.warehouse, {MUG: 10}), bought(world.warehouse, {VASE: 3})
    received(part, {VASE: 1})
    for order in (nothing, nothing, part):
        ordering.give_up(order.pk, actor=BUYER, reason="The vendor has none left")
    assert (status(nothing.pk), status(part.pk)) == ("cancelled", "closed")
    assert line_of(part, VASE) == (3, 1, 0, 2, 0)
    with pytest.raises(Conflict, match="is “cancelled”: it cannot be sent"):
        ordering.send(nothing.pk, actor=BUYER)
    with pytest.raises(Conflict, match="is “closed”: it cannot be changed any more"):
        ordering.change(part.pk, wish({VASE: 9}), actor=BUYER)
    assert disagreements() == []


def test_what_is_complete_cannot_be_given_up_and_giving_up_needs_a_reason(world: World) -> None:
    order = bought(world.warehouse, {MUG: 1})
    with pytest.raises(Invalid, match="say why"):
        ordering.give_up(order.pk, actor=BUYER, reason=" ")
    received(order, {MUG: 1})
    with pytest.raises(Conflict, match="nothing is left to give up"):
        ordering.give_up(order.pk, actor=BUYER, reason="x")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"quantity": 0}, r"lines.0.quantity: must be a whole number from 1"),
        ({"quantity": 10_000_000}, r"lines.0.quantity: must be a whole number"),
        ({"unit_cost": Decimal(-1)}, r"lines.0.unit_cost: give an amount from 0 up"),
        ({"unit_cost": Decimal("0.00001")}, r"with four decimals at most"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(world: World, more: dict[str, Any], words: str) -> None:
    item: dict[str, Any] = {"variant_id": world.variants[MUG].pk, "quantity": 1, "unit_cost": Decimal(1)} | more
    with pytest.raises(Invalid, match=words):
        ordering.draft(vendor().pk, world.warehouse.pk, Wish([Item(**item)]), actor=BUYER)
    assert not PurchaseOrder.objects.exists()


def test_an_article_twice_no_article_and_a_day_far_away_are_refused(world: World) -> None:
    mug = wish({MUG: 1}).items[0]
    for wanted, words in (
        (Wish([mug, mug]), "stands here twice"),
        (Wish([]), "name 1 to 500 articles"),
        (wish({MUG: 1}, days=9_999), "within two years"),
    ):
        with pytest.raises(Invalid, match=words):
            ordering.draft((Vendor.objects.first() or vendor()).pk, world.warehouse.pk, wanted, actor=BUYER)


def test_nothing_is_bought_in_a_currency_without_a_rate(world: World) -> None:
    order = ordering.draft(vendor(currency="USD").pk, world.warehouse.pk, wish({MUG: 1}), actor=BUYER)
    with pytest.raises(Invalid, match="no rate of USD to EUR is known"):
        ordering.send(order.pk, actor=BUYER)
    assert status(order.pk) == "draft"


def test_a_vendor_is_made_once_and_changed_with_its_version() -> None:
    made = vendor()
    with pytest.raises(Invalid, match="another vendor has the code ACME"):
        make_vendor("ACME", as_it_is(made), actor=BUYER)
    given: dict[str, Any] = {"name": "Acme"}
    for wrong in ({"name": " "}, {"currency": "euro"}, {"lead_days": -1}, {"over_percent": 101}, {"country": "F"}):
        with pytest.raises(Invalid, match=next(iter(wrong))):
            change_vendor(made.pk, Particulars(**(given | wrong)), actor=BUYER)
    changed = change_vendor(made.pk, Particulars("Acme SA", over_percent=10), actor=BUYER, version="1")
    assert (changed.name, changed.version) == ("Acme SA", 2)
    with pytest.raises(Stale):
        change_vendor(made.pk, Particulars("Late"), actor=BUYER, version="1")


def supply(sku: str) -> list[tuple[int, int, str, str]]:
    """Quantity, arrived, state and reference of what is on its way."""
    found = Supply.objects.filter(variant__sku=sku).order_by("id")
    return list(found.values_list("quantity", "arrived", "state", "reference"))


def test_what_is_on_its_way_follows_the_order(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    assert supply(MUG) == [(10, 0, "expected", order.number)]
    ordering.change(order.pk, wish({MUG: 8, VASE: 2}, days=9), actor=BUYER)
    assert supply(MUG) == [(8, 0, "expected", order.number)]
    assert supply(VASE) == [(2, 0, "expected", order.number)]
    assert {s.due for s in Supply.objects.all()} == {wish({}, days=9).expected_on}
    received(order, {MUG: 3}, damaged={MUG: 1})
    assert supply(MUG) == [(7, 3, "expected", order.number)]
    received(order, {MUG: 5}, accepted=True)
    assert supply(MUG) == [(7, 8, "closed", order.number)]
    ordering.give_up(order.pk, actor=BUYER, reason="Not made any more")
    assert supply(VASE) == [(2, 0, "closed", order.number)]
    assert disagreements() == []


def test_who_waits_has_the_units_reserved_when_they_come(world: World) -> None:
    order = bought(world.warehouse, {MUG: 10})
    demand = waits(world, 4)
    assert Supply.objects.get().committed == 4
    received(order, {MUG: 3})
    assert reserved(demand) == {"DC-LYON": 3}
    received(order, {MUG: 1}, rest_given_up="Sold out")
    assert reserved(demand) == {"DC-LYON": 4}
    assert disagreements() == []
