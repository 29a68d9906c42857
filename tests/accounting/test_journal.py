"""The books, told as worked examples, and what the database refuses when somebody goes round the service."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting import postings
from accounting.journal import AlreadyPosted, Entry, Unbalanced, book, credit, debit, post, reverse
from accounting.models import Account, JournalEntry, JournalLine
from accounting.postings import Document, Goods, Sale
from accounting.roles import Happening, Role
from accounting.selectors import entries, open_balances, party_balances, role_totals, trial_balance
from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import REGISTRY

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
LYON = new_id()


def document(**changes: object) -> Document:
    return Document(**{"id": new_id(), "date": DAY, "label": "WEB-1", **changes})  # type: ignore[arg-type]


def write(*posted: Entry) -> None:
    with transaction.atomic():
        post(posted, actor=SYSTEM)


def euros(role: Role) -> Decimal:
    return sum((total.euros for total in role_totals() if total.role == role), Decimal(0))


def straight() -> None:
    for name, check in REGISTRY.items():
        if name.startswith("accounting:"):
            assert check().disagreements == [], name


def test_an_order_sold_shipped_and_paid_leaves_revenue_and_a_claim_on_the_provider() -> None:
    shipment = document()
    sale = Sale(net=Decimal("12.75"), tax=Decimal("2.55"), freight_net=Decimal("4.08"), freight_tax=Decimal("0.82"))
    write(
        postings.goods_shipped(shipment, party="order:WEB-1", sale=sale),
        postings.cost_of_goods(shipment, goods=[Goods(LYON, 6, Decimal("7.20"))]),
        postings.carrier_cost(shipment, carrier="colissimo", cost=Decimal("5.10")),
        postings.payment_captured(document(), party="order:WEB-1", provider="stripe", amount=sale.total),
    )
    assert euros(Role.REVENUE) == Decimal("-12.75")
    assert euros(Role.SHIPPING_REVENUE) == Decimal("-4.08")
    assert euros(Role.TAX_PAYABLE) == Decimal("-3.37")
    assert euros(Role.PAYMENT_CLEARING) == Decimal("20.20")
    assert euros(Role.INVENTORY) == Decimal("-7.20")
    assert open_balances(Role.ACCOUNTS_RECEIVABLE) == []
    straight()


def test_a_return_gives_back_revenue_tax_and_goods_and_ends_at_zero_when_refunded() -> None:
    back = Sale(net=Decimal("4.25"), tax=Decimal("0.85"), quantity=2)
    rma = document()
    write(
        postings.return_accepted(rma, party="order:WEB-1", sale=back),
        postings.goods_back(
            rma, restocked=[Goods(LYON, 1, Decimal("1.20"))], damaged=[Goods(LYON, 1, Decimal("1.20"))]
        ),
    )
    assert [(b.role, b.amount) for b in party_balances("order:WEB-1")] == [("refund_payable", Decimal("-5.10"))]
    write(postings.refund_paid(document(), party="order:WEB-1", provider="stripe", amount=back.total))
    assert open_balances(Role.REFUND_PAYABLE) == []
    assert euros(Role.WRITE_DOWN) == Decimal("1.20")
    assert euros(Role.COST_OF_GOODS_SOLD) == Decimal("-2.40")
    straight()


def test_a_refund_on_account_lowers_the_receivable() -> None:
    sale = Sale(net=Decimal("100.00"), tax=Decimal("20.00"))
    write(
        postings.goods_shipped(document(), party="order:B2B-7", sale=sale),
        postings.return_accepted(document(), party="order:B2B-7", sale=Sale(Decimal("10.00"), Decimal("2.00"))),
        postings.refund_offset(document(), party="order:B2B-7", amount=Decimal("12.00")),
    )
    assert [b.amount for b in open_balances(Role.ACCOUNTS_RECEIVABLE, ["order:B2B-7"])] == [Decimal("108.00")]
    straight()


def test_a_deposit_waits_as_a_debt_until_the_goods_leave() -> None:
    write(postings.deposit_received(document(), party="order:W", provider="stripe", amount=Decimal("12.00")))
    assert [b.amount for b in open_balances(Role.CUSTOMER_DEPOSITS)] == [Decimal("-12.00")]
    write(
        postings.goods_shipped(document(), party="order:W", sale=Sale(Decimal("10.00"), Decimal("2.00"))),
        postings.deposit_applied(document(), party="order:W", amount=Decimal("12.00")),
    )
    assert open_balances(Role.CUSTOMER_DEPOSITS) == open_balances(Role.ACCOUNTS_RECEIVABLE) == []
    straight()


def test_stock_is_received_counted_and_known_by_units_and_value() -> None:
    write(
        postings.opening_stock(document(), goods=[Goods(LYON, 10, Decimal("12.00"))]),
        postings.goods_received(document(), vendor="ACME", goods=[Goods(LYON, 5, Decimal("6.00"))]),
        postings.stock_count(document(), differences=[Goods(LYON, -2, Decimal("-2.40"))]),
    )
    stock = next(total for total in role_totals(location_id=LYON) if total.role == Role.INVENTORY)
    assert (stock.quantity, stock.euros) == (13, Decimal("15.60"))
    assert euros(Role.SHRINKAGE) == Decimal("2.40")
    straight()


def test_a_vendor_that_ships_for_us_is_owed_the_goods() -> None:
    write(postings.drop_ship_cost(document(), vendor="ACME", goods=[Goods(None, 3, Decimal("9.00"))]))
    assert [(b.party, b.euros) for b in open_balances(Role.VENDOR_ACCRUAL)] == [("vendor:ACME", Decimal("-9.00"))]


def test_the_trial_balance_of_a_day_leaves_later_entries_out() -> None:
    write(postings.carrier_cost(document(), carrier="dpd", cost=Decimal("5.00")))
    write(postings.carrier_cost(document(date=date(2026, 12, 1)), carrier="dpd", cost=Decimal("7.00")))
    november = trial_balance(date(2026, 11, 30))
    assert november.debit == november.credit == Decimal("5.00")
    assert trial_balance().debit == Decimal("12.00")
    assert [entry.date.month for entry in entries(end=date(2026, 11, 30))] == [11]


def test_pounds_are_kept_beside_their_euros_and_both_settle_to_zero() -> None:
    pounds = {"currency": "GBP", "fx_rate": Decimal("1.17273")}
    sale = Sale(Decimal("3.33"), Decimal("0.67"), Decimal("1.11"), Decimal("0.22"))
    write(
        postings.goods_shipped(document(**pounds), party="order:G", sale=sale),
        postings.payment_captured(document(**pounds), party="order:G", provider="stripe", amount=sale.total),
    )
    assert open_balances(Role.ACCOUNTS_RECEIVABLE) == []
    revenue = next(total for total in role_totals() if total.role == Role.REVENUE)
    assert (revenue.currency, revenue.amount) == ("GBP", Decimal("-3.33"))
    straight()


def test_what_rounding_leaves_over_goes_to_the_largest_line_that_is_no_sub_ledger() -> None:
    sale = Sale(Decimal("0.03"), Decimal("0.01"), Decimal("0.01"))
    shipped = postings.goods_shipped(document(currency="GBP", fx_rate=Decimal("1.30")), party="order:G", sale=sale)
    cents = {booked.line.role: booked.cents for booked in book(shipped)}
    assert cents == {
        Role.ACCOUNTS_RECEIVABLE: 7,
        Role.REVENUE: -5,
        Role.SHIPPING_REVENUE: -1,
        Role.TAX_PAYABLE: -1,
    }


def test_lines_of_one_role_party_and_place_become_one_and_empty_ones_none() -> None:
    sold = postings.cost_of_goods(
        document(), goods=[Goods(LYON, 1, Decimal("1.00")), Goods(LYON, 2, Decimal("2.00")), Goods(LYON, 0, Decimal(0))]
    )
    assert [(b.line.role, b.cents, b.line.quantity) for b in book(sold)] == [
        (Role.COST_OF_GOODS_SOLD, 300, 3),
        (Role.INVENTORY, -300, -3),
    ]


def test_a_free_order_posts_nothing() -> None:
    write(postings.goods_shipped(document(), party="order:FREE", sale=Sale(Decimal(0), Decimal(0))))
    assert not JournalEntry.objects.exists()


def test_a_set_of_entries_is_one_statement(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    many = [postings.carrier_cost(document(), carrier="dpd", cost=Decimal(n)) for n in range(1, 101)]
    write(many[0])
    with transaction.atomic(), django_assert_num_queries(1):
        post(many[1:], actor=SYSTEM)
    assert JournalLine.objects.count() == 200


def test_an_unbalanced_entry_is_refused_in_words_before_the_database_is_asked() -> None:
    lopsided = Entry(
        Happening.GOODS_SHIPPED, new_id(), DAY, (debit(Role.BANK, Decimal(2)), credit(Role.REVENUE, Decimal(1)))
    )
    with pytest.raises(Unbalanced, match="out by 1 EUR"):
        write(lopsided)


def test_the_same_event_of_the_same_source_is_posted_once() -> None:
    freight = postings.carrier_cost(document(), carrier="dpd", cost=Decimal(5))
    write(freight)
    with pytest.raises(AlreadyPosted, match="WEB-1"):
        write(postings.carrier_cost(document(), carrier="dpd", cost=Decimal(1)), freight)
    assert JournalEntry.objects.count() == 1


def test_a_mistake_is_undone_by_its_mirror_image_once() -> None:
    write(postings.carrier_cost(document(), carrier="dpd", cost=Decimal(5)))
    wrong = JournalEntry.objects.get()
    reverse(wrong.id, on=DAY, label="Billed to us by mistake", actor=SYSTEM)
    assert open_balances(Role.FREIGHT_PAYABLE) == []
    assert euros(Role.FREIGHT_OUT) == 0
    with pytest.raises(AlreadyPosted):
        reverse(wrong.id, on=DAY, label="again", actor=SYSTEM)
    straight()


def test_an_entry_remembers_who_posted_it() -> None:
    write(postings.carrier_cost(document(), carrier="dpd", cost=Decimal(5)))
    assert JournalEntry.objects.get().posted_by == SYSTEM.label


_ONE_ENTRY = """WITH e AS (INSERT INTO accounting_journalentry (id, date, event, source, label, posted_by)
    VALUES (%(id)s, '2026-11-23', 'stock_count', %(id)s, '', ''))"""


def _raw_entry(lines: int, *, at: int = 0, entry: UUID | None = None, uneven: bool = False) -> UUID:
    """Insert an entry with `lines` lines by plain SQL in one statement."""
    entry_id = entry or new_id()
    accounts = list(Account.objects.values_list("id", flat=True)[:2])
    run(
        ("WITH e AS (SELECT)" if entry else _ONE_ENTRY)
        + """
        INSERT INTO accounting_journalline
            (entry_id, position, account_id, role, party, debit, credit, amount, currency, quantity)
        SELECT %(id)s::uuid, %(at)s::int + n, (%(accounts)s::uuid[])[1 + n %% 2], 'bank', '',
               CASE n %% 2 WHEN 0 THEN 5 ELSE 0 END, CASE n %% 2 WHEN 1 THEN 5 - %(less)s::int ELSE 0 END,
               CASE n %% 2 WHEN 0 THEN 5 ELSE -5 END, 'EUR', 0
        FROM generate_series(0, %(lines)s::int - 1) n
        """,
        {"id": entry_id, "at": at, "accounts": accounts, "less": int(uneven), "lines": lines},
    )
    return entry_id


def _refused(sql: str) -> None:
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        run(sql)


def test_the_database_refuses_to_change_or_remove_what_is_posted() -> None:
    _raw_entry(2)
    _refused("UPDATE accounting_journalline SET debit = debit + 1")
    _refused("UPDATE accounting_journalentry SET label = 'other'")
    _refused("DELETE FROM accounting_journalline")
    _refused("DELETE FROM accounting_journalentry")
    _refused("TRUNCATE accounting_journalline")
    _refused("TRUNCATE accounting_journalentry CASCADE")
    assert JournalLine.objects.count() == 2


def test_the_database_refuses_an_entry_out_of_balance() -> None:
    with pytest.raises(IntegrityError, match=r"out of balance by 1\.00"), transaction.atomic():
        _raw_entry(2, uneven=True)


@pytest.mark.parametrize("position", [0, 2])
def test_the_database_refuses_lines_added_later_even_balanced_ones(position: int) -> None:
    entry = _raw_entry(2)
    with pytest.raises(IntegrityError), transaction.atomic():
        _raw_entry(2, at=position, entry=entry)


def test_the_database_refuses_an_entry_without_lines() -> None:
    with pytest.raises(IntegrityError, match="has no lines"), transaction.atomic():
        _raw_entry(0)


def test_the_database_refuses_a_line_without_an_entry() -> None:
    with pytest.raises(IntegrityError, match="names no entry"), transaction.atomic():
        _raw_entry(2, entry=new_id())


def test_the_database_keeps_an_account_that_has_lines() -> None:
    _raw_entry(2)
    used = JournalLine.objects.values_list("account_id", flat=True)[0]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounting_chartrole WHERE account_id = %s", [used])
        cursor.execute("DELETE FROM accounting_account WHERE id = %s", [used])


_money = st.decimals(min_value=0, max_value=10_000, places=2)


@given(
    sale=st.builds(Sale, _money, _money, _money, _money, st.integers(0, 50)),
    rate=st.decimals(min_value="0.0001", max_value=3000, places=6),
)
@settings(max_examples=300, deadline=None)
def test_every_sale_balances_to_the_cent_at_any_rate(sale: Sale, rate: Decimal) -> None:
    shipped = postings.goods_shipped(document(currency="XXX", fx_rate=rate), party="order:P", sale=sale)
    booked = book(shipped)
    assert sum(item.cents for item in booked) == 0
    assert sum((item.line.amount for item in booked), Decimal(0)) == 0
    assert all(item.cents * item.line.amount >= 0 for item in booked)
