"""The call-centre form, as the clerk uses it."""

from typing import Any

import pytest
from django.test import Client

from capture import references
from core.invariants import disagreements
from orders.models import Order
from tests.factories.people import signed_in
from tests.factories.world import MUG, VASE, small_world

pytestmark = pytest.mark.django_db
FORM = "/orders/new/"


@pytest.fixture
def clerk() -> Client:
    references.forget()
    small_world(stock=5, store_stock=0)
    return signed_in("clerk")


def typed(**more: Any) -> dict[str, Any]:
    """A filled form with one line."""
    return {
        "key": "form-1", "channel": "web", "email": "jo@example.com", "first_name": "Jo", "last_name": "Martin",
        "line1": "3 rue Garibaldi", "postal_code": "69003", "city": "Lyon", "country": "FR", "tender": "on_account",
        "line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "0", "line-0-sku": MUG, "line-0-quantity": "2", **more,
    }  # fmt: skip


def test_placing_leads_to_the_order(clerk: Client) -> None:
    answer = clerk.post(FORM, typed(place="1"))
    order = Order.objects.get()
    assert answer.headers["Location"] == f"/orders/{order.number}/"
    assert order.customer_name == "Jo Martin"
    assert disagreements() == []


def test_a_double_click_places_one_order(clerk: Client) -> None:
    first, second = clerk.post(FORM, typed(place="1")), clerk.post(FORM, typed(place="1"))
    assert first.headers["Location"] == second.headers["Location"]
    assert Order.objects.count() == 1


def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(clerk: Client) -> None:
    answer = clerk.post(FORM, typed(place="1", city="", last_name="O’Brien"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This field is required" in page
    assert "O’Brien" in page
    assert Order.objects.count() == 0


def test_more_than_there_is_names_the_line_and_what_can_be_had(clerk: Client) -> None:
    answer = clerk.post(FORM, typed(place="1", **{"line-0-quantity": "9"}))
    assert answer.status_code == 409
    assert "only 5 available" in answer.content.decode()


def test_an_unknown_sku_is_said_beside_the_line(clerk: Client) -> None:
    answer = clerk.post(FORM, typed(place="1", **{"line-0-sku": "NOPE"}))
    assert "is not something we sell" in answer.content.decode()


def test_a_product_is_added_by_its_button_and_again_counts_up(clerk: Client) -> None:
    page = clerk.post(FORM, typed(add=VASE)).content.decode()
    assert f'value="{VASE}"' in page
    assert 'name="line-1-quantity" value="1"' in page
    page = clerk.post(FORM, typed(add=MUG)).content.decode()
    assert 'name="line-0-quantity" value="3"' in page


def test_a_scanned_sku_is_added_at_once(clerk: Client) -> None:
    page = clerk.post(FORM, typed(find=VASE.lower(), look="1")).content.decode()
    assert f'name="line-1-sku" value="{VASE}"' in page


def test_a_line_can_be_removed(clerk: Client) -> None:
    page = clerk.post(FORM, typed(remove="0")).content.decode()
    assert f'value="{MUG}"' not in page


def test_the_quote_shows_total_date_and_places(clerk: Client) -> None:
    page = clerk.post(FORM + "quote/", typed()).content.decode()
    assert "€28.90" in page
    assert "Lyon warehouse" in page
    assert "Arrives" in page


def test_the_quote_survives_nonsense(clerk: Client) -> None:
    nonsense = typed(**{"line-0-quantity": "-3", "line-TOTAL_FORMS": "x", "channel": "moon", "country": "??"})
    assert clerk.post(FORM + "quote/", nonsense).status_code == 200
    assert clerk.post(FORM, nonsense | {"add": MUG}).status_code < 500
    assert clerk.post(FORM, nonsense | {"place": "1"}).status_code == 422
    assert clerk.post(FORM, {}).status_code < 500


def test_a_store_does_not_take_orders_here() -> None:
    small_world()
    assert signed_in("store").get(FORM).status_code == 403
