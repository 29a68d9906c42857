"""The calendar of what comes, and one supply: who waits for it, receive, change, close."""

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from catalog.models import Variant
from core.invariants import disagreements
from inventory.models import Supply
from tests.factories.orders import buckets, placed
from tests.factories.people import signed_in
from tests.factories.supply import coming, day
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = small_world(stock=1, store_stock=0)
    Variant.objects.filter(sku=MUG).update(pre_order=True)
    return made


@pytest.fixture
def planner(world: World) -> Client:
    return signed_in("manager")


def page(client: Client, address: str = "/inbound/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_calendar_shows_what_comes_by_week_and_place_and_what_of_it_is_promised(
    world: World, planner: Client
) -> None:
    coming(world, 30, due=1, reference="PO-30")
    coming(world, 7, due=90, sku=CANDLE, at=world.store, reference="PO-90")
    coming(world, 4, due=-3, reference="PO-OLD")
    placed({MUG: 3})
    weeks = {w.label: w for w in planner.get("/inbound/").context["weeks"]}
    assert weeks["Late"].units == 4
    assert weeks["Later"].units == 7
    assert sum(w.promised for w in weeks.values()) == 2
    shown = page(planner)
    assert all(reference in shown for reference in ("PO-30", "PO-90", "PO-OLD"))
    late = page(planner, f"/inbound/?week=late&place={world.warehouse.pk}")
    assert "PO-OLD" in late and "PO-30" not in late
    assert "PO-90" in page(planner, "/inbound/?week=later")


@pytest.mark.parametrize("query", ["week=soon", "week=0001-01-01", "week=9999-12-31", "place=1", "place=x&week=%00"])
def test_an_odd_address_shows_all(world: World, planner: Client, query: str) -> None:
    coming(world, 4)
    assert page(planner, f"/inbound/?{query}")


def test_more_supply_takes_no_more_statements(
    world: World, planner: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(12):
        coming(world, 4, due=n * 3, reference=f"PO-{n}")
    page(planner)
    with django_assert_max_num_queries(9):
        page(planner)


def test_a_supply_shows_the_orders_that_wait_for_it(world: World, planner: Client) -> None:
    supply = coming(world, 5)
    order = placed({MUG: 3})
    shown = page(planner, f"/inbound/{supply.pk}/")
    assert order.number in shown and "Anne Bertin" in shown
    assert "PO-1" in page(planner, f"/stock/{MUG}/")


def test_goods_are_received_once_and_serve_who_waits(world: World, planner: Client) -> None:
    supply = coming(world, 5)
    order = placed({MUG: 3})
    form = {"quantity": "5", "version": "1@0"}
    assert planner.post(f"/inbound/{supply.pk}/arrive/", form).status_code == 302
    assert planner.post(f"/inbound/{supply.pk}/arrive/", form).status_code != 302
    supply.refresh_from_db()
    assert (supply.arrived, supply.state) == (5, "closed")
    assert buckets(order)[MUG]["backordered"] == 2
    assert disagreements() == []


def test_a_new_day_is_said_and_a_number_that_cannot_be_is_refused_beside_its_field(
    world: World, planner: Client
) -> None:
    supply = coming(world, 5)
    address = f"/inbound/{supply.pk}/change/"
    assert planner.post(address, {"due": day(20).isoformat(), "quantity": "4"}).status_code == 302
    refused = planner.post(address, {"due": "9999-01-01", "quantity": "4"})
    assert refused.status_code == 422
    assert "five years" in refused.content.decode()
    supply.refresh_from_db()
    assert (supply.due, supply.quantity) == (day(20), 4)
    assert planner.post(f"/inbound/{supply.pk}/close/", {"reason": ""}).status_code == 422
    assert planner.post(f"/inbound/{supply.pk}/close/", {"reason": "sold out"}).status_code == 302
    assert Supply.objects.get().state == "closed"


def test_who_works_elsewhere_may_look_and_not_touch(world: World) -> None:
    supply = coming(world, 5)
    shop = signed_in("store", location_id=world.store.pk)
    assert "Receive goods" not in page(shop, f"/inbound/{supply.pk}/")
    assert shop.post(f"/inbound/{supply.pk}/arrive/", {"quantity": "1"}).status_code == 403


def test_a_product_is_sold_ahead_from_its_page(world: World, planner: Client) -> None:
    assert "Sell before it is here" in page(planner, f"/stock/{CANDLE}/")
    assert planner.post(f"/stock/{CANDLE}/pre-order/", {"may": "on"}).status_code == 302
    assert Variant.objects.get(sku=CANDLE).pre_order
    assert "Sell only what is here" in page(planner, f"/stock/{CANDLE}/")
    planner.post(f"/stock/{CANDLE}/pre-order/", {})
    assert not Variant.objects.get(sku=CANDLE).pre_order
