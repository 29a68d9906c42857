"""A delivery of an article that asks for serial numbers: those that were read are told when it is booked."""

from typing import Any

import pytest

from core.ids import new_id
from core.problems import Invalid
from inventory.models import SerialNumber
from inventory.tallies.counting import Units
from purchasing.models import Receipt
from purchasing.receiving import Delivery, receive
from tests.factories.people import signed_in
from tests.factories.purchases import DOCK, bought
from tests.factories.serials import asked_of, lying, registered
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Vases ask for their numbers."""
    world = small_world(stock=0, store_stock=0)
    asked_of(world.variants[VASE])
    return world


def test_numbers_that_were_read_lie_where_the_delivery_came(world: World) -> None:
    order, vase = bought(world.warehouse, {VASE: 3}), world.variants[VASE].pk
    receive(order.pk, Delivery({vase: Units(3)}, new_id(), serials={vase: ["v-1", "V-2"]}), actor=DOCK)
    assert lying("V-1") == lying("V-2") == ("here", "DC-LYON")


def test_with_a_wrong_number_nothing_is_booked(world: World) -> None:
    registered(world.variants[VASE], world.store, "V-1")
    order, vase = bought(world.warehouse, {VASE: 3}), world.variants[VASE].pk
    for codes in (["V-1"], ["a", "b"], ["a b"]):
        with pytest.raises(Invalid):
            receive(order.pk, Delivery({vase: Units(1)}, new_id(), serials={vase: codes}), actor=DOCK)
    assert not Receipt.objects.exists()
    assert SerialNumber.objects.count() == 1


def test_the_page_that_books_asks_for_them_where_the_article_does(world: World) -> None:
    registered(world.variants[VASE], world.store, "V-1")
    order, client = bought(world.warehouse, {VASE: 2, MUG: 1}), signed_in("warehouse")
    address, field = f"/purchase-orders/{order.number}/receive/", f"serials-{world.variants[VASE].pk}"
    for code in (VASE, VASE, MUG):
        client.post(f"{address}scan/", {"code": code, "key": str(new_id())}, headers={"HX-Request": "true"})
    page = client.get(f"{address}finish/").content.decode()
    assert field in page
    assert f"serials-{world.variants[MUG].pk}" not in page
    known: dict[str, Any] = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("tally", "version")
    }
    given = known | {"note": "", "rest": "open"}
    refused = client.post(f"{address}finish/", given | {field: "V-2\nV-1"})
    assert refused.status_code == 422
    assert "V-1 is known already: it lies at Paris shop" in refused.content.decode()
    assert "V-2" in refused.content.decode(), "what was typed is kept"
    assert client.post(f"{address}finish/", given | {field: "V-2\nV-3"}).status_code == 302
    assert lying("V-3") == ("here", "DC-LYON")
