import json
import time
from typing import Any

import httpx
import pytest
import stripe
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core.models import Event
from core.outbox import drain
from orders.models import Order
from payments.models import Payment, WebhookEvent
from payments.views import stripe_webhook
from tests.factories.payments import make_order, ship_units
from tests.factories.provider import LossyLine
from tests.payments.conftest import WEBHOOK_SECRET
from tests.payments.money import amounts, assert_books_agree, intents_of, statuses


def event(about: dict[str, Any], id: str = "evt_1", kind: str = "payment_intent.succeeded") -> str:
    return json.dumps({"id": id, "object": "event", "type": kind, "data": {"object": about}})


def send(body: str, *, secret: str = WEBHOOK_SECRET, at: int | None = None, signature: str | None = None) -> int:
    """Post a webhook as Stripe would; returns the answer's status."""
    moment = int(time.time()) if at is None else at
    digest = stripe.WebhookSignature._compute_signature(f"{moment}.{body}", secret)
    header = f"t={moment},v1={digest}" if signature is None else signature
    request = RequestFactory().post(
        "/api/v1/webhooks/payments/stripe", body, content_type="application/json", headers={"stripe-signature": header}
    )
    return stripe_webhook(request).status_code


def notices(order: Order) -> int:
    return Event.objects.filter(about=order.id, kind="payment.provider_notice").count()


def waiting_for_authentication() -> tuple[Order, Payment]:
    order = make_order(("tok_threeDSecure2Required", "20.00"))
    drain()
    return order, Payment.objects.get(order=order)


def test_a_webhook_tells_of_an_authentication() -> None:
    order, payment = waiting_for_authentication()
    httpx.post(payment.action_url, data={"result": "pass"})
    assert send(event({"object": "payment_intent", "id": payment.provider_reference})) == 200
    drain()
    assert statuses(order) == ["authorised"]


def test_the_second_copy_of_a_webhook_does_nothing() -> None:
    order, payment = waiting_for_authentication()
    body = event({"object": "payment_intent", "id": payment.provider_reference})
    assert [send(body), send(body)] == [200, 200]
    assert notices(order) == 1
    assert WebhookEvent.objects.count() == 1


def test_what_a_webhook_says_is_not_believed() -> None:
    order, payment = waiting_for_authentication()
    lie = {"object": "payment_intent", "id": payment.provider_reference, "status": "succeeded", "amount_received": 2000}
    assert send(event(lie)) == 200
    drain()
    assert (statuses(order), amounts(order)) == (["requires_action"], [(0, 0)])


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "whsec_other"},
        {"at": 1_000_000_000},
        {"signature": ""},
        {"signature": "t=1,v1=abc"},
        {"signature": "nonsense"},
        {"signature": "t=abc,v1=\x00"},
    ],
)
def test_a_forged_or_old_webhook_is_refused(forged: dict[str, Any]) -> None:
    order, payment = waiting_for_authentication()
    assert send(event({"object": "payment_intent", "id": payment.provider_reference}), **forged) == 400
    assert (notices(order), WebhookEvent.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", '{"id": 1}', "[" * 100_000, '{"id": "e", "type": "t", "data": 5}']
)
def test_an_unreadable_webhook_is_refused(body: str) -> None:
    assert send(body) == 400


def test_a_webhook_before_our_own_record_finds_the_payment_by_its_id(
    line: LossyLine, client_of_provider: stripe.StripeClient
) -> None:
    order = make_order(("tok_visa", "20.00"))
    payment = Payment.objects.get(order=order)
    line.is_cut = True
    drain()
    line.is_cut = False
    (intent,) = intents_of(client_of_provider, payment)
    about = {"object": "payment_intent", "id": intent.id, "metadata": {"payment": str(payment.id)}}
    assert send(event(about)) == 200
    drain()
    assert statuses(order) == ["authorised"]
    assert_books_agree()


def test_a_webhook_settles_a_capture_whose_answer_was_lost(line: LossyLine) -> None:
    order = make_order(("tok_visa", "20.00"))
    drain()
    ship_units(order, 10)
    line.is_cut = True
    drain()
    line.is_cut = False
    reference = Payment.objects.get(order=order).provider_reference
    assert send(event({"object": "charge", "id": "ch_1", "payment_intent": reference}, kind="charge.captured")) == 200
    drain()
    assert amounts(order) == [(20, 0)]
    assert_books_agree()


def test_a_webhook_about_somebody_else_s_payment_is_taken_and_ignored() -> None:
    about = {"object": "payment_intent", "id": "pi_other", "metadata": {"payment": "not an id"}}
    assert send(event(about)) == 200
    assert not Event.objects.filter(kind="payment.provider_notice").exists()


def test_without_a_secret_no_webhook_is_believed(settings: Settings) -> None:
    settings.PROVIDER_WEBHOOK_SECRET = ""
    assert send(event({}), secret="") == 400


def test_a_webhook_cannot_be_read_by_get() -> None:
    assert stripe_webhook(RequestFactory().get("/api/v1/webhooks/payments/stripe")).status_code == 405
