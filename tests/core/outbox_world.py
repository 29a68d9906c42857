"""Facts that only tests know, and subscribers that remember what they heard."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.ids import new_id
from core.models import Delivery
from core.outbox import Delivered, Event, publish


@dataclass(frozen=True, kw_only=True)
class Happened(Event):
    kind = "test.happened"
    what: str = ""


@dataclass(frozen=True, kw_only=True)
class Followed(Event):
    kind = "test.followed"
    what: str = ""


class Listener:
    """A subscriber that remembers what it heard, and can be told to fail."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sets: list[int] = []
        self.fails_on = ""

    def __call__(self, events: list[Delivered]) -> None:
        self.sets.append(len(events))
        if self.fails_on in [e.payload["what"] for e in events]:
            raise RuntimeError("cannot do this one")
        self.heard += [e.payload["what"] for e in events]


def tell(*things: str) -> UUID:
    """Each thing happened to the same new thing."""
    about = new_id()
    with transaction.atomic():
        publish([Happened(about=about, what=thing) for thing in things])
    return about


def make_due() -> None:
    """The pause or the lease is over."""
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
