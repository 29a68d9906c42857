"""Facts, written in the transaction that makes them true."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from structlog.contextvars import get_contextvars

from core.bulk import Table, dump, insert_all
from core.db import require_atomic
from core.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact about `about`; subclasses name their `kind` and add fields that JSON can say."""

    kind: ClassVar[str]
    about: UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it is kept. `request_id` names the request or command that it came from, over however many steps."""

    id: UUID
    kind: str
    about: UUID
    payload: str
    created_at: datetime
    dispatched_at: datetime | None
    request_id: str


TABLE = Table(
    "core_event",
    {
        "id": "uuid",
        "kind": "text",
        "about": "uuid",
        "payload": "jsonb",
        "created_at": "timestamptz",
        "dispatched_at": "timestamptz",
        "request_id": "text",
    },
)


def publish(events: Iterable[Event], *, dispatched: bool = False) -> None:
    """Write events in the caller's transaction and wake the relay after it commits.

    `dispatched` keeps the fact but owes it to nobody: for history, whose follow-up work is done in the same run.
    """
    require_atomic()
    insert_all({TABLE: stored(events, dispatched=dispatched)})


def stored(events: Iterable[Event], *, dispatched: bool = False) -> list[Stored]:
    """The events as they are kept, for a caller who writes them at once and together with others."""
    events = list(events)
    if not events:
        return []
    if not dispatched:
        transaction.on_commit(wake, robust=True)
    now = timezone.now()
    at = now if dispatched else None
    causes, request = _causes.get(), str(get_contextvars().get("request_id", ""))
    return [Stored(new_id(), e.kind, e.about, _payload(e), now, at, causes.get(e.about, request)) for e in events]


def _payload(event: Event) -> str:
    return dump({name: value for name, value in vars(event).items() if name != "about"})


_causes: ContextVar[Mapping[UUID, str]] = ContextVar("causes", default={})  # noqa: B039 - never written to


@contextmanager
def caused_by(requests: Mapping[UUID, str]) -> Iterator[None]:
    """Facts published in the block about these things come from these requests: one set may serve many requests."""
    token = _causes.set(requests)
    try:
        yield
    finally:
        _causes.reset(token)


_waker: Callable[[], None] | None = None


def set_waker(waker: Callable[[], None] | None) -> None:
    """Who is told that there is work; nobody when None."""
    global _waker
    _waker = waker


def wake() -> None:
    """Tell the relay that there is work. Losing this call loses time, never work."""
    if _waker is not None:
        _waker()
