"""What finance reads: the journal by day, account, document or party, and an account's statement."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from accounting import postings
from accounting.journal import Entry, post
from accounting.models import Account
from accounting.postings import Document, Sale
from accounting.roles import Happening, Role
from accounting.selectors import as_document, entries, entry, open_balances, role_totals, statement, trial_balance
from core.actors import SYSTEM
from core.ids import new_id
from core.lists import KeysetList

pytestmark = pytest.mark.django_db


def sale(number: str, day: int, **changes: object) -> Entry:
    """An order over 10.00 net shipped on a day of November."""
    document = Document(id=new_id(), date=date(2026, 11, day), label=f"Parcel of {number}", **changes)  # type: ignore[arg-type]
    return postings.goods_shipped(
        document, party=postings.order_party(number), sale=Sale(Decimal("10.00"), Decimal("2.00"), quantity=4)
    )


def write(*posted: Entry) -> None:
    with transaction.atomic():
        post(posted, actor=SYSTEM)


def test_the_journal_is_found_by_day_event_account_party_and_words() -> None:
    order = new_id()
    write(sale("W-1", 2, about=order), sale("W-2", 9))
    write(postings.carrier_cost(Document(new_id(), date(2026, 11, 9)), carrier="dpd", cost=Decimal("5.00")))
    assert entries().count() == 3
    assert entries(date(2026, 11, 3)).count() == 2
    assert entries(end=date(2026, 11, 3)).get().label == "Parcel of W-1"
    assert entries(event=Happening.CARRIER_COST).count() == 1
    assert entries(account="707000").count() == 2
    assert entries(about=order).get().label == "Parcel of W-1"
    assert entries(text="order:W-2").get().label == "Parcel of W-2"
    assert entries(text="of w-2").get().label == "Parcel of W-2"


def test_the_journal_is_read_in_two_statements_however_long(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    write(*(sale(f"W-{n}", 1 + n % 28) for n in range(30)))
    with django_assert_num_queries(2):
        page = KeysetList(entries(), order="date").page(limit=20)
        shown = [as_document(found) for found in page.items]
    assert len(shown) == 20
    rest = KeysetList(entries(), order="date").page(page.next, limit=20)
    assert len({found["id"] for found in shown} | {str(found.id) for found in rest.items}) == 30


def test_an_entry_is_shown_with_accounts_and_both_currencies() -> None:
    write(sale("W-1", 2, currency="GBP", fx_rate=Decimal("1.25")))
    found = entry(entries().get().id)
    assert found is not None
    receivable = as_document(found)["lines"][0]
    assert receivable == {
        "account": "411000",
        "role": "accounts_receivable",
        "party": "order:W-1",
        "debit": "15.00",
        "credit": "0.00",
        "currency": "GBP",
        "amount": "12.00",
        "quantity": 0,
    }


def test_an_account_has_a_statement_newest_first() -> None:
    write(sale("W-1", 2), sale("W-2", 9))
    lines = statement(Account.objects.get(code="411000"))
    assert [line.party for line in lines] == ["order:W-2", "order:W-1"]
    assert [line.euros for line in lines] == [Decimal("12.00"), Decimal("12.00")]
    assert statement(Account.objects.get(code="411000"), end=date(2026, 11, 5)).count() == 1


def test_a_sub_ledger_adds_up_to_its_control_account() -> None:
    write(*(sale(f"W-{n}", 1 + n) for n in range(5)))
    control = next(row for row in trial_balance().rows if row.code == "411000")
    assert sum(balance.euros for balance in open_balances(Role.ACCOUNTS_RECEIVABLE)) == control.balance


def test_a_period_is_summed_by_role_with_its_units() -> None:
    write(sale("W-1", 2), sale("W-2", 9), sale("W-3", 20))
    found = {total.role: total for total in role_totals(date(2026, 11, 5), date(2026, 11, 30))}
    assert (found[Role.REVENUE].euros, found[Role.REVENUE].quantity) == (Decimal("-20.00"), -8)


def test_an_amount_in_a_currency_without_minor_units_has_no_decimals() -> None:
    yen = Document(new_id(), date(2026, 11, 2), currency="JPY", fx_rate=Decimal("0.006"))
    write(postings.payment_captured(yen, party="order:J", provider="stripe", amount=Decimal(1500)))
    [balance] = open_balances(Role.ACCOUNTS_RECEIVABLE)
    assert (str(balance.amount), balance.euros) == ("-1500", Decimal("-9.00"))
