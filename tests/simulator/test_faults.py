"""Faults on request, and the ledger that tells what really happened in spite of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.factories.provider import ProviderProcess
from tests.simulator.calls import authorise


@pytest.fixture(autouse=True)
def no_faults_left(provider: ProviderProcess) -> Iterator[None]:
    yield
    provider.faults()


def named(payment: str) -> dict[str, Any]:
    """What ties an intent to a payment."""
    return {"metadata": {"payment": payment}, "key": f"key-of-{payment}"}


@pytest.mark.parametrize("fault", ["cut_after", "timeout_after", "500_after"])
def test_what_is_done_before_the_answer_is_lost_is_done_once(
    client: stripe.StripeClient, provider: ProviderProcess, fault: str
) -> None:
    provider.faults({"on": "create", "fault": fault, "times": 1, "seconds": 0.05})
    with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
        authorise(client, 1000, **named(fault))
    assert provider.ledger(fault) == [("authorised", 1000)]
    assert authorise(client, 1000, **named(fault)).status == "requires_capture"
    assert provider.ledger(fault) == [("authorised", 1000)]


@pytest.mark.parametrize("fault", ["cut", "timeout", "500", "429"])
def test_what_is_lost_on_its_way_is_not_done(
    client: stripe.StripeClient, provider: ProviderProcess, fault: str
) -> None:
    provider.faults({"on": "create", "fault": fault, "times": 1, "seconds": 0.05})
    with pytest.raises((stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)):
        authorise(client, 1000, **named(fault))
    assert provider.ledger(fault) == []
    authorise(client, 1000, **named(fault))
    assert provider.ledger(fault) == [("authorised", 1000)]


def test_a_failure_may_be_kept_for_its_key(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    provider.faults({"on": "create", "fault": "500_kept", "times": 1})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            authorise(client, 1000, **named("kept"))
    provider.forget_keys()
    authorise(client, 1000, **named("kept"))
    assert provider.ledger("kept") == [("authorised", 1000)]


def test_a_bank_may_decline_or_ask_whatever_the_card(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    provider.faults({"on": "create", "fault": "decline", "times": 1})
    with pytest.raises(stripe.CardError):
        authorise(client, 1000, **named("declined"))
    with pytest.raises(stripe.CardError):  # the same key, the same answer
        authorise(client, 1000, **named("declined"))
    provider.faults({"on": "create", "fault": "requires_action", "times": 1})
    assert authorise(client, 1000, **named("asked")).status == "requires_action"
    assert provider.ledger("declined") == provider.ledger("asked") == []


def test_a_bank_may_refuse_a_capture_and_a_refund(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    intent = authorise(client, 1000, **named("refused"))
    provider.faults({"on": "capture", "fault": "decline", "times": 1}, {"on": "refund", "fault": "decline", "times": 1})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.capture(intent.id)
    client.v1.payment_intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    assert provider.ledger("refused") == [("authorised", 1000), ("captured", 1000)]


def test_the_ledger_tells_each_movement(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    intent = authorise(client, 1000, multicapture=True, **named("moved"))
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 300, "final_capture": False})
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    client.v1.payment_intents.cancel(intent.id)
    moved = [("authorised", 1000), ("captured", 300), ("refunded", 100), ("released", 700)]
    assert provider.ledger("moved") == moved


def test_the_same_seed_strikes_the_same_calls(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    def struck(seed: int) -> list[bool]:
        provider.faults({"on": "search", "fault": "500", "chance": 0.5, "skip": 1}, seed=seed)
        return [_fails(client) for _ in range(12)]

    first = struck(1)
    assert struck(1) == first and struck(2) != first
    assert not first[0] and True in first and False in first[1:]


def _fails(client: stripe.StripeClient) -> bool:
    try:
        client.v1.payment_intents.search({"query": "metadata['payment']:'nobody'"})
    except stripe.APIError:
        return True
    return False


def test_new_rules_end_a_silence(client: stripe.StripeClient, provider: ProviderProcess) -> None:
    provider.faults({"on": "create", "fault": "delay", "times": 1, "seconds": 0.01})
    assert authorise(client, 1000).status == "requires_capture"
    assert provider.call("GET", "/_faults").json()["rules"][0]["struck"] == 1
    assert provider.call("DELETE", "/_faults").json()["rules"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "everything", "fault": "500"},
        {"on": "create", "fault": "flood"},
        {"on": "webhook", "fault": "500"},
        {"on": "create", "fault": "twice"},
        {"on": "create", "fault": "500", "chance": 2},
        {"on": "create", "fault": "500", "times": "often"},
        {"on": "create", "fault": "500", "colour": "red"},
        "a word",
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(provider: ProviderProcess, rule: Any) -> None:
    assert provider.call("POST", "/_faults", [rule]).status_code == 400


def test_the_control_surface_needs_the_key(provider: ProviderProcess) -> None:
    assert provider.call("GET", "/_nothing").status_code == 404
    assert httpx.get(f"{provider.url}/_ledger").status_code == 401


def test_faults_may_be_given_at_the_start(tmp_path: Path) -> None:
    rules = tmp_path / "faults.json"
    rules.write_text('[{"on": "*", "fault": "500", "times": 1}]')
    process = ProviderProcess(tmp_path / "provider.sqlite3", faults=str(rules))
    with pytest.raises(stripe.APIError):
        authorise(process.client(), 1000)
    assert authorise(process.client(), 1000).status == "requires_capture"
    process.stop()
