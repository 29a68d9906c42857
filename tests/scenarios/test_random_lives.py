"""Whatever people do, in whatever order, the books stay straight."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as effort
from hypothesis.stateful import run_state_machine_as_test
from pytest_django.fixtures import Settings

from tests.factories.provider import KEY, ProviderProcess
from tests.scenarios.machine import OrderLives

COMMON = effort(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
SHORT = effort(COMMON, max_examples=25, stateful_step_count=30, derandomize=True)
LONG = effort(COMMON, max_examples=200, stateful_step_count=50, phases=(Phase.explicit, Phase.generate, Phase.shrink))


@pytest.fixture
def provider(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """The payment provider's simulator, over HTTP."""
    process = ProviderProcess(tmp_path / "provider.sqlite3")
    settings.PROVIDER_URL, settings.PROVIDER_KEY, settings.PROVIDER_TIMEOUT = process.url, KEY, 5
    yield
    process.stop()


@pytest.mark.usefixtures("fresh_database", "provider")
def test_random_lives_of_orders_keep_the_books_straight() -> None:
    run_state_machine_as_test(OrderLives, settings=SHORT)


@pytest.mark.long
@pytest.mark.usefixtures("fresh_database", "provider")
def test_many_long_random_lives_keep_the_books_straight() -> None:
    run_state_machine_as_test(OrderLives, settings=LONG)
