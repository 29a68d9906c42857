"""Whatever stands in an address or a form, a page says what is wrong with it."""

import base64
import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from core.ids import new_id
from tests.factories.orders import placed
from tests.factories.people import prove
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    small_world()
    placed({MUG: 1})
    client = Client(raise_request_exception=False)
    client.force_login(get_user_model().objects.create_superuser("root", password="not a guess"))
    prove(client)
    return client


def cursor(value: object) -> str:
    """A cursor as somebody might make it up."""
    return base64.urlsafe_b64encode(json.dumps([0, value, str(new_id())]).encode()).decode().rstrip("=")


@pytest.mark.parametrize("page", ["/orders/", "/stock/", "/customers/", "/mail/", "/work/", "/ledger/"])
@pytest.mark.parametrize("value", ["abc", "a\0b", "\ud800", None, 5, "2024-13-45T10:00:00"])
def test_a_made_up_cursor_is_refused_or_means_nothing(visitor: Client, page: str, value: object) -> None:
    assert visitor.get(page, {"cursor": cursor(value), "at": "DC-LYON"}).status_code in (200, 422)


@pytest.mark.parametrize(
    "address",
    [
        "/orders/?q=%00",
        "/stock/?q=%00",
        "/customers/?q=%00",
        "/orders/%00/",
        "/stock/a%00b/",
        "/orders/?day=9999-12-31",
        "/orders/?customer=nobody",
        "/orders/new/?customer=------------------------------------",
        "/t/%00/",
        "/t/é/",
    ],
)
def test_a_page_that_cannot_be_is_no_fault_of_ours(visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code < 500


@pytest.mark.parametrize(
    "form", [{"line-TOTAL_FORMS": "many"}, {"line-TOTAL_FORMS": "1", "line-0-quantity": "²"}, {"remove": "²"}]
)
def test_a_form_that_counts_in_words_is_no_fault_of_ours(visitor: Client, form: dict[str, str]) -> None:
    sent = {"line-INITIAL_FORMS": "0", "line-TOTAL_FORMS": "1", "line-0-sku": MUG, "add": MUG} | form
    assert visitor.post("/orders/new/", sent).status_code < 500
