"""Work that is handed out belongs to one worker as long as that lives, however slow it is, and to nobody else after."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from threading import Event as Signal
from uuid import UUID

import pytest
from django.db import connection

from core import outbox
from core.ids import new_id
from core.models import Delivery
from core.outbox import Claimed, Delivered, Subscription, relay, work
from launcher.processes import wait_until
from tests.core.outbox_world import Listener, make_due, tell

PATIENCE = 10
SLOW = "test.slow"


class Slow:
    """A handler that takes as long as it is told to."""

    def __init__(self) -> None:
        self.runs, self.begun, self.may_end = 0, Signal(), Signal()

    def __call__(self, events: list[Delivered]) -> None:
        self.runs += 1
        self.begun.set()
        assert self.may_end.wait(PATIENCE)


@pytest.fixture
def slow(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    slow = Slow()
    monkeypatch.setattr(outbox.limits, "LEASE", timedelta(seconds=1))
    yield slow
    slow.may_end.set()


def listen(monkeypatch: pytest.MonkeyPatch, handler: Callable[[list[Delivered]], None], *, outside: bool) -> None:
    only = {SLOW: Subscription("test.happened", SLOW, handler, outside)}
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", only)


def deliver(claimed: Claimed) -> None:
    try:
        outbox.deliver(claimed.handler, claimed.ids, claimed.claim)
    finally:
        connection.close()


@contextmanager
def begun(slow: Slow) -> Iterator[Future[None]]:
    """A worker is at it."""
    tell("a")
    outbox.fan_out()
    (claimed,) = outbox.claim()
    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(deliver, claimed)
        assert slow.begun.wait(PATIENCE)
        yield going_on
        slow.may_end.set()
        going_on.result(PATIENCE)


def is_handed_out_again() -> bool:
    """Some time in three leases."""
    return wait_until(outbox.claim, 3 * outbox.limits.LEASE.total_seconds())


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "in a transaction"])
def test_work_that_takes_longer_than_its_lease_is_given_to_nobody_else(
    slow: Slow, outside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(monkeypatch, slow, outside=outside)
    with begun(slow):
        assert not is_handed_out_again()
    assert Delivery.objects.exclude(done_at=None).count() == slow.runs == 1


def test_a_lease_that_nobody_renews_lets_others_begin_the_same(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_kept_alive", lambda ids, mine: nullcontext())
    listen(monkeypatch, slow, outside=True)
    with begun(slow):
        assert is_handed_out_again()


@pytest.mark.django_db
def test_a_message_that_comes_again_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=True)
    tell("a")
    outbox.fan_out()
    (claimed,) = outbox.claim()
    for _ in range(3):
        outbox.deliver(claimed.handler, claimed.ids, claimed.claim)
    assert listener.heard == ["a"]


@pytest.mark.django_db
def test_where_messages_wait_longer_than_a_lease_the_first_to_arrive_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=True)
    tell("a")
    outbox.fan_out()
    (late,) = outbox.claim()
    make_due()
    (next_one,) = outbox.claim()
    outbox.deliver(late.handler, late.ids, late.claim)
    assert listener.heard == ["a"]
    outbox.deliver(next_one.handler, next_one.ids, next_one.claim)
    assert listener.heard == ["a"]


@pytest.mark.django_db
def test_with_a_new_claim_for_each_message_a_long_queue_would_never_get_anything_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=True)
    monkeypatch.setattr(relay, "LEASE", relay.LEASE.replace("CASE WHEN begun THEN", "CASE WHEN true THEN"))
    overloaded(rounds=5)
    assert listener.heard == []


@pytest.mark.django_db
def test_a_queue_in_which_every_message_is_too_late_gets_its_work_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=True)
    overloaded(rounds=5)
    assert listener.heard == ["a"]


def overloaded(*, rounds: int) -> None:
    """Each message is taken from the queue when its lease is over and the next one stands behind it."""
    tell("a")
    outbox.fan_out()
    queue = list(outbox.claim())
    for _ in range(rounds):
        make_due()
        queue += outbox.claim()
        if queue:
            oldest = queue.pop(0)
            outbox.deliver(oldest.handler, oldest.ids, oldest.claim)


@pytest.mark.django_db
def test_what_a_lost_worker_had_begun_is_begun_anew_only_by_the_next_message(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=True)
    tell("a")
    outbox.fan_out()
    (first,) = outbox.claim()
    begun_and_lost(list(first.ids), first.claim)
    (second,) = outbox.claim()
    assert second.claim != first.claim
    outbox.deliver(first.handler, first.ids, first.claim)
    assert listener.heard == []
    outbox.deliver(second.handler, second.ids, second.claim)
    assert listener.heard == ["a"]


def begun_and_lost(ids: list[UUID], claim: UUID) -> None:
    """A worker that is killed while it works on them."""
    outbox.work.rows(work.BEGIN, {"ids": ids, "claim": claim, "run": new_id(), "lease": outbox.limits.LEASE})
    make_due()


@pytest.mark.django_db
def test_what_kills_its_workers_is_set_apart_and_stopped_and_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listener = Listener()
    listen(monkeypatch, listener, outside=False)
    tell("a", "deadly", "b")
    outbox.fan_out()
    deadly = Delivery.objects.get(event__payload__what="deadly").pk
    for _ in range(outbox.limits.MOST_ATTEMPTS + 1):
        for one in outbox.claim():
            if deadly in one.ids:
                begun_and_lost(list(one.ids), one.claim)
            else:
                outbox.deliver(one.handler, one.ids, one.claim)
    assert sorted(listener.heard) == ["a", "b"]
    (stopped,) = outbox.stopped(SLOW)
    assert stopped.id == deadly
    assert stopped.error.startswith("The worker was lost each time")
