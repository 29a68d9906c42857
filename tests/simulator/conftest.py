from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.factories.provider import ProviderProcess


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    """One simulator for the tests of a module."""
    process = ProviderProcess(Path(tmp_path_factory.mktemp("provider")) / "provider.sqlite3")
    yield process
    process.stop()


@pytest.fixture
def client(provider: ProviderProcess) -> stripe.StripeClient:
    """The real Stripe client."""
    return provider.client()
