from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from core.actors import SYSTEM
from orders.holds import open_hold
from orders.models import Order
from tests.factories.orders import placed, released, shipped
from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Client:
    small_world()
    return signed_in("clerk")


def shown(client: Client, **query: Any) -> list[str]:
    response = client.get("/orders/", query)
    assert response.status_code == 200
    return [row.item.number for row in response.context["list"].rows]


def test_the_newest_order_comes_first(clerk: Client) -> None:
    first, second = placed(), placed()

    assert shown(clerk) == [second.number, first.number]


def test_a_held_order_says_why(clerk: Client) -> None:
    order = placed()
    open_hold([order.pk], "address", actor=SYSTEM, note="Which floor?")

    assert "Which floor?" in clerk.get("/orders/?status=on_hold").content.decode()


def test_the_state_narrows_the_list(clerk: Client) -> None:
    waiting, (gone, _work) = placed(), shipped()

    assert shown(clerk, status="shipped") == [gone.number]
    assert shown(clerk, status="placed") == [waiting.number]


def test_the_stage_of_units_narrows_the_list(clerk: Client) -> None:
    placed()
    to_pick, _work = released()

    assert shown(clerk, stage="released") == [to_pick.number]


def test_a_late_order_needs_someone(clerk: Client) -> None:
    late = placed()
    placed()
    Order.objects.filter(pk=late.pk).update(promise_latest=timezone.localdate() - timedelta(days=2))

    assert shown(clerk, late="1") == [late.number]
    assert shown(clerk, status="needs_someone") == [late.number]
    assert "2 days late" in clerk.get("/orders/").content.decode()


@pytest.mark.parametrize("text", ["Bertin", "a@example.com", MUG])
def test_it_is_found_by_name_mail_and_sku(clerk: Client, text: str) -> None:
    order = placed({MUG: 1})

    assert shown(clerk, q=text) == [order.number]


def test_what_nobody_ordered_is_an_empty_page_with_a_way_out(clerk: Client) -> None:
    placed()

    text = clerk.get("/orders/?q=zzzz").content.decode()

    assert "Nothing is like this" in text


@pytest.mark.parametrize(
    "query", ["day=yesterday", "customer=1", "stage=nowhere", "status=%00", "q=%00", "channel=%27", "since=2026-13-01"]
)
def test_filters_that_cannot_be_read_are_left_out(clerk: Client, query: str) -> None:
    assert clerk.get(f"/orders/?{query}").status_code == 200


def test_a_broken_cursor_is_told(clerk: Client) -> None:
    assert clerk.get("/orders/?cursor=broken").status_code == 422


def test_its_queries_do_not_grow_with_the_orders(
    clerk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(4):
        placed()

    with django_assert_max_num_queries(12):
        shown(clerk)
