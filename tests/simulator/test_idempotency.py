from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.factories.provider import ProviderProcess
from tests.simulator.calls import authorise, error_of


def test_the_same_key_replays_the_first_answer(client: stripe.StripeClient) -> None:
    first = authorise(client, 700, key="same")
    second = authorise(client, 700, key="same")
    assert first.id == second.id
    assert second.last_response is not None
    headers = {name.lower(): value for name, value in second.last_response.headers.items()}
    assert headers["idempotent-replayed"] == "true"


def test_the_same_key_with_other_parameters_is_refused(client: stripe.StripeClient) -> None:
    authorise(client, 700, key="other")
    with pytest.raises(stripe.IdempotencyError) as caught:
        authorise(client, 701, key="other")
    assert caught.value.http_status == 400


def test_a_decline_is_replayed_too(client: stripe.StripeClient) -> None:
    ids = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            authorise(client, 700, "tok_chargeDeclined", key="declined")
        ids.add(error_of(caught.value)["payment_intent"]["id"])
    assert len(ids) == 1


def test_wrong_parameters_do_not_use_the_key_up(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        authorise(client, 0, key="typo")
    assert authorise(client, 10, key="typo").status == "requires_capture"


def test_twenty_calls_at_once_with_one_key_make_one_intent(client: stripe.StripeClient) -> None:
    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(lambda _: authorise(client, 800, key="burst").id, range(20)))
    assert len(ids) == 1


def test_a_capture_with_the_same_key_is_done_once(client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, multicapture=True)
    for _ in range(2):
        taken = client.v1.payment_intents.capture(
            intent.id, params={"amount_to_capture": 300, "final_capture": False}, options={"idempotency_key": "once"}
        )
        assert taken.amount_received == 300


def test_a_killed_simulator_remembers_everything(provider: ProviderProcess, client: stripe.StripeClient) -> None:
    intent = authorise(client, 1000, key="before the kill")
    provider.kill()
    provider.start()
    assert client.v1.payment_intents.retrieve(intent.id).amount_capturable == 1000
    assert authorise(client, 1000, key="before the kill").id == intent.id
