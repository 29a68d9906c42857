import httpx
import pytest
import stripe

from tests.simulator.calls import authorise


@pytest.mark.parametrize(("result", "status"), [("pass", "requires_capture"), ("fail", "requires_payment_method")])
def test_three_d_secure_ends_on_the_bank_s_page(client: stripe.StripeClient, result: str, status: str) -> None:
    intent = authorise(client, 1000, "tok_threeDSecure2Required", return_url="http://shop.example/back")
    assert intent.status == "requires_action"
    assert intent.next_action and intent.next_action.redirect_to_url
    page = intent.next_action.redirect_to_url.url
    assert page and "Test bank" in httpx.get(page).text
    answer = httpx.post(page, data={"result": result})
    assert (answer.status_code, answer.headers["location"]) == (303, "http://shop.example/back")
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_authentication_ends_only_once(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, "tok_threeDSecure2Required")
    assert intent.next_action and intent.next_action.redirect_to_url
    page = intent.next_action.redirect_to_url.url
    assert page
    assert httpx.post(page, data={"result": "pass"}).status_code == 200
    assert httpx.post(page, data={"result": "fail"}).status_code == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
