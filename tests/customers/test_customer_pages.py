import pytest
from django.test import Client

from customers.models import Customer
from tests.factories.orders import placed
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Client:
    small_world()
    placed()
    return signed_in("clerk")


@pytest.mark.parametrize("text", ["Bertin", "anne bertin", "a@example.com"])
def test_a_customer_is_found_by_name_and_mail(clerk: Client, text: str) -> None:
    page = clerk.get("/customers/", {"q": text}).context["page"]

    assert [customer.last_name for customer in page.items] == ["Bertin"]


def test_the_page_shows_worth_and_orders(clerk: Client) -> None:
    customer = Customer.objects.get()

    response = clerk.get(f"/customers/{customer.pk}/")

    assert response.context["totals"][0]["orders"] == 1
    assert len(response.context["rows"]) == 1


def test_a_customer_is_one_since_their_first_order() -> None:
    small_world()
    order = placed(placed_at="2026-10-02T09:00:00+02:00")

    assert Customer.objects.get().created_at == order.placed_at


def test_an_unknown_customer_is_told(clerk: Client) -> None:
    assert clerk.get("/customers/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_a_store_does_not_see_customers(clerk: Client) -> None:
    assert signed_in("store").get("/customers/").status_code == 403
