"""The hosted page where a customer pays: sessions by the real client, the page by a browser's requests."""

from typing import Any

import httpx
import pytest
import stripe

from tests.factories.provider import ProviderProcess

SHOP = "http://shop.example/back"


def opened(client: stripe.StripeClient, **more: Any) -> Any:
    params: Any = {
        "mode": "payment",
        "line_items": [
            {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 2020, "product_data": {"name": "Order 1"}}}
        ],
        "payment_intent_data": {"capture_method": "manual", "metadata": {"payment": "p1"}, "description": "Order 1"},
        "payment_method_options": {"card": {"request_multicapture": "if_available"}},
        "metadata": {"order": "W-1"},
        "success_url": SHOP,
        "cancel_url": "http://shop.example/cart",
        **more,
    }
    return client.v1.checkout.sessions.create(params)


def choose(session: Any, card: str) -> httpx.Response:
    return httpx.post(session.url, data={"card": card})


def seen(client: stripe.StripeClient, session: Any) -> Any:
    return client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent", "payment_intent.latest_charge"]}
    )


def test_a_customer_chooses_a_card_and_comes_back(client: stripe.StripeClient) -> None:
    session = opened(client)
    assert (session.status, session.amount_total, session.payment_intent) == ("open", 2020, None)
    page = httpx.get(session.url, headers={"Accept-Language": "fr-FR"}).text
    assert "20,20\u00a0€" in page and "Payer" in page and "Order 1" in page
    answer = choose(session, "pm_card_visa")
    assert (answer.status_code, answer.headers["location"]) == (303, SHOP)
    after = seen(client, session)
    assert (after.status, after.payment_intent.status, after.url) == ("complete", "requires_capture", None)
    assert after.payment_intent.metadata["payment"] == "p1"
    assert httpx.get(session.url).headers["location"] == SHOP


def test_after_a_decline_the_same_page_takes_another_card(client: stripe.StripeClient) -> None:
    session = opened(client)
    assert choose(session, "pm_card_chargeDeclined").headers["location"] == session.url
    assert "Your card was declined." in httpx.get(session.url).text
    assert "Votre carte a été refusée." in httpx.get(session.url, headers={"Accept-Language": "fr"}).text
    choose(session, "pm_card_mastercard")
    found = client.v1.payment_intents.list({"limit": 1}).data[0]
    assert seen(client, session).payment_intent.id == found.id


@pytest.mark.parametrize(("result", "status", "to"), [("pass", "complete", SHOP), ("fail", "open", "")])
def test_a_bank_may_ask_on_the_way(client: stripe.StripeClient, result: str, status: str, to: str) -> None:
    session = opened(client)
    bank = choose(session, "pm_card_threeDSecure2Required").headers["location"]
    assert "Do you authorise this payment?" in httpx.get(bank).text
    assert httpx.post(bank, data={"result": result}).headers["location"] == session.url
    assert seen(client, session).status == status
    assert httpx.get(session.url).headers.get("location", "") == to


def test_a_session_is_paid_or_ended_once(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    session = opened(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert httpx.get(session.url).status_code == 410
    assert choose(session, "pm_card_visa").status_code == 410
    paid = opened(client, payment_intent_data={"capture_method": "manual", "metadata": {"payment": "once"}})
    for _ in range(2):
        assert choose(paid, "pm_card_visa").headers["location"] == SHOP
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(paid.id)
    assert provider.ledger("once") == [("authorised", 2020)]


def test_a_session_ends_by_itself(client: stripe.StripeClient) -> None:
    session = opened(client, expires_at=1_000_000_000)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert httpx.get(session.url).status_code == 410


def test_a_session_without_a_price_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        opened(client, line_items=[])
    assert httpx.get("/".join(opened(client).url.split("/")[:3]) + "/c/pay/cs_nobody").status_code == 404
