"""The relay gives the broker no more than it takes: what it does not take waits in the database."""

from collections.abc import Sequence

import pytest
from redis.exceptions import ConnectionError as NobodyThereError
from redis.exceptions import ResponseError

from core import broker, outbox, tasks
from core.models import Delivery, Event
from core.outbox import Subscription
from oms import celery
from tests.core.outbox_world import Listener, tell

pytestmark = pytest.mark.django_db


class Broker:
    """In the place of the broker: what it was given, how long its queues are, and what it answers."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int]] = []
        self.lengths: dict[str, int] = {}
        self.refuses: Exception | None = None

    def length_of(self, queues: Sequence[str]) -> dict[str, int]:
        if isinstance(self.refuses, NobodyThereError):
            raise self.refuses
        return {queue: self.lengths.get(queue, 0) for queue in queues}

    def give(self, message: tuple[str, list[str], str], *, queue: str) -> None:
        if self.refuses:
            raise self.refuses
        self.given.append((queue, len(message[1])))


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A fact for two queues, and the broker."""
    at_hand = Broker()
    monkeypatch.setattr(broker, "lengths", at_hand.length_of)
    monkeypatch.setattr(tasks.deliver, "apply_async", at_hand.give)
    only = {
        "test.work": Subscription("test.happened", "test.work", Listener(), queue="work"),
        "test.mail": Subscription("test.happened", "test.mail", Listener(), queue="mail"),
    }
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", only)
    tell("a")
    return at_hand


def test_each_handler_s_work_goes_to_its_queue(at_hand: Broker) -> None:
    assert tasks.relay() == 2
    assert sorted(at_hand.given) == [("mail", 1), ("work", 1)]


def test_a_queue_that_is_long_gets_no_more_and_the_others_do(at_hand: Broker) -> None:
    at_hand.lengths["mail"] = outbox.limits.MOST_QUEUED
    assert tasks.relay() == 1
    assert at_hand.given == [("work", 1)]
    at_hand.lengths.clear()
    assert tasks.relay() == 1
    assert at_hand.given == [("work", 1), ("mail", 1)]


@pytest.mark.parametrize("refusal", [ResponseError("OOM command not allowed"), NobodyThereError("refused")])
def test_what_the_broker_does_not_take_is_due_at_once(at_hand: Broker, refusal: Exception) -> None:
    at_hand.refuses = refusal
    assert tasks.relay() == 0
    assert not Event.objects.filter(dispatched_at=None).exists()
    at_hand.refuses = None
    assert tasks.relay() == 2
    assert not Delivery.objects.exclude(attempts=0).exists()


def test_a_relay_that_nobody_runs_is_not_asked_again_and_again(
    at_hand: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Web processes ask after each order, workers or not: the broker would fill up."""
    asked: list[str] = []
    monkeypatch.setattr(celery.app, "send_task", lambda name, **how: asked.append(name))
    celery.ask_for_relay()
    assert asked == ["core.relay"]
    at_hand.lengths["relay"] = celery.MOST_ASKED
    celery.ask_for_relay()
    assert asked == ["core.relay"]


def test_the_backlog_tells_depth_and_age_of_each_queue(at_hand: Broker) -> None:
    found = outbox.backlog()
    assert (found.undispatched, [q.waiting for q in found.queues]) == (1, [0, 0, 0])
    assert found.oldest_undispatched_seconds > 0
    outbox.fan_out()
    queues = {q.queue: q for q in outbox.backlog().queues}
    assert [(name, q.waiting, q.parked) for name, q in queues.items()] == [
        ("work", 1, 0),
        ("providers", 0, 0),
        ("mail", 1, 0),
    ]
    assert queues["work"].oldest_seconds > 0
    assert queues["providers"].oldest_seconds == 0
