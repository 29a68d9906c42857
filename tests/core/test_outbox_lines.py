"""What is told about one order comes in its order where that matters; other orders never wait for it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from core import outbox
from core.actors import SYSTEM
from core.ids import new_id
from core.models import Delivery, Event, TimelineEntry
from core.outbox import Subscription, publish
from tests.core.outbox_world import Followed, Happened, Listener, make_due

pytestmark = pytest.mark.django_db
FIRST, SECOND = "test.first", "test.second"


def subscribe(listener: Listener, line: str) -> dict[str, Subscription]:
    return {
        FIRST: Subscription("test.happened", FIRST, listener, line=line),
        SECOND: Subscription("test.followed", SECOND, listener, line=line),
    }


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Hears two kinds of facts by two handlers that stand in one line."""
    listener = Listener()
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", subscribe(listener, "letters"))
    yield listener


def story(name: str) -> UUID:
    """Something happened, and something followed from it."""
    about = new_id()
    with transaction.atomic():
        publish([Happened(about=about, what=f"{name}: placed")])
    with transaction.atomic():
        publish([Followed(about=about, what=f"{name}: shipped")])
    return about


def test_one_that_fails_is_waited_for_by_what_follows_and_by_nobody_else(listener: Listener) -> None:
    listener.fails_on = "a: placed"
    story("a")
    story("b")
    outbox.drain()
    assert listener.heard == ["b: placed", "b: shipped"]
    listener.fails_on = ""
    Delivery.objects.filter(attempts=1).update(due_at=timezone.now())
    outbox.drain()
    assert listener.heard == ["b: placed", "b: shipped", "a: placed", "a: shipped"]


def test_out_of_line_what_follows_overtakes(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox.registry, "SUBSCRIPTIONS", subscribe(listener, ""))
    listener.fails_on = "a: placed"
    story("a")
    outbox.drain()
    listener.fails_on = ""
    make_due()
    outbox.drain()
    assert listener.heard == ["a: shipped", "a: placed"]


def test_a_fact_without_deliveries_yet_is_waited_for_as_well(listener: Listener) -> None:
    """Two relays at once: the later fact's deliveries may be there first."""
    about = story("a")
    first = Event.objects.filter(about=about, kind="test.happened")
    first.update(dispatched_at=timezone.now())
    outbox.fan_out()
    first.update(dispatched_at=None)
    assert outbox.claim() == []
    make_due()
    outbox.drain()
    assert listener.heard == ["a: placed", "a: shipped"]


def test_behind_what_stopped_others_wait_until_somebody_decides(listener: Listener) -> None:
    listener.fails_on = "a: placed"
    story("a")
    for _ in range(outbox.limits.MOST_ATTEMPTS + 1):
        outbox.drain()
        make_due()
    (stopped,) = outbox.stopped(FIRST)
    assert (stopped.behind, stopped.error) == (1, "RuntimeError: cannot do this one")
    assert [(h.handler, h.waiting, h.parked) for h in outbox.backlog().handlers] == [(FIRST, 0, 1), (SECOND, 1, 0)]
    assert outbox.drop([stopped.id], reason="told by telephone", actor=SYSTEM) == 1
    outbox.drain()
    assert listener.heard == ["a: shipped"]
    assert TimelineEntry.objects.get(action="work.drop").data["reason"] == "told by telephone"


def test_what_is_tried_again_goes_before_what_waited(listener: Listener) -> None:
    listener.fails_on = "a: placed"
    story("a")
    for _ in range(outbox.limits.MOST_ATTEMPTS + 1):
        outbox.drain()
        make_due()
    listener.fails_on = ""
    assert outbox.retry(outbox.stopped_ids(FIRST), actor=SYSTEM) == 1
    outbox.drain()
    assert listener.heard == ["a: placed", "a: shipped"]
    assert outbox.backlog().parked == 0


def test_a_long_queue_of_what_has_to_wait_does_not_hide_what_can_be_done(listener: Listener) -> None:
    about = new_id()
    with transaction.atomic():
        publish([Happened(about=about, what=f"a{n}") for n in range(5)] + [Happened(about=new_id(), what="b")])
    outbox.fan_out()
    Delivery.objects.filter(event__about=about).update(due_at=timezone.now() - outbox.limits.LEASE)
    first = Delivery.objects.filter(event__about=about).order_by("event_id")[0]
    Delivery.objects.filter(pk=first.pk).update(due_at=timezone.now() + outbox.limits.LEASE)
    (claimed,) = outbox.claim(most=2)
    assert [Event.objects.get(deliveries=i).payload["what"] for i in claimed.ids] == ["b"]
