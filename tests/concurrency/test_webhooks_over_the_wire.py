"""The simulator's own webhooks, signed by it, reach the application over HTTP and are understood."""

import json
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import httpx
import pytest
from pytest_django.fixtures import Settings

from core.outbox import drain
from payments import services
from payments.models import Payment
from tests.factories.payments import make_order
from tests.factories.provider import KEY, ProviderProcess, served
from tests.payments.money import statuses

SECRET = "whsec_over_the_wire"


@pytest.fixture
def address(fresh_database: str) -> Iterator[str]:
    """The application, served over HTTP."""
    with served() as address:
        yield address


@pytest.fixture
def provider(address: str, tmp_path: Path, settings: Settings) -> Iterator[ProviderProcess]:
    """A simulator that tells the application what happens."""
    url = f"{address}/api/v1/webhooks/payments/stripe"
    process = ProviderProcess(tmp_path / "provider.sqlite3", webhook_url=url, webhook_secret=SECRET)
    settings.PROVIDER_URL, settings.PROVIDER_KEY, settings.PROVIDER_WEBHOOK_SECRET = process.url, KEY, SECRET
    yield process
    process.stop()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Queue[str]:
    """The kinds of webhooks that were taken, as they come."""
    kinds: Queue[str] = Queue()
    take = services.receive_stripe_webhook

    def listen(body: bytes, signature: str) -> bool:
        news = take(body, signature)
        kinds.put(json.loads(body)["type"])
        return news

    monkeypatch.setattr(services, "receive_stripe_webhook", listen)
    return kinds


@pytest.mark.usefixtures("provider")
def test_the_end_of_an_authentication_is_heard_without_asking(heard: Queue[str]) -> None:
    order = make_order(("tok_threeDSecure2Required", "20.00"))
    drain()
    payment = Payment.objects.get(order=order)
    httpx.post(payment.action_url, data={"result": "pass"})
    assert [heard.get(timeout=10) for _ in range(3)][-1] == "payment_intent.amount_capturable_updated"
    drain()
    assert statuses(order) == ["authorised"]
