"""The breaker before the provider, the time a set may take, and who hears of each call."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from payments import providers
from payments.providers import STRIPE, ask_each, observers
from payments.providers.base import NoAnswerError
from payments.providers.guard import FIRST_PAUSE, LONGEST_PAUSE, MOST_MISSED, Breaker, Call


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def calls() -> Iterator[list[Call]]:
    """Every call that was made."""
    heard: list[Call] = []
    observers.append(heard.append)
    yield heard
    observers.remove(heard.append)


def open_breaker(clock: Hands) -> Breaker:
    breaker = Breaker(clock=clock)
    for _ in range(MOST_MISSED):
        assert breaker.admits()
        breaker.unheard()
    return breaker


def test_after_enough_calls_in_vain_nobody_is_asked_for_a_while() -> None:
    clock = Hands()
    breaker = open_breaker(clock)
    assert not breaker.admits()
    clock.now += FIRST_PAUSE
    assert [breaker.admits() for _ in range(3)] == [True, False, False]


def test_the_first_answer_lets_everybody_through() -> None:
    clock = Hands()
    breaker = open_breaker(clock)
    clock.now += FIRST_PAUSE
    assert breaker.admits()
    breaker.heard()
    assert all(breaker.admits() for _ in range(20))


def test_the_pause_grows_and_never_beyond_its_longest() -> None:
    clock = Hands()
    breaker = open_breaker(clock)
    pauses = []
    for _ in range(8):
        started = clock.now
        while not breaker.admits():
            clock.now += 0.5
        breaker.unheard()
        pauses.append(clock.now - started)
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert max(pauses) == LONGEST_PAUSE


def test_an_answer_now_and_then_keeps_it_closed() -> None:
    breaker = Breaker(clock=Hands())
    for _ in range(MOST_MISSED * 3):
        breaker.unheard()
        breaker.heard()
        assert breaker.admits()


def test_another_address_starts_without_a_past(settings: Settings) -> None:
    settings.PROVIDER_URL = "http://127.0.0.1:9"
    for _ in range(MOST_MISSED):
        STRIPE.breaker.unheard()
    assert not STRIPE.breaker.admits()
    with pytest.raises(NoAnswerError, match="does not answer at present"):
        STRIPE.lookup("pi_x")
    settings.PROVIDER_URL = "http://127.0.0.1:10"
    assert STRIPE.breaker.admits()


def test_each_call_is_told_with_its_time_and_outcome(calls: list[Call], settings: Settings) -> None:
    assert STRIPE.find(uuid4()) == []
    settings.PROVIDER_URL = "http://127.0.0.1:11"
    with pytest.raises(NoAnswerError):
        STRIPE.lookup("pi_x")
    assert [(call.provider, call.operation, call.outcome) for call in calls] == [
        ("stripe", "find", "answered"),
        ("stripe", "lookup", "no_answer"),
    ]
    assert all(call.seconds >= 0 for call in calls)


def test_what_cannot_be_begun_in_time_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "BUDGET", 0.0)
    assert ask_each(lambda item: item, [1, 2, 3], late=lambda item: -item) == [-1, -2, -3]
    monkeypatch.setattr(providers, "BUDGET", 60.0)
    assert ask_each(lambda item: item, [1, 2, 3], late=lambda item: -item) == [1, 2, 3]
