"""The worker of a file of levels is killed: another one goes on, and each level is applied and told of once."""

import signal

import pytest

from core.invariants import disagreements
from inventory.feeds import intake
from inventory.models import FeedMessage, Location, Movement, Stock
from tests.factories.feeds import feed_at, kept, level, outcomes_of
from tests.factories.world import CANDLE, MUG, VASE
from tests.faults.workers import Clock, Worker

POINTS = [
    "before inventory.feeds.applying:apply_chunk",
    "after inventory.feeds.applying:_write",  # movements, journal, memory: nothing committed
    "after inventory.feeds.applying:_settle",  # what became of it too
    "after inventory.feeds.applying:apply_chunk",  # all of it is committed
    "before inventory.feeds.applying:finish",  # every chunk is done, nobody says so
]
COUNTED = {MUG: 7, CANDLE: 5, VASE: 3}
JOBS = "jobs"


@pytest.fixture
def message(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> FeedMessage:
    """A file in three chunks of one level each, at the shop where ten of each lie."""
    monkeypatch.setattr(intake, "CHUNK", 1)
    feed = feed_at(Location.objects.get(code="SHOP-PARIS"))
    return kept(feed, [level(sku, units, sequence=1) for sku, units in COUNTED.items()])


def kill_at(point: str, worker: Worker, clock: Clock, **life: str) -> None:
    worker.start(point=point, queues=JOBS, **life)
    ends: list[int] = []
    assert clock.wait_for(lambda: ends.append(end) if (end := worker.died()) is not None else ends), point
    assert ends == [-signal.SIGKILL]


def live_on(worker: Worker, clock: Clock, message: FeedMessage) -> None:
    worker.start(queues=JOBS)
    assert clock.wait_for(lambda: FeedMessage.objects.filter(pk=message.pk, finished_at__isnull=False).exists())
    worker.kill()


def test_each_level_is_applied_once_wherever_the_worker_is_killed(
    worker: Worker, clock: Clock, message: FeedMessage
) -> None:
    for point in POINTS:
        kill_at(point, worker, clock)
    live_on(worker, clock, message)
    assert outcomes_of(message) == ["applied"] * 3
    assert Movement.objects.filter(reason="count").count() == 3
    stock = Stock.objects.filter(location__code="SHOP-PARIS").values_list("variant__sku", "on_hand")
    assert dict(stock) == COUNTED
    assert disagreements() == []


def test_an_effect_without_its_outcome_is_told_of_falsely(worker: Worker, clock: Clock, message: FeedMessage) -> None:
    """Its own sequence keeps the level from being applied twice; but its sender hears that it came too late."""
    kill_at("before inventory.feeds.applying:_settle", worker, clock, protection="a chunk with its effect")
    live_on(worker, clock, message)
    assert outcomes_of(message) == ["stale", "applied", "applied"]
