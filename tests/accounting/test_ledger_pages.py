from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from accounting.models import JournalEntry
from core.money import display
from tests.factories.orders import shipped
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance() -> Client:
    small_world()
    return signed_in("finance")


def events(client: Client, **query: Any) -> set[str]:
    response = client.get("/ledger/", query)
    assert response.status_code == 200
    return {entry.event for entry in response.context["page"].items}


def test_a_shipment_is_in_the_journal(finance: Client) -> None:
    order, _work = shipped()

    assert "goods_shipped" in events(finance, about=order.pk)
    assert "opening_stock" not in events(finance, about=order.pk)


def test_the_journal_is_narrowed_by_event_and_account(finance: Client) -> None:
    shipped()
    entry = JournalEntry.objects.filter(event="cost_of_goods").first()
    assert entry is not None
    account = entry.lines.select_related("account")[0].account.code

    assert events(finance, event="cost_of_goods") == {"cost_of_goods"}
    assert "cost_of_goods" in events(finance, account=account)


def test_an_entry_shows_its_lines(finance: Client) -> None:
    shipped()
    entry = JournalEntry.objects.filter(event="goods_shipped").get()

    text = finance.get(f"/ledger/{entry.pk}/").content.decode()

    assert entry.label in text
    assert "immutable" in text


def test_the_lines_of_an_entry_stand_under_their_heads_in_the_journal_and_alone(finance: Client) -> None:
    shipped()
    entry = JournalEntry.objects.filter(event="goods_shipped").get()

    for address in ("/ledger/", f"/ledger/{entry.pk}/"):
        text = finance.get(address).content.decode()
        assert text.index(">Debit<") < text.index(">Credit<")


def test_a_line_leads_to_the_order_whose_sub_ledger_it_is_in(finance: Client) -> None:
    order, _work = shipped()
    entry = JournalEntry.objects.filter(event="goods_shipped").get()

    text = finance.get(f"/ledger/{entry.pk}/").content.decode()

    assert f'Order <a class="plain" href="/orders/{order.number}/">{order.number}</a>' in text
    assert f">order:{order.number}" not in text


def test_units_that_leave_and_amounts_below_nothing_have_a_true_minus(finance: Client) -> None:
    shipped()
    entry = JournalEntry.objects.filter(event="cost_of_goods").get()

    assert "× −" in finance.get(f"/ledger/{entry.pk}/").content.decode()
    assert display(Decimal("-888"), "EUR") == "−€888.00"


def test_debits_equal_credits_in_the_trial_balance(finance: Client) -> None:
    shipped()

    assert "Debits equal credits" in finance.get("/ledger/trial-balance/").content.decode()


@pytest.mark.parametrize("query", ["start=x", "about=1", "event=%00", "account=%00", "q=%00"])
def test_filters_that_cannot_be_read_are_left_out(finance: Client, query: str) -> None:
    assert finance.get(f"/ledger/?{query}").status_code == 200


def test_the_journal_asks_the_database_a_bounded_number_of_times(
    finance: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shipped()
    shipped()

    with django_assert_max_num_queries(12):
        finance.get("/ledger/")
