"""The transactional outbox: facts go up, exactly as often as they became true.

`publish` writes events in the caller's transaction. The relay turns each event into one delivery per subscriber and
hands due deliveries to the workers. A delivery is done when its handler's effect is committed, so that an emptied
broker, a killed worker or a lost wake-up only delays work: every pending delivery is found again by a query.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.bulk import Table, insert_all
from core.db import require_atomic, rows, run
from core.ids import new_id
from core.timeline import dump

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8
SET_SIZE = 100
MOST_IN_FLIGHT = 3_000
"""Deliveries leased at a time. Were all of a long queue leased, each would be leased again every minute it waits."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact about `about`; subclasses name their `kind` and add fields that JSON can say."""

    kind: ClassVar[str]
    about: UUID


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event as its subscribers get it."""

    id: UUID
    kind: str
    about: UUID
    payload: dict[str, Any]


Handler = Callable[[list[Delivered]], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A handler by name. `outside` handlers reach beyond the database: no transaction is open around them."""

    kind: str
    name: str
    handler: Handler
    outside: bool


SUBSCRIPTIONS: dict[str, Subscription] = {}


def subscribe(kind: str, name: str, *, outside: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler of `kind`; `name` identifies it for ever, as deliveries are stored under it."""

    def register(handler: Handler) -> Handler:
        SUBSCRIPTIONS[name] = Subscription(kind, name, handler, outside)
        return handler

    return register


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it is kept."""

    id: UUID
    kind: str
    about: UUID
    payload: str
    created_at: datetime
    dispatched_at: datetime | None


TABLE = Table(
    "core_event",
    {
        "id": "uuid",
        "kind": "text",
        "about": "uuid",
        "payload": "jsonb",
        "created_at": "timestamptz",
        "dispatched_at": "timestamptz",
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
    if events and not dispatched:
        transaction.on_commit(wake, robust=True)
    now = timezone.now()
    at = now if dispatched else None
    return [Stored(new_id(), e.kind, e.about, _payload(e), now, at) for e in events]


def _payload(event: Event) -> str:
    return dump({name: value for name, value in vars(event).items() if name != "about"})


waker: Callable[[], None] | None = None


def wake() -> None:
    """Tell the relay that there is work. Losing this call loses time, never work."""
    if waker is not None:
        waker()


FAN_OUT = """
WITH taken AS MATERIALIZED (
    SELECT id, kind FROM core_event WHERE dispatched_at IS NULL ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED),
made AS (
    INSERT INTO core_delivery (id, event_id, handler, due_at, attempts, error)
    SELECT gen_random_uuid(), t.id, s.name, now(), 0, ''
    FROM taken t JOIN unnest(%(kinds)s::text[], %(names)s::text[]) AS s(kind, name) USING (kind)
    ON CONFLICT DO NOTHING)
UPDATE core_event e SET dispatched_at = clock_timestamp() FROM taken t WHERE e.id = t.id RETURNING e.id
"""

CLAIM = """
UPDATE core_delivery d SET due_at = clock_timestamp() + %(lease)s
FROM (SELECT id FROM core_delivery WHERE done_at IS NULL AND parked_at IS NULL AND due_at <= clock_timestamp()
      ORDER BY due_at, event_id LIMIT least(%(most)s, greatest(0, %(in_flight)s - (
          SELECT count(*) FROM core_delivery
          WHERE done_at IS NULL AND parked_at IS NULL AND attempts = 0 AND due_at > now())))
      FOR UPDATE SKIP LOCKED) due
WHERE d.id = due.id RETURNING d.id, d.handler
"""


def fan_out(most: int = 500) -> int:
    """Give every undispatched event its deliveries; returns how many events were taken."""
    known = list(SUBSCRIPTIONS.values())
    with transaction.atomic():
        taken = rows(FAN_OUT, {"most": most, "kinds": [s.kind for s in known], "names": [s.name for s in known]})
    return len(taken)


def claim(most: int = 500) -> list[tuple[str, list[UUID]]]:
    """Lease due deliveries to the caller, grouped by handler in sets that one worker takes at once."""
    with transaction.atomic():
        claimed = rows(CLAIM, {"most": most, "lease": LEASE, "in_flight": MOST_IN_FLIGHT})
    by_handler: dict[str, list[UUID]] = {}
    for row in claimed:
        by_handler.setdefault(row.handler, []).append(row.id)
    return [
        (name, ids[start : start + SET_SIZE])
        for name, ids in by_handler.items()
        for start in range(0, len(ids), SET_SIZE)
    ]


def deliver(name: str, ids: Sequence[UUID]) -> None:
    """Run one handler over a set of deliveries; when the set fails, each delivery is tried alone.

    A handler that is unknown fails like any other: an older worker passes it on, one that was removed is parked.
    """
    subscription = SUBSCRIPTIONS.get(name)
    if subscription is None:
        logger.error("there is no handler called %s", name)
        for one in ids:
            _failed(one, LookupError(f"there is no handler called {name}"))
        return
    try:
        _deliver(subscription, ids)
        return
    except Exception:
        if len(ids) > 1:
            logger.info("a set for %s failed, trying each delivery alone", name, exc_info=True)
        else:
            logger.exception("a delivery for %s failed", name)
    for one in ids:
        try:
            _deliver(subscription, [one])
        except Exception as error:
            _failed(one, error)


PENDING = """
SELECT d.id AS delivery, e.id, e.kind, e.about, e.payload FROM core_delivery d JOIN core_event e ON e.id = d.event_id
WHERE d.id = ANY(%(ids)s) AND d.done_at IS NULL ORDER BY e.id
"""
DONE = (
    "UPDATE core_delivery SET done_at = clock_timestamp(), attempts = attempts + 1, error = '' WHERE id = ANY(%(ids)s)"
)


def _deliver(subscription: Subscription, ids: Sequence[UUID]) -> None:
    if subscription.outside:
        pending = rows(PENDING, {"ids": list(ids)})
        subscription.handler([Delivered(p.id, p.kind, p.about, p.payload) for p in pending])
        run(DONE, {"ids": [p.delivery for p in pending]})
        return
    with transaction.atomic():
        pending = rows(PENDING + " FOR UPDATE OF d SKIP LOCKED", {"ids": list(ids)})
        if pending:
            subscription.handler([Delivered(p.id, p.kind, p.about, p.payload) for p in pending])
            run(DONE, {"ids": [p.delivery for p in pending]})


def _failed(delivery: UUID, error: Exception) -> None:
    """Back off twice as long each time; after the last attempt the delivery is parked with its error."""
    run(
        """
        UPDATE core_delivery SET attempts = attempts + 1, error = %(error)s,
            due_at = clock_timestamp() + least(interval '1 second' * power(2, attempts), interval '10 minutes'),
            parked_at = CASE WHEN attempts + 1 >= %(most)s THEN clock_timestamp() END
        WHERE id = %(id)s AND done_at IS NULL
        """,
        {"id": delivery, "error": f"{type(error).__name__}: {error}"[:2000], "most": MOST_ATTEMPTS},
    )


def drain(most_rounds: int = 100) -> int:
    """Do all due work here and now, without a broker; returns the deliveries tried. For tests and commands."""
    tried = 0
    for _ in range(most_rounds):
        fanned = fan_out()
        sets = claim()
        if not fanned and not sets:
            return tried
        for name, ids in sets:
            deliver(name, ids)
            tried += len(ids)
    return tried
