"""Whatever people do, in whatever order, and whatever fails: the books stay straight."""

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as effort
from hypothesis.stateful import run_state_machine_as_test
from pytest_django.fixtures import Settings

from tests.scenarios.company import found_company
from tests.scenarios.machine import OrderLives

COMMON = effort(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, report_multiple_bugs=False)
SHORT = effort(COMMON, max_examples=18, stateful_step_count=25, derandomize=True)
LONG = effort(COMMON, max_examples=150, stateful_step_count=40, phases=(Phase.explicit, Phase.generate, Phase.shrink))


@pytest.fixture
def lives(fresh_database: str, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> type[OrderLives]:
    """The machine, in a company made for it."""

    class Lives(OrderLives):
        company = found_company(fresh_database, monkeypatch, settings)

    return Lives


def test_random_lives_of_orders_keep_the_books_straight(lives: type[OrderLives]) -> None:
    run_state_machine_as_test(lives, settings=SHORT)


@pytest.mark.long
def test_many_long_random_lives_keep_the_books_straight(lives: type[OrderLives]) -> None:
    run_state_machine_as_test(lives, settings=LONG)
