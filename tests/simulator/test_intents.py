from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.factories.provider import ProviderProcess
from tests.simulator.calls import authorise, error_of


def test_a_confirmed_intent_waits_for_capture(client: stripe.StripeClient) -> None:
    intent = authorise(client, 2020, metadata={"order": "1001"})
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 2020, 0)
    again = client.v1.payment_intents.retrieve(intent.id)
    assert again.metadata and again.metadata["order"] == "1001"


def test_a_declined_card_is_a_card_error_and_leaves_an_intent(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as caught:
        authorise(client, 500, "tok_chargeDeclinedInsufficientFunds")
    assert (caught.value.code, caught.value.http_status) == ("card_declined", 402)
    error = error_of(caught.value)
    assert error["decline_code"] == "insufficient_funds"
    assert client.v1.payment_intents.retrieve(error["payment_intent"]["id"]).status == "requires_payment_method"


def test_a_declined_intent_can_be_confirmed_with_another_card(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as caught:
        authorise(client, 500, "tok_chargeDeclined")
    id = error_of(caught.value)["payment_intent"]["id"]
    intent = client.v1.payment_intents.confirm(id, params={"payment_method": "pm_card_visa"})
    assert intent.status == "requires_capture"


def test_an_unknown_token_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        authorise(client, 500, "tok_nonsense")
    assert caught.value.code == "resource_missing"


@pytest.mark.parametrize(
    "params",
    [
        {"amount": 0, "currency": "eur"},
        {"amount": -5, "currency": "eur"},
        {"amount": "1.5", "currency": "eur"},
        {"amount": 100},
        {"currency": "eur"},
        {"amount": 100, "currency": "euros"},
        {"amount": 100, "currency": "eur", "total": 5},
        {"amount": 10**9, "currency": "eur"},
    ],
)
def test_wrong_parameters_are_refused(client: stripe.StripeClient, params: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create(params=params)  # type: ignore[arg-type]


def test_one_capture_takes_part_and_releases_the_rest(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    taken = client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 700})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 700, 0)


def test_captures_that_are_not_final_leave_the_rest_open(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, multicapture=True)
    capture = client.v1.payment_intents.capture
    first = capture(intent.id, params={"amount_to_capture": 300, "final_capture": False})
    assert (first.status, first.amount_received, first.amount_capturable) == ("requires_capture", 300, 700)
    last = capture(intent.id, params={"amount_to_capture": 700})
    assert (last.status, last.amount_received) == ("succeeded", 1000)


def test_multicapture_must_be_asked_for_at_confirmation(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 300, "final_capture": False})


def test_more_than_is_authorised_is_never_captured(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, multicapture=True)
    client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 600, "final_capture": False})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 401})
    assert caught.value.code == "amount_too_large"
    assert client.v1.payment_intents.retrieve(intent.id).amount_received == 600


def test_nothing_is_captured_from_a_cancelled_intent(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000)
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_the_rest_is_released_after_a_partial_capture(client: stripe.StripeClient) -> None:
    releases: tuple[Callable[[str], stripe.PaymentIntent], ...] = (
        client.v1.payment_intents.cancel,
        lambda id: client.v1.payment_intents.capture(id, params={"amount_to_capture": 0}),
    )
    for release in releases:
        intent = authorise(client, 1000, multicapture=True)
        client.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 400, "final_capture": False})
        closed = release(intent.id)
        assert (closed.amount_capturable, closed.amount_received) == (0, 400)
        refund = client.v1.refunds.create(params={"payment_intent": intent.id})
        assert refund.amount == 400


def test_the_list_is_newest_first_and_paged(client: stripe.StripeClient) -> None:
    ids = [authorise(client, 100 + n).id for n in range(5)]
    first = client.v1.payment_intents.list(params={"limit": 2})
    assert [intent.id for intent in first.data] == ids[:-3:-1] and first.has_more
    everything = [intent.id for intent in first.auto_paging_iter()]
    assert everything[:5] == ids[::-1] and len(everything) == len(set(everything))


def test_intents_are_found_by_metadata(client: stripe.StripeClient) -> None:
    intent = authorise(client, 100, metadata={"payment": "0198-abc"})
    found = client.v1.payment_intents.search(params={"query": "metadata['payment']:'0198-abc'"})
    assert [one.id for one in found.data] == [intent.id]


def test_charges_are_expanded_in_a_list(client: stripe.StripeClient) -> None:
    intent = authorise(client, 900)
    client.v1.payment_intents.capture(intent.id)
    client.v1.refunds.create(params={"payment_intent": intent.id, "amount": 150})
    listed = client.v1.payment_intents.list(params={"limit": 1, "expand": ["data.latest_charge"]}).data[0]
    charge = listed.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount_captured, charge.amount_refunded) == (900, 150)


def test_a_key_is_needed(provider: ProviderProcess) -> None:
    with pytest.raises(stripe.AuthenticationError):
        authorise(provider.client("pk_test_public"), 100)
