import stripe
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from core.actors import SYSTEM
from core.invariants import disagreements, run_all
from core.outbox import drain
from orders.models import Order
from payments import services
from payments.invariants import provider_agrees
from payments.models import Payment, Transaction
from payments.selectors import as_document, payments_of
from tests.factories.payments import make_order, ship_units, take_back


def shipped() -> tuple[Order, Payment]:
    order = make_order(("tok_visa", "100.00"))
    drain()
    ship_units(order, 10)
    drain()
    return order, Payment.objects.get(order=order)


def wrong() -> str:
    return "\n".join(disagreements())


def test_all_is_well_after_an_order_s_whole_life() -> None:
    order, _ = shipped()
    take_back(order, "40.00")
    drain()
    results = {name: result for name, result in run_all() if name.startswith("payments:")}
    assert all(result.checked > 0 and not result.disagreements for result in results.values())


def test_a_captured_amount_that_no_transaction_explains_is_found() -> None:
    _, payment = shipped()
    Payment.objects.filter(pk=payment.pk).update(captured=90)
    found = wrong()
    assert "its transactions 100" in found
    assert "100.00 and 0.00 at the provider" in found


def test_a_capture_that_is_not_in_the_journal_is_found() -> None:
    order, payment = shipped()
    Transaction.objects.create(
        payment=payment, kind="capture", status="succeeded", amount=1, idempotency_key="planted", source=order.id
    )
    assert "the journal says" in wrong()


def test_an_entry_without_its_capture_is_found() -> None:
    _, payment = shipped()
    Transaction.objects.filter(payment=payment).update(status="failed")
    assert "has no transaction" in wrong()


def test_a_refund_made_at_the_provider_is_found(client_of_provider: stripe.StripeClient) -> None:
    _, payment = shipped()
    client_of_provider.v1.refunds.create({"payment_intent": payment.provider_reference, "amount": 700})
    assert "100.00 and 7.00 at the provider" in wrong()


def test_a_second_intent_for_the_same_payment_is_found(client_of_provider: stripe.StripeClient) -> None:
    order = make_order(("tok_visa", "100.00"))
    drain()
    payment = Payment.objects.get(order=order)
    client_of_provider.v1.payment_intents.create(
        {
            "amount": 10_000, "currency": "eur", "confirm": True, "capture_method": "manual",
            "payment_method": "pm_card_visa", "metadata": {"payment": str(payment.id)},
        }
    )  # fmt: skip
    assert "has a second intent" in wrong()


def test_a_state_that_does_not_fit_is_found() -> None:
    _, payment = shipped()
    Payment.objects.filter(pk=payment.pk).update(status="voided")
    assert "is voided with 100.00 of 100.00 captured" in wrong()


def test_the_provider_s_list_is_read_page_by_page() -> None:
    payments = [Payment.objects.get(order=make_order(("tok_visa", "1.00"))) for _ in range(110)]
    services.authorise([payment.id for payment in payments], actor=SYSTEM)
    result = provider_agrees()
    assert (result.checked, result.disagreements) == (110, [])


def test_a_provider_that_does_not_answer_is_no_disagreement(settings: Settings) -> None:
    shipped()
    settings.PROVIDER_URL = "http://127.0.0.1:9"
    assert provider_agrees().checked == 0


def test_payments_of_many_orders_are_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    orders = [make_order(("tok_visa", "10.00"), ("on_account", "5.00")) for _ in range(3)]
    with django_assert_num_queries(2):
        found = payments_of([order.id for order in orders])
        assert [len(list(p.transactions.all())) for order in orders for p in found[order.id]] == [0] * 6
    document = as_document(found[orders[0].id][0])
    assert (document["tender"], document["amount"], "token" in document) == ("card", "10.00", False)
