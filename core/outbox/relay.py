"""From facts to work: every event becomes one delivery per subscriber, and due deliveries are handed out.

Nothing is found by "newer than the last one seen", which would pass over what commits late: both queries ask for what
is not yet done. Any number of relays may run at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction

from core.db import rows, run
from core.ids import new_id
from core.outbox import limits, registry, told

UNDISPATCHED = """
SELECT id FROM core_event WHERE dispatched_at IS NULL AND kind = ANY(%(known)s)
ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
FAN_OUT = """
WITH taken AS (
    UPDATE core_event SET dispatched_at = statement_timestamp() WHERE id = ANY(%(ids)s)
    RETURNING id, kind, about, created_at),
made AS (
    INSERT INTO core_delivery (id, event_id, handler, line, since, due_at, attempts, error, dropped)
    SELECT gen_random_uuid(), t.id, s.name, CASE WHEN s.line = '' THEN '' ELSE s.line || ':' || t.about END,
           t.created_at, statement_timestamp(), 0, '', ''
    FROM taken t JOIN unnest(%(kinds)s::text[], %(names)s::text[], %(lines)s::text[]) AS s(kind, name, line) USING (kind)
    ON CONFLICT DO NOTHING)
SELECT kind FROM taken
"""

DUE = """
WITH room AS MATERIALIZED (
    SELECT h.name, least(%(most)s, %(in_flight)s - (
        SELECT count(*) FROM core_delivery f
        WHERE f.handler = h.name AND f.done_at IS NULL AND f.parked_at IS NULL
          AND f.due_at > statement_timestamp() AND f.claim IS NOT NULL)) AS most
    FROM unnest(%(names)s::text[]) AS h(name)),
due AS MATERIALIZED (
    SELECT d.* FROM room CROSS JOIN LATERAL (
        SELECT id, handler, event_id, line, attempts FROM core_delivery
        WHERE handler = room.name AND done_at IS NULL AND parked_at IS NULL AND due_at <= statement_timestamp()
        ORDER BY due_at LIMIT greatest(0, room.most) FOR UPDATE SKIP LOCKED) d)
SELECT id, handler, line, attempts FROM due ORDER BY handler
"""

# A delivery is behind when an earlier one of its line is not done, or an earlier event has no deliveries yet. A line ends
# in what it is about. OFFSET 0 keeps the planner from asking that once for the whole table instead of once for each row.
# Asked once the rows are locked, and not with what was true before: who ends what is ahead wakes those behind, either
# before that, and is seen here, or afterwards.
BEHIND = """
SELECT d.id FROM core_delivery d
WHERE d.id = ANY(%(ids)s) AND (EXISTS (
        SELECT FROM core_delivery b
        WHERE b.line = d.line AND b.line <> '' AND b.event_id < d.event_id AND b.done_at IS NULL OFFSET 0) OR EXISTS (
        SELECT FROM core_event u
        WHERE u.about = right(d.line, 36)::uuid AND u.id < d.event_id AND u.dispatched_at IS NULL
          AND u.kind = ANY(%(in_line)s) OFFSET 0))
"""

# What was handed out before and not begun keeps its claim: where messages wait longer than a lease, the first of them
# that a worker comes to does the work, and those behind it find nothing. A new claim would void it each time, for ever.
LEASE = """
UPDATE core_delivery SET claim = CASE WHEN begun THEN %(claim)s ELSE coalesce(claim, %(claim)s) END, begun = false,
    due_at = statement_timestamp() + %(for)s
WHERE id = ANY(%(ids)s) RETURNING id, claim
"""
PUT_OFF = "UPDATE core_delivery SET claim = NULL, due_at = statement_timestamp() + %(for)s WHERE id = ANY(%(ids)s)"

# It was begun so often and never came back: each time its worker died, or was ended for its slowness.
PARK = """
UPDATE core_delivery SET claim = NULL, parked_at = statement_timestamp(),
    error = CASE WHEN error = '' THEN %(lost)s ELSE error END WHERE id = ANY(%(ids)s)
"""
LOST = "The worker was lost each time it worked on this: killed, out of memory, or over its time limit."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A set of deliveries for one worker, which are its own as long as they bear the claim."""

    handler: str
    ids: tuple[UUID, ...]
    claim: UUID
    queue: registry.Queue


def fan_out(most: int = 500) -> int:
    """Give every undispatched event its deliveries; returns how many events were taken."""
    subscriptions = list(registry.SUBSCRIPTIONS.values())
    hearers = {
        "kinds": [s.kind for s in subscriptions],
        "names": [s.name for s in subscriptions],
        "lines": [s.line for s in subscriptions],
    }
    with transaction.atomic():
        ids = [row.id for row in rows(UNDISPATCHED, {"known": registry.known_kinds(), "most": most})]
        taken = [row.kind for row in rows(FAN_OUT, {"ids": ids, **hearers})] if ids else []
    told.handed_on(taken)
    return len(taken)


def claim(most: int = 500, *, full: Collection[str] = ()) -> list[Claimed]:
    """Lease due deliveries to the caller in sets that one worker takes at once; queues that are `full` get none.

    `most` of each handler. Handlers that this version does not know are left to one that does.
    """
    while True:
        with transaction.atomic():
            due = rows(DUE, _limits(most, full))
            ready = _ready(due)
            claims = _lease([row.id for row in ready])
        if ready or not due:  # a long queue may begin with work that has to wait in line
            return _by_claim(ready, claims)


def _by_claim(ready: Sequence[Any], claims: Mapping[UUID, UUID]) -> list[Claimed]:
    def whose(row: Any) -> tuple[str, UUID]:
        return str(row.handler), claims[row.id]

    together = groupby(sorted(ready, key=whose), whose)
    return [one for (name, claim), of in together for one in _sets(name, list(of), claim)]


def _lease(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The claim under which each may be begun."""
    wanted = {"claim": new_id(), "for": limits.LEASE, "ids": list(ids)}
    return {row.id: row.claim for row in rows(LEASE, wanted)} if ids else {}


def _limits(most: int, full: Collection[str]) -> dict[str, Any]:
    subscriptions = registry.SUBSCRIPTIONS.values()
    return {
        "most": most,
        "in_flight": limits.MOST_IN_FLIGHT,
        "names": [s.name for s in subscriptions if s.queue not in full],
    }


def _ready(due: Sequence[Any]) -> list[Any]:
    """What may be begun. The rest is put off until those before it are done, or parked as it has no attempt left."""
    behind = _behind([row.id for row in due if row.line])
    spent = [row.id for row in due if row.id not in behind and row.attempts >= limits.MOST_ATTEMPTS]
    if behind:
        run(PUT_OFF, {"for": limits.WAIT_IN_LINE, "ids": list(behind)})
    if spent:
        run(PARK, {"lost": LOST, "ids": spent})
    return [row for row in due if row.id not in behind and row.attempts < limits.MOST_ATTEMPTS]


def _behind(ids: Sequence[UUID]) -> set[UUID]:
    in_line = [s.kind for s in registry.SUBSCRIPTIONS.values() if s.line]
    return {row.id for row in rows(BEHIND, {"ids": list(ids), "in_line": in_line})} if ids else set()


def _sets(handler: str, claimed: Sequence[Any], claim: UUID) -> list[Claimed]:
    """What was begun more than once without an answer goes alone: it may be what took the others down with it."""
    queue = registry.SUBSCRIPTIONS[handler].queue
    size = registry.SET_SIZES[queue]
    alone = [(row.id,) for row in claimed if row.attempts > 1]
    ids = [row.id for row in claimed if row.attempts <= 1]
    sets = [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    return [Claimed(handler, each, claim, queue) for each in [*sets, *alone]]


def give_back(sets: Sequence[Claimed]) -> None:
    """What could not be handed to anybody is due again at once."""
    for one in sets:
        run(
            "UPDATE core_delivery SET claim = NULL, due_at = statement_timestamp()"
            " WHERE id = ANY(%(ids)s) AND claim = %(claim)s",
            {"ids": list(one.ids), "claim": one.claim},
        )
