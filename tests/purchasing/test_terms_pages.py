"""The pages of vendors' terms: what a vendor brings, what is to be ordered, and where else they are shown."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Variant
from core.locales import written_day
from inventory.models import Supply
from purchasing.models import PurchaseOrder, VendorTerms
from purchasing.ordering import draft
from purchasing.standing import next_order
from purchasing.terms import Terms, change_terms
from tests.factories.people import signed_in
from tests.factories.purchases import BUYER, terms, vendor, wish
from tests.factories.supply import waits
from tests.factories.world import CANDLE, MUG, VASE, World, small_world
from tests.purchasing.test_pages import text, version_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=0, store_stock=0)


def typed(world: World, **more: Any) -> dict[str, Any]:
    """What stands in the form."""
    return {
        "sku": MUG, "location": str(world.warehouse.pk), "lead_days": "5", "order_until": "14:00", "price": "2,15",
        "minimum": "10", "pack": "5", "promised_units": "20",
    } | more  # fmt: skip


def test_an_article_is_added_changed_and_taken_away(world: World) -> None:
    of, client = vendor(), signed_in("planner")
    assert client.post("/vendors/ACME/terms/new/", typed(world)).status_code == 302
    made = VendorTerms.objects.get()
    assert (made.variant.sku, str(made.price), made.promised_units, str(made.order_until)) == (MUG, "2.1500", 20, "14:00:00")  # fmt: skip
    page = text(client.get("/vendors/ACME/"))
    assert "MUG-BLUE" in page and "before 14:00" in page and "€2.15" in page
    address = f"/vendors/ACME/terms/{made.pk}/"
    version = version_of(text(client.get(address)))
    assert client.post(address, typed(world, promised_units="7", version=version)).status_code == 302
    assert Supply.objects.get(state="expected").quantity == 7
    assert "May be promised: 20 → 7" in text(client.get("/vendors/ACME/"))
    assert client.post(f"{address}remove/").status_code == 302
    assert not of.terms.exists()
    assert "took away the terms of MUG-BLUE for Lyon warehouse" in text(client.get("/vendors/ACME/"))


def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_is_kept(world: World) -> None:
    vendor()
    client = signed_in("planner")
    answer = client.post("/vendors/ACME/terms/new/", typed(world, sku="NO-SUCH", price="2,15"))
    assert answer.status_code == 422
    assert "no article that is stocked" in text(answer)
    assert 'value="NO-SUCH"' in text(answer) and 'value="2,15"' in text(answer)
    answer = client.post("/vendors/ACME/terms/new/", typed(world, lead_days="900", pack="0", price="cheap"))
    assert answer.status_code == 422
    assert "is no amount" in text(answer)
    assert not VendorTerms.objects.exists()


def test_who_has_the_terms_open_while_another_changes_them_is_told(world: World) -> None:
    of, client = terms(vendor(), MUG, world.warehouse), signed_in("planner")
    address = f"/vendors/ACME/terms/{of.pk}/"
    version = version_of(text(client.get(address)))
    change_terms(of.pk, Terms(6, of.price, promised_units=3), actor=BUYER)
    answer = client.post(address, typed(world, version=version))
    assert answer.status_code == 412
    assert "Bea Buyer" in text(answer)
    assert VendorTerms.objects.get().promised_units == 3


def test_who_may_not_see_costs_sees_no_price_of_terms(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse)
    change_terms(of.pk, Terms(6, of.price + 1, promised_units=3), actor=BUYER)
    dock = text(signed_in("warehouse", location_id=world.warehouse.pk).get("/vendors/ACME/"))
    assert "MUG-BLUE" in dock
    assert "3.1" not in dock and "2.1" not in dock


def test_with_nothing_sold_there_is_nothing_to_order(world: World) -> None:
    terms(vendor(), MUG, world.warehouse)
    assert "Nothing is to be ordered" in text(signed_in("planner").get("/to-order/"))


def test_what_was_sold_is_listed_and_ordered_with_one_button(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5, pack=4)
    waits(world, 3)
    client = signed_in("planner")
    page = text(client.get("/to-order/"))
    assert "Acme → Lyon warehouse" in page and "Write the purchase order" in page
    assert "tone-red" not in page.partition("Acme → Lyon")[2]
    answer = client.post("/to-order/ACME/DC-LYON/")
    order = PurchaseOrder.objects.get()
    assert answer["Location"] == f"/purchase-orders/{order.number}/"
    assert order.expected_on == next_order(of)[1]
    page = text(client.get("/to-order/"))
    assert order.number in page and "Write the purchase order" not in page
    client.post("/to-order/ACME/DC-LYON/")
    assert PurchaseOrder.objects.count() == 1
    client.post(f"/purchase-orders/{order.number}/send/")
    assert "Nothing is to be ordered" in text(client.get("/to-order/"))


def test_what_is_too_late_stands_in_red_with_the_day_on_which_it_comes_now(world: World) -> None:
    terms(vendor(), MUG, world.warehouse)
    waits(world, 3)
    Supply.objects.update(order_by=timezone.now() - timedelta(hours=1), due=timezone.localdate() + timedelta(days=1))
    page = text(signed_in("planner").get("/to-order/"))
    assert "tone-red" in page and "ordered now it comes" in page


def test_a_buyer_of_another_place_sees_and_orders_nothing_of_ours(world: World) -> None:
    terms(vendor(), MUG, world.warehouse)
    waits(world, 3)
    client = signed_in("manager", location_id=world.store.pk)
    assert "MUG-BLUE" not in text(client.get("/to-order/"))
    assert client.post("/to-order/ACME/DC-LYON/").status_code == 403
    assert not PurchaseOrder.objects.exists()


def test_who_has_one_place_sees_the_terms_of_that_place_only(world: World) -> None:
    of = vendor()
    terms(of, MUG, world.warehouse, price=Decimal("7.77"), promised=71)
    terms(of, MUG, world.store, price=Decimal("6.66"), promised=61)
    client = signed_in("manager", location_id=world.store.pk)
    page = text(client.get("/vendors/ACME/")).partition('id="terms"')[2].partition("Purchase orders")[0]
    assert "61" in page and "6.66" in page
    assert "71" not in page and "7.77" not in page
    page = text(client.get(f"/stock/{MUG}/")).partition('id="can-be-ordered"')[2].partition("</table>")[0]
    assert "61" in page and ">71<" not in page


def test_a_draft_for_stock_of_the_same_day_takes_what_was_sold_along(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse)
    stock = wish({CANDLE: 40, VASE: 2}, note="autumn")
    order = draft(of.vendor_id, world.warehouse.pk, stock, actor=BUYER)
    PurchaseOrder.objects.update(expected_on=None)
    waits(world, 3)
    signed_in("planner").post("/to-order/ACME/DC-LYON/")
    lines = order.lines.order_by("position").values_list("variant__sku", "ordered", "promised")
    assert list(lines) == [(CANDLE, 40, 0), (VASE, 2, 0), (MUG, 3, 3)]
    order.refresh_from_db()
    assert (order.note, order.expected_on) == ("autumn", next_order(of)[1])


def test_the_page_of_a_product_and_the_calendar_say_that_it_can_be_ordered(world: World) -> None:
    of = terms(vendor(), MUG, world.warehouse, 5)
    waits(world, 2)
    client = signed_in("planner")
    page = text(client.get(f"/stock/{MUG}/"))
    assert "Can be ordered" in page and "5 working days" in page
    assert "the product is not sold before it is here" in page
    assert "can be ordered from Acme, " in page
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    assert "the product is not sold before it is here" not in text(client.get(f"/stock/{MUG}/"))
    page = text(client.get("/inbound/"))
    assert "can be ordered from Acme, " in page
    assert written_day(next_order(of)[1], "d MMM") in page
    supply = Supply.objects.get()
    page = text(client.get(f"/inbound/{supply.pk}/"))
    assert "To be ordered" in page and "/vendors/ACME/" in page and "Receive goods" not in page
    assert client.post(f"/inbound/{supply.pk}/close/", {"reason": "no"}).status_code == 409


def test_the_list_costs_as_many_statements_for_many_articles_as_for_one(world: World) -> None:
    of, client = vendor(), signed_in("planner")
    terms(of, MUG, world.warehouse)
    waits(world, 1)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get("/to-order/")
    for sku in (CANDLE, VASE):
        terms(of, sku, world.warehouse)
        waits(world, 1, sku=sku)
    with CaptureQueriesContext(connection) as many:
        client.get("/to-order/")
    assert len(many) <= len(one)
