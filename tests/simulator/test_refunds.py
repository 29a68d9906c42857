import pytest
import stripe

from tests.simulator.calls import authorise


def test_refunds_come_in_parts_up_to_what_was_captured(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 800})
    for amount in (300, 500):
        refund = client.v1.refunds.create(params={"payment_intent": intent.id, "amount": amount})
        assert (refund.status, refund.amount) == ("succeeded", amount)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 1})
    assert caught.value.code == "charge_already_refunded"


def test_more_than_is_left_is_never_refunded(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 800})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 801})
    assert caught.value.code == "amount_too_large"
    assert client.v1.refunds.list(params={"payment_intent": intent.id}).data == []


def test_nothing_is_refunded_before_a_capture(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params={"payment_intent": intent.id})
    assert caught.value.code == "charge_not_captured"


def test_a_refund_is_possible_between_two_captures(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, multicapture=True)
    client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 400, "final_capture": False})
    client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 400})
    assert client.v1.payment_intents.capture(intent.id).amount_received == 1000
