"""Paying again: who may, when, and under which key."""

import pytest
import stripe
from django.test import Client

from core.actors import SYSTEM, Actor
from core.models import Event
from core.outbox import drain
from core.problems import Conflict, NotFound
from integrations.services import create_api_key
from orders.models import Order
from payments import services
from payments.links import payment_behind, way_back
from payments.models import Payment
from payments.selectors import as_document
from tests.factories.payments import cancel_units, make_order
from tests.factories.provider import ProviderProcess
from tests.payments.money import assert_books_agree, intents_of, statuses

CUSTOMER = Actor("customer", "Anne")


def declined() -> tuple[Order, Payment]:
    order = make_order(("tok_chargeDeclined", "20.00"))
    drain()
    return order, Payment.objects.get(order=order)


def test_another_card_is_another_attempt_of_the_same_payment(client_of_provider: stripe.StripeClient) -> None:
    order, payment = declined()
    services.pay_again(payment.id, "tok_visa", actor=SYSTEM)
    assert statuses(order) == ["pending"]
    drain()
    assert statuses(order) == ["authorised"]
    found = {intent.status: intent.metadata for intent in intents_of(client_of_provider, payment)}
    assert {s: m["attempt"] for s, m in found.items() if m} == {"requires_payment_method": "1", "requires_capture": "2"}
    assert_books_agree()


def test_the_same_card_may_be_tried_again() -> None:
    order, payment = declined()
    for _ in range(2):
        services.pay_again(payment.id, "tok_chargeDeclined", actor=SYSTEM)
        drain()
    payment.refresh_from_db()
    assert (statuses(order), payment.attempt) == (["failed"], 3)


@pytest.mark.parametrize(
    ("status", "why"),
    [("pending", "being asked"), ("unknown", "pay twice"), ("authorised", "gone through"), ("voided", "given up")],
)
def test_a_payment_that_may_still_go_through_is_left_alone(status: str, why: str) -> None:
    order, payment = declined()
    Payment.objects.filter(pk=payment.pk).update(status=status)
    with pytest.raises(Conflict, match=why):
        services.pay_again(payment.id, "tok_visa", actor=SYSTEM)
    assert statuses(order) == [status]


def test_nothing_is_paid_for_an_order_that_is_over() -> None:
    order, payment = declined()
    cancel_units(order, 10)
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    with pytest.raises(Conflict, match="nothing left to pay"):
        services.pay_again(payment.id, "tok_visa", actor=SYSTEM)
    with pytest.raises(NotFound):
        services.pay_again(order.pk, "tok_visa", actor=SYSTEM)


def test_who_pays_by_themselves_gets_no_letter_about_it() -> None:
    order, payment = declined()
    services.pay_again(payment.id, actor=CUSTOMER)
    services.authorise([payment.id], actor=CUSTOMER)
    drain()
    assert statuses(order) == ["requires_action"]
    assert not Event.objects.filter(about=order.id, kind__in=("payment.action_required", "payment.due")).exists()


def test_who_is_sent_a_link_gets_one_letter() -> None:
    order, payment = declined()
    services.pay_again(payment.id, actor=SYSTEM)
    drain()
    services.authorise([payment.id], actor=SYSTEM)
    services.refresh([payment.id], actor=SYSTEM)
    drain()
    assert Event.objects.filter(about=order.id, kind="payment.action_required").count() == 1
    payment.refresh_from_db()
    assert as_document(payment)["action_url"] == payment.action_url


def test_a_payment_without_a_card_gets_a_page_at_once() -> None:
    order = make_order(("pm_", "20.00"))
    payment = Payment.objects.get(order=order)
    Payment.objects.filter(pk=payment.pk).update(token="")
    drain()
    payment.refresh_from_db()
    assert (payment.status, "/c/pay/cs_" in payment.action_url) == ("requires_action", True)


def test_a_page_that_is_over_may_be_opened_anew(client_of_provider: stripe.StripeClient) -> None:
    order, payment = declined()
    for ends in (True, False):
        services.pay_again(payment.id, actor=SYSTEM)
        drain()
        payment.refresh_from_db()
        if ends:
            client_of_provider.v1.checkout.sessions.expire(payment.provider_reference)
            services.refresh([payment.id], actor=SYSTEM)
            assert statuses(order) == ["expired"]
    assert statuses(order) == ["requires_action"]
    assert (
        Event.objects.filter(about=order.id, kind="payment.failed").count() == 1
    )  # of the first card, not of the page


def test_an_outage_does_not_take_the_link_away(provider: ProviderProcess) -> None:
    order = make_order(("tok_threeDSecure2Required", "20.00"))
    drain()
    provider.faults({"on": "*", "fault": "500"})
    payment = Payment.objects.get(order=order)
    services.refresh([payment.id], actor=SYSTEM)
    provider.faults()
    again = Payment.objects.get(order=order)
    assert (again.status, again.action_url, again.error) == ("requires_action", payment.action_url, "")


def test_the_way_back_is_the_same_each_time_and_nobody_else_s() -> None:
    _, payment = declined()
    address = way_back(payment.id)
    assert address == way_back(payment.id)
    token = address.rstrip("/").rpartition("/")[2]
    assert payment_behind(token) == payment.id
    wrong = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert payment_behind(wrong) is None and payment_behind("") is None
    assert Client().get(f"/paid/{wrong}/").status_code == 404
    assert Client().get(f"/paid/{token}/").headers["location"].endswith("/")


def test_a_program_may_ask_for_a_new_link() -> None:
    order, payment = declined()
    headers = {"Authorization": f"Bearer {create_api_key('shop', ['payments.collect'], actor=SYSTEM)}"}

    def ask(key: str, body: dict[str, str]) -> tuple[int, dict[str, str]]:
        path = f"/api/v1/payments/{payment.id}/pay-again"
        sent = {**headers, "Idempotency-Key": key}
        answer = Client().post(path, body, content_type="application/json", headers=sent)
        return answer.status_code, answer.json()

    assert ask("n", {"token": "4242 4242 4242 4242"})[0] == 422
    status, told = ask("a", {})
    assert (status, told["status"], told["order"]) == (200, "pending", order.number)
    assert ask("a", {})[0] == 200
    assert ask("b", {})[0] == 409
    drain()
    payment.refresh_from_db()
    assert (payment.status, payment.attempt) == ("requires_action", 2)
