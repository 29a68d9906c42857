"""The machine bites: with one protection taken away it finds a story that ends wrong, and tells it in a few sentences."""

from dataclasses import replace

import pytest
from hypothesis import Phase
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from core.ids import new_id
from orders import services as orders
from payments.services import transactions
from tests.scenarios.company import found_company
from tests.scenarios.machine import OrderLives
from tests.scenarios.test_random_lives import COMMON

MOST_SENTENCES = 20
SEARCH = effort(COMMON, max_examples=100, stateful_step_count=8, derandomize=True, phases=(Phase.generate,))


class Calm(OrderLives):
    """Lives in which orders go their straight way and meet nothing but what a twin adds: quickly searched."""

    somebody = two_at_once = the_database_is_lost = the_machinery = None  # type: ignore[assignment]


def story_found(machine: type[OrderLives]) -> list[str]:
    """The sentences of the first story that ends wrong. It is short as it is: no time is spent on making it shorter."""
    with pytest.raises(AssertionError, match="The story:") as found:
        run_state_machine_as_test(machine, settings=SEARCH)
    print(found.value)
    return str(found.value).partition("The story:\n")[2].splitlines()


@pytest.mark.long
def test_without_the_lock_of_an_order_a_held_order_is_shipped(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    class Lives(Calm):
        company = found_company(fresh_database, monkeypatch, settings)

        @rule(n=st.integers(0, 2), one=st.sampled_from(["hold", "ship"]), at=st.integers(2, 12))
        def clerk_and_picker(self, n: int, one: str, at: int) -> None:
            self.workers_catch_up(0, 0)
            OrderLives.two_at_once(self, one, "ship" if one == "hold" else "hold", n, 0, 1, at)

    monkeypatch.setattr(orders, "LOCK", orders.LOCK.replace("FOR NO KEY UPDATE OF o", ""))
    told = story_found(Lives)
    assert len(told) <= MOST_SENTENCES
    assert any("‖" in sentence for sentence in told[-2:])


@pytest.mark.long
def test_with_a_new_key_for_each_call_a_lost_answer_moves_money_wrongly(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    class Lives(Calm):
        company = found_company(fresh_database, monkeypatch, settings)

        @rule(times=st.integers(1, 4))
        def the_bank_errs_in_captures(self, times: int) -> None:
            self.the_bank_errs(0, times)

    honest = transactions.ask_of
    monkeypatch.setattr(transactions, "ask_of", lambda row: replace(honest(row), key=str(new_id())))
    told = story_found(Lives)
    assert len(told) <= MOST_SENTENCES
    assert any("the bank will answer" in sentence for sentence in told)
