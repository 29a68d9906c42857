"""Search shows what somebody may see and nothing else."""

import pytest
from django.test import Client

from backoffice.search.indexing import catch_up
from fulfillment.models import Shipment
from orders.models import Order
from tests.backoffice.search.asking import bought, found, leads_to
from tests.factories.orders import released, shipped
from tests.factories.people import brought_to_counter, signed_in
from tests.factories.world import MUG, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(world: World) -> Order:
    """An order that the warehouse at Lyon works on."""
    made, _work = released({MUG: 2})
    catch_up()
    return made


@pytest.fixture
def paris(world: World) -> Client:
    return signed_in("store", location_id=world.store.pk)


@pytest.fixture
def lyon(world: World) -> Client:
    return signed_in("store", location_id=world.warehouse.pk)


@pytest.mark.parametrize("what", ["number", "digits", "name", "email", "beginning"])
def test_the_order_of_another_place_is_not_found(theirs: Order, paris: Client, lyon: Client, what: str) -> None:
    text = {
        "number": theirs.number, "digits": theirs.number.partition("-")[2], "name": "bertin", "email": "a@example.com",
        "beginning": theirs.number[:-1],
    }[what]  # fmt: skip

    assert found(paris, text) == {}
    assert leads_to(paris, text) == ""
    assert found(lyon, text)["order"] == [theirs.number]


def test_the_parcel_of_another_place_is_not_found(world: World, paris: Client, lyon: Client) -> None:
    sent, _parcels = shipped({MUG: 1})
    code = str(Shipment.objects.get(order=sent).tracking_number)

    assert (leads_to(paris, code), leads_to(lyon, code)) == ("", f"/orders/{sent.number}/#parcels")


def test_an_unknown_and_a_hidden_order_are_answered_alike(theirs: Order, paris: Client) -> None:
    hidden = paris.get("/search/", {"q": theirs.number}).content.decode().replace(theirs.number, "X")
    unknown = paris.get("/search/", {"q": "WEB-999999999"}).content.decode().replace("WEB-999999999", "X")

    def without_tokens(text: str) -> list[str]:
        return [line for line in text.splitlines() if "csrf" not in line.lower()]

    assert without_tokens(hidden) == without_tokens(unknown)
    assert "brought to the counter" in hidden


def test_an_order_brought_to_the_counter_is_found(theirs: Order, paris: Client) -> None:
    brought_to_counter(paris, theirs)

    assert leads_to(paris, theirs.number) == f"/orders/{theirs.number}/"


def test_people_of_a_place_do_not_find_customers(theirs: Order, paris: Client, lyon: Client) -> None:
    for client in (paris, lyon):
        assert "customer" not in found(client, "bertin")


def test_ones_own_order_is_found_behind_many_of_other_places(world: World, paris: Client, lyon: Client) -> None:
    mine, _work = released({MUG: 2})
    for n in range(30):
        bought("Anne", "Bertin", email=f"{n}@example.com")
    catch_up()

    assert found(lyon, "bertin")["order"] == [mine.number]
    assert found(paris, "bertin") == {}


@pytest.mark.parametrize("path", ["/search/", "/search/palette/"])
def test_nobody_searches_without_signing_in(client: Client, path: str) -> None:
    assert client.get(path, {"q": "bertin"})["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("path", ["/search/", "/search/palette/"])
def test_a_search_only_reads(world: World, path: str) -> None:
    assert signed_in("clerk").post(path, {"q": "bertin"}).status_code == 405
