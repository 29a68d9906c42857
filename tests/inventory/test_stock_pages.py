from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from inventory.models import Movement, Stock
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import MUG, VASE, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=100, store_stock=10)


def mug_at(world: World, place: str) -> Stock:
    return Stock.objects.get(variant=world.variants[MUG], location=getattr(world, place))


def listed(client: Client, **query: Any) -> dict[str, int]:
    response = client.get("/stock/", query)
    assert response.status_code == 200
    return {variant.sku: variant.free for variant in response.context["page"].items}


def test_what_is_reserved_can_no_longer_be_promised(world: World) -> None:
    placed({MUG: 4})

    assert listed(signed_in("clerk"))[MUG] == 106


def test_one_place_shows_its_own_units(world: World) -> None:
    assert listed(signed_in("clerk"), location=world.store.pk)[MUG] == 10


def test_what_is_sold_out_is_found(world: World) -> None:
    Stock.objects.filter(variant=world.variants[VASE]).update(safety=1000)

    assert list(listed(signed_in("clerk"), state="out")) == [VASE]


def test_goods_are_received_at_ones_own_place(world: World) -> None:
    store = signed_in("store", location_id=world.store.pk)

    store.post(f"/stock/{MUG}/receive/", {"location": world.store.pk, "quantity": "5", "condition": "sellable"})

    assert mug_at(world, "store").on_hand == 15


def test_a_place_of_others_is_not_even_a_choice(world: World) -> None:
    store = signed_in("store", location_id=world.store.pk)
    goods = {"location": world.warehouse.pk, "quantity": "5", "condition": "sellable"}

    assert store.post(f"/stock/{MUG}/receive/", goods).status_code == 422
    assert mug_at(world, "warehouse").on_hand == 100


@pytest.mark.parametrize("quantity", ["0", "-3", "2.5", "NaN", "1e9", "99999999999", ""])
def test_units_that_cannot_be_meant_are_named_and_change_nothing(world: World, quantity: str) -> None:
    warehouse = signed_in("warehouse")
    goods = {"location": world.warehouse.pk, "quantity": quantity, "condition": "sellable"}

    response = warehouse.post(f"/stock/{MUG}/receive/", goods)

    assert response.status_code == 422
    assert "Please mend this first" in response.content.decode()
    assert mug_at(world, "warehouse").on_hand == 100


def test_a_correction_takes_units_away_with_its_reason(world: World) -> None:
    warehouse = signed_in("warehouse")

    warehouse.post(
        f"/stock/{MUG}/adjust/", {"location": world.warehouse.pk, "quantity": "-2", "reason": "damaged", "note": "fell"}
    )

    assert mug_at(world, "warehouse").on_hand == 98
    assert Movement.objects.latest("at").note == "damaged: fell"


def test_more_than_is_there_cannot_be_taken_away(world: World) -> None:
    warehouse = signed_in("warehouse")
    correction = {"location": world.warehouse.pk, "quantity": "-101", "reason": "lost"}

    text = warehouse.post(f"/stock/{MUG}/adjust/", correction, follow=True).content.decode()

    assert "Count the place first" in text
    assert mug_at(world, "warehouse").on_hand == 100


def test_a_store_may_not_correct(world: World) -> None:
    store = signed_in("store", location_id=world.store.pk)

    assert store.post(f"/stock/{MUG}/adjust/", {}).status_code == 403


def test_an_unknown_sku_is_told(world: World) -> None:
    assert signed_in("clerk").get("/stock/NOPE/").status_code == 404


def test_pages_ask_the_database_a_bounded_number_of_times(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in("warehouse")

    with django_assert_max_num_queries(10):
        client.get("/stock/")
    client.get(f"/stock/{MUG}/")  # the map and the channels are remembered for a while
    with django_assert_max_num_queries(15):
        client.get(f"/stock/{MUG}/")
