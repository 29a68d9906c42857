import pytest
import stripe
from django.db import IntegrityError, transaction

from accounting.roles import Role
from core.actors import SYSTEM
from core.models import Event
from core.outbox import drain
from orders.models import Order
from payments import services
from payments.models import Payment, Transaction
from tests.factories.payments import make_order, ship_units, take_back
from tests.factories.provider import LossyLine
from tests.payments.money import amounts, assert_books_agree, balance, intents_of


def paid(*means: tuple[str, str]) -> Order:
    order = make_order(*(means or (("tok_visa", "100.00"),)))
    drain()
    ship_units(order, 10)
    drain()
    return order


def test_a_return_is_refunded_and_posted(client_of_provider: stripe.StripeClient) -> None:
    order = paid()
    take_back(order, "30.00")
    assert balance(order, Role.REFUND_PAYABLE) == -30
    drain()
    assert amounts(order) == [(100, 30)]
    assert balance(order, Role.REFUND_PAYABLE) == 0
    assert Event.objects.filter(about=order.id, kind="payment.refunded").count() == 1
    order.refresh_from_db()
    assert order.is_settled
    reference = Payment.objects.get(order=order).provider_reference
    refunds = client_of_provider.v1.refunds.list({"payment_intent": reference}).data
    assert [refund.amount for refund in refunds] == [3_000]
    assert_books_agree()


def test_refunds_draw_on_the_newest_payment_first() -> None:
    order = paid(("tok_visa", "30.00"), ("bank_transfer", "70.00"))
    take_back(order, "80.00")
    drain()
    assert amounts(order) == [(30, 10), (70, 70)]
    assert_books_agree()


def test_a_bank_transfer_is_refunded_at_once() -> None:
    order = paid(("bank_transfer", "100.00"))
    take_back(order, "25.00")
    assert amounts(order) == [(100, 25)]
    assert_books_agree()


def test_what_was_never_paid_is_set_against_what_is_owed() -> None:
    order = paid(("on_account", "60.00"), ("tok_visa", "40.00"))
    take_back(order, "50.00")
    drain()
    assert amounts(order) == [(0, 0), (40, 40)]
    assert balance(order, Role.ACCOUNTS_RECEIVABLE) == 50
    assert balance(order, Role.REFUND_PAYABLE) == 0
    assert_books_agree()


def test_no_more_than_was_captured_is_refunded() -> None:
    order = paid()
    for _ in range(2):
        take_back(order, "50.00")
    drain()
    assert amounts(order) == [(100, 100)]
    (transaction_id,) = Transaction.objects.filter(payment__order=order, kind="refund").values_list("id", flat=True)[:1]
    Transaction.objects.create(
        payment=Payment.objects.get(order=order), kind="refund", amount=1, idempotency_key="planted", source=order.id
    )
    ids = list(Transaction.objects.filter(idempotency_key="planted").values_list("id", flat=True))
    assert services.refund([transaction_id, *ids], actor=SYSTEM) == []
    assert Transaction.objects.get(idempotency_key="planted").status == "failed"
    assert amounts(order) == [(100, 100)]


def test_the_database_refuses_more_refunds_than_captures() -> None:
    order = paid()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(order=order).update(refunded="100.01")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(order=order).update(captured="100.01")


def test_refunding_twice_refunds_once(client_of_provider: stripe.StripeClient) -> None:
    order = paid()
    take_back(order, "30.00")
    ids = list(Transaction.objects.filter(payment__order=order, kind="refund").values_list("id", flat=True))
    assert services.refund(ids, actor=SYSTEM) == ids
    assert services.refund(ids, actor=SYSTEM) == []
    assert amounts(order) == [(100, 30)]


def test_a_lost_answer_to_a_refund_is_settled_with_the_same_key(
    line: LossyLine, client_of_provider: stripe.StripeClient
) -> None:
    order = paid()
    take_back(order, "30.00")
    line.is_cut = True
    drain()
    assert amounts(order) == [(100, 0)]
    line.is_cut = False
    services.settle_unknown(actor=SYSTEM)
    assert amounts(order) == [(100, 30)]
    (intent,) = intents_of(client_of_provider, Payment.objects.get(order=order))
    assert len(client_of_provider.v1.refunds.list({"payment_intent": intent.id}).data) == 1
    assert_books_agree()


def test_a_refund_waits_for_the_capture_on_its_way(line: LossyLine) -> None:
    order = make_order(("tok_visa", "100.00"))
    drain()
    ship_units(order, 10)
    line.is_cut = True
    drain()
    take_back(order, "30.00")
    line.is_cut = False
    drain()
    assert amounts(order) == [(0, 0)]
    services.settle_unknown(actor=SYSTEM)
    drain()
    assert amounts(order) == [(100, 30)]
    assert_books_agree()
