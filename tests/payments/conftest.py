from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from pytest_django.fixtures import Settings

from core import outbox
from tests.factories.provider import KEY, LossyLine, ProviderProcess

WEBHOOK_SECRET = "whsec_payments"


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    """One simulator for all tests of payments; every test has payments of its own in it."""
    process = ProviderProcess(Path(tmp_path_factory.mktemp("provider")) / "provider.sqlite3")
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def connected(provider: ProviderProcess, settings: Settings, db: None) -> None:
    """The application speaks to the simulator."""
    settings.PROVIDER_URL = provider.url
    settings.PROVIDER_KEY = KEY
    settings.PROVIDER_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.PROVIDER_TIMEOUT = 20


@pytest.fixture(autouse=True)
def nobody_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders here have money but no stock: what others do with them is not looked at."""
    ours = {name: one for name, one in outbox.registry.SUBSCRIPTIONS.items() if name.startswith("payments.")}
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", ours)


@pytest.fixture
def client_of_provider(provider: ProviderProcess) -> stripe.StripeClient:
    """The real client, to see what the provider has."""
    return provider.client()


@pytest.fixture
def line(provider: ProviderProcess, settings: Settings) -> Iterator[LossyLine]:
    """The application speaks to the simulator over a line that can be cut."""
    line = LossyLine(provider.url)
    settings.PROVIDER_URL = line.url
    yield line
    line.close()
