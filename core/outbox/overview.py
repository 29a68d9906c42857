"""What waits, how long already, and what stopped: for people, metrics and alarms."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from core.db import rows, run
from core.outbox import limits, registry
from core.outbox.events import wake
from core.timeline import Row, record_many

UNKNOWN = "unknown"
"""In the place of a queue: handlers that this version does not know."""

WAITING = """
SELECT handler, count(*) AS waiting, min(since) AS oldest FROM core_delivery
WHERE done_at IS NULL AND parked_at IS NULL GROUP BY handler
"""
PARKED = """
SELECT handler, count(*) AS parked FROM core_delivery WHERE done_at IS NULL AND parked_at IS NOT NULL GROUP BY handler
"""
UNDISPATCHED = """
SELECT count(*) AS waiting, (SELECT created_at FROM core_event WHERE dispatched_at IS NULL ORDER BY id LIMIT 1) AS oldest
FROM core_event WHERE dispatched_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class HandlerBacklog:
    """What waits for one handler. `oldest_seconds` counts from when the fact became true; 0 when nothing waits."""

    handler: str
    queue: str
    waiting: int
    oldest_seconds: float
    parked: int


@dataclass(frozen=True, slots=True)
class QueueBacklog:
    """What waits in one queue, over all its handlers."""

    queue: str
    waiting: int
    oldest_seconds: float
    parked: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """All work that is owed. `undispatched` facts are those that no relay has seen yet."""

    queues: tuple[QueueBacklog, ...]
    handlers: tuple[HandlerBacklog, ...]
    undispatched: int
    oldest_undispatched_seconds: float

    @property
    def parked(self) -> int:
        return sum(queue.parked for queue in self.queues)


def backlog() -> Backlog:
    """Counts and ages of everything that waits: three queries over what is not done."""
    now = timezone.now()
    waiting = {row.handler: row for row in rows(WAITING)}
    parked = {row.handler: int(row.parked) for row in rows(PARKED)}
    (undispatched,) = rows(UNDISPATCHED)
    names = sorted({*registry.SUBSCRIPTIONS, *waiting, *parked})
    handlers = tuple(_of_handler(name, waiting.get(name), parked.get(name, 0), now) for name in names)
    return Backlog(_of_queues(handlers), handlers, undispatched.waiting, _seconds(undispatched.oldest, now))


def parked_count() -> int:
    """How much work has stopped."""
    return sum(row.parked for row in rows(PARKED))


def _of_handler(name: str, waiting: Any, parked: int, now: datetime) -> HandlerBacklog:
    known = registry.SUBSCRIPTIONS.get(name)
    queue = known.queue if known else UNKNOWN
    if waiting is None:
        return HandlerBacklog(name, queue, 0, 0.0, parked)
    return HandlerBacklog(name, queue, waiting.waiting, _seconds(waiting.oldest, now), parked)


def _of_queues(handlers: Sequence[HandlerBacklog]) -> tuple[QueueBacklog, ...]:
    by_queue: dict[str, list[HandlerBacklog]] = defaultdict(list)
    for one in handlers:
        by_queue[one.queue].append(one)
    names = [*registry.QUEUES, *(set(by_queue) - set(registry.QUEUES))]
    return tuple(_of_queue(name, by_queue[name]) for name in names)


def _of_queue(name: str, of: Sequence[HandlerBacklog]) -> QueueBacklog:
    oldest = max((one.oldest_seconds for one in of), default=0.0)
    return QueueBacklog(name, sum(one.waiting for one in of), oldest, sum(one.parked for one in of))


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


# What stopped

STOPPED = """
SELECT d.id, d.handler, d.attempts, d.error, d.parked_at, d.since, e.kind, e.about,
       coalesce(e.payload->>'number', '') AS number, (
           SELECT count(*) FROM core_delivery n
           WHERE d.line <> '' AND n.line = d.line AND n.line <> '' AND n.event_id > d.event_id AND n.done_at IS NULL) AS behind
FROM core_delivery d JOIN core_event e ON e.id = d.event_id
WHERE d.done_at IS NULL AND d.parked_at IS NOT NULL AND d.handler = %(handler)s ORDER BY d.parked_at, d.id LIMIT %(most)s
"""


def stopped(handler: str, most: int = 50) -> list[Any]:
    """Parked deliveries of a handler, the longest first: what of, its error, since when, how many wait behind it."""
    return rows(STOPPED, {"handler": handler, "most": most})


def stopped_ids(handler: str) -> list[UUID]:
    """All parked deliveries of a handler."""
    found = "SELECT id FROM core_delivery WHERE done_at IS NULL AND parked_at IS NOT NULL AND handler = %(handler)s"
    return [row.id for row in rows(found, {"handler": handler})]


RETRY = """
UPDATE core_delivery d SET parked_at = NULL, attempts = 0, claim = NULL, due_at = statement_timestamp()
FROM core_event e WHERE d.id = ANY(%(ids)s) AND d.parked_at IS NOT NULL AND d.done_at IS NULL AND e.id = d.event_id
RETURNING e.about, d.handler, d.error
"""

# Who stood behind it in a line goes on.
DROP = """
WITH dropped AS (
    UPDATE core_delivery d SET done_at = clock_timestamp(), claim = NULL, dropped = %(reason)s
    FROM core_event e WHERE d.id = ANY(%(ids)s) AND d.parked_at IS NOT NULL AND d.done_at IS NULL AND e.id = d.event_id
    RETURNING e.about, d.handler, d.error, d.line),
moved AS (
    UPDATE core_delivery n SET due_at = statement_timestamp() FROM dropped d
    WHERE n.line = d.line AND n.line <> '' AND n.done_at IS NULL AND n.claim IS NULL AND n.attempts = 0)
SELECT about, handler, error FROM dropped
"""


def retry(ids: Sequence[UUID], *, actor: Actor) -> int:
    """Try parked deliveries again, from the first attempt; returns how many were still parked."""
    return _decide(RETRY, ids, "work.retry", "", actor=actor)


def drop(ids: Sequence[UUID], *, reason: str, actor: Actor) -> int:
    """Give parked deliveries up for a reason that is kept; returns how many were still parked."""
    if not reason.strip():
        raise ValueError("What is dropped needs a reason.")
    return _decide(DROP, ids, "work.drop", reason.strip(), actor=actor)


def _decide(sql: str, ids: Sequence[UUID], action: str, reason: str, *, actor: Actor) -> int:
    with transaction.atomic():
        changed = rows(sql, {"ids": list(ids)} | ({"reason": reason} if reason else {}))
        record_many((Row(c.about, action, data=_told(c, reason)) for c in changed), actor=actor)
        transaction.on_commit(wake, robust=True)
    return len(changed)


def _told(changed: Any, reason: str) -> dict[str, str]:
    return {"handler": changed.handler, "error": changed.error} | ({"reason": reason} if reason else {})


PARK_UNKNOWN = """
UPDATE core_delivery SET parked_at = statement_timestamp(), claim = NULL,
    error = 'No running version has a handler called ' || handler
WHERE done_at IS NULL AND parked_at IS NULL AND handler <> ALL(%(known)s) AND since < statement_timestamp() - %(grace)s
"""


def park_unknown() -> int:
    """Stop waiting for a version that knows the handler; returns how many deliveries were parked."""
    return int(run(PARK_UNKNOWN, {"known": list(registry.SUBSCRIPTIONS), "grace": limits.UNKNOWN_FOR}).rowcount)
