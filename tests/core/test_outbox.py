"""Facts reach their subscribers as often as they became true, whatever fails on the way."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bound_contextvars, get_contextvars

from core import outbox
from core.ids import new_id
from core.invariants import disagreements
from core.models import Delivery
from core.models import Event as StoredEvent
from core.outbox import Delivered, Subscription, publish
from tests.core.outbox_world import Followed, Happened, Listener, make_due, tell


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Listener]:
    listener = Listener()
    only = {"test.listener": Subscription("test.happened", "test.listener", listener, outside=False)}
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", only)
    yield listener


def test_a_fact_that_was_rolled_back_is_heard_by_nobody(listener: Listener) -> None:
    with pytest.raises(ValueError, match="changed my mind"), transaction.atomic():
        publish([Happened(about=new_id(), what="no")])
        raise ValueError("changed my mind")
    outbox.drain()
    assert listener.heard == []


def test_facts_are_handed_over_in_sets_and_once(listener: Listener) -> None:
    tell("a", "b", "c")
    outbox.drain()
    make_due()
    outbox.drain()
    assert listener.heard == ["a", "b", "c"]
    assert listener.sets == [3]
    assert not StoredEvent.objects.filter(dispatched_at=None).exists()


@pytest.mark.usefixtures("fresh_database")
def test_a_publisher_must_be_in_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        publish([Happened(about=new_id())])


def test_one_that_fails_does_not_keep_the_others_waiting(listener: Listener) -> None:
    listener.fails_on = "b"
    tell("a", "b", "c")
    outbox.drain()
    assert sorted(listener.heard) == ["a", "c"]
    (failed,) = Delivery.objects.filter(done_at=None)
    assert failed.attempts == 1
    assert "cannot do this one" in failed.error
    assert failed.due_at > timezone.now()


def test_what_failed_is_tried_again_when_its_cause_is_gone(listener: Listener) -> None:
    listener.fails_on = "a"
    tell("a")
    outbox.drain()
    listener.fails_on = ""
    make_due()
    outbox.drain()
    assert listener.heard == ["a"]


def test_after_the_last_attempt_it_is_parked_and_the_invariants_say_so(listener: Listener) -> None:
    listener.fails_on = "a"
    tell("a")
    for _ in range(outbox.limits.MOST_ATTEMPTS + 2):
        outbox.drain()
        make_due()
    parked = Delivery.objects.get()
    assert parked.attempts == outbox.limits.MOST_ATTEMPTS
    assert parked.parked_at is not None
    assert any("is parked" in sentence for sentence in disagreements())


def test_what_is_owed_to_a_handler_of_another_version_waits_a_day_for_it(listener: Listener) -> None:
    tell("a", "b")
    outbox.fan_out()
    known = dict(outbox.registry.SUBSCRIPTIONS)
    outbox.registry.SUBSCRIPTIONS.clear()
    for _ in range(outbox.limits.MOST_ATTEMPTS):
        outbox.drain()
        make_due()
    assert outbox.park_unknown() == 0
    assert [q.waiting for q in outbox.backlog().queues if q.queue == outbox.UNKNOWN] == [2]
    outbox.registry.SUBSCRIPTIONS.update(known)
    outbox.drain()
    assert listener.heard == ["a", "b"]


def test_what_is_owed_to_a_handler_that_is_gone_for_good_is_parked_and_says_why(listener: Listener) -> None:
    tell("a")
    outbox.fan_out()
    outbox.registry.SUBSCRIPTIONS.clear()
    Delivery.objects.update(since=timezone.now() - outbox.limits.UNKNOWN_FOR)
    assert outbox.park_unknown() == 1
    parked = Delivery.objects.get()
    assert parked.parked_at is not None
    assert parked.error == "No running version has a handler called test.listener"


def test_work_that_the_broker_lost_is_found_again_when_its_lease_is_over(listener: Listener) -> None:
    tell("a")
    outbox.fan_out()
    assert outbox.claim()
    assert outbox.claim() == []
    make_due()
    outbox.drain()
    assert listener.heard == ["a"]


def test_history_is_told_to_nobody(listener: Listener) -> None:
    with transaction.atomic():
        publish([Happened(about=new_id(), what="long ago")], dispatched=True)
    outbox.drain()
    assert listener.heard == []
    assert StoredEvent.objects.count() == 1


def test_a_fact_that_only_a_newer_version_knows_waits_for_its_relay(listener: Listener) -> None:
    tell("a")
    StoredEvent.objects.update(kind="test.of_tomorrow")
    assert outbox.fan_out() == 0
    assert outbox.backlog().undispatched == 1
    StoredEvent.objects.update(kind="test.happened")
    outbox.drain()
    assert listener.heard == ["a"]


def test_an_older_worker_hands_back_what_it_does_not_know(listener: Listener) -> None:
    tell("a")
    outbox.fan_out()
    (claimed,) = outbox.claim()
    outbox.deliver("test.of_tomorrow", claimed.ids, claimed.claim)
    waiting = Delivery.objects.get()
    assert (waiting.claim, waiting.attempts, waiting.parked_at) == (None, 0, None)
    make_due()
    outbox.drain()
    assert listener.heard == ["a"]


def test_what_follows_from_a_fact_names_the_request_behind_it_also_in_a_set_of_many(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound: list[str] = []

    def follow(events: list[Delivered]) -> None:
        bound.append(str(get_contextvars().get("request_id", "")))
        publish([Followed(about=event.about) for event in events])

    only = {"test.follow": Subscription("test.happened", "test.follow", follow)}
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", only)
    for request in ("first", "second"):
        with bound_contextvars(request_id=request):
            tell(request)
    outbox.drain()
    followed = StoredEvent.objects.filter(kind="test.followed")
    assert {e.request_id: e.about for e in followed} == {
        e.request_id: e.about for e in StoredEvent.objects.filter(kind="test.happened")
    }
    assert bound == [""]
    with bound_contextvars(request_id="third"):
        tell("third")
    outbox.drain()
    assert bound == ["", "third"]
