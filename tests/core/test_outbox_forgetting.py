"""What was delivered a month ago is forgotten; facts, and what is still to do, never."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from core.models import Delivery, Event
from core.outbox import forget_done
from core.outbox.forgetting import KEPT, first_key_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OLD, YOUNG = KEPT + timedelta(days=1), KEPT - timedelta(days=1)


def delivered(ago: timedelta, n: int, *, is_done: bool = True) -> UUID:
    """A delivery of a fact of that age; its key."""
    key = UUID(int=first_key_of(NOW - ago).int + n)
    event = Event.objects.create(id=key, kind="test.happened", about=key, dispatched_at=NOW)
    return Delivery.objects.create(event=event, handler="a", done_at=NOW if is_done else None).pk


def test_old_deliveries_are_forgotten_and_facts_are_kept() -> None:
    for n in range(5):
        delivered(OLD, n)
    kept = {delivered(YOUNG, 1), delivered(OLD, 6, is_done=False)}
    assert forget_done(most=2) == 5
    assert set(Delivery.objects.values_list("pk", flat=True)) == kept
    assert Event.objects.count() == 7
    assert forget_done() == 0
