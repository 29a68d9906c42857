"""From facts to work: every event becomes one delivery per subscriber, and due deliveries are handed out.

Nothing is found by "newer than the last one seen", which would pass over what commits late: both queries ask for what
is not yet done. Any number of relays may run at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction

from core.db import rows, run
from core.ids import new_id
from core.outbox import limits, registry, told

FAN_OUT = """
WITH taken AS MATERIALIZED (
    SELECT id, kind, about, created_at FROM core_event WHERE dispatched_at IS NULL AND kind = ANY(%(known)s)
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED),
made AS (
    INSERT INTO core_delivery (id, event_id, handler, line, since, due_at, attempts, error, dropped)
    SELECT gen_random_uuid(), t.id, s.name, CASE WHEN s.line = '' THEN '' ELSE s.line || ':' || t.about END,
           t.created_at, statement_timestamp(), 0, '', ''
    FROM taken t JOIN unnest(%(kinds)s::text[], %(names)s::text[], %(lines)s::text[]) AS s(kind, name, line) USING (kind)
    ON CONFLICT DO NOTHING)
UPDATE core_event e SET dispatched_at = clock_timestamp() FROM taken t WHERE e.id = t.id RETURNING e.kind
"""

# A delivery is behind when an earlier one of its line is not done, or an earlier event has no deliveries yet. One that
# was begun so often and never came back has no attempt left: each time its worker died, or was ended for its slowness.
CLAIM = """
WITH room AS MATERIALIZED (
    SELECT h.name, least(%(most)s, %(in_flight)s - (
        SELECT count(*) FROM core_delivery f
        WHERE f.handler = h.name AND f.done_at IS NULL AND f.parked_at IS NULL
          AND f.due_at > statement_timestamp() AND f.claim IS NOT NULL)) AS most
    FROM unnest(%(names)s::text[]) AS h(name)),
due AS MATERIALIZED (
    SELECT d.* FROM room CROSS JOIN LATERAL (
        SELECT id, event_id, line, attempts FROM core_delivery
        WHERE handler = room.name AND done_at IS NULL AND parked_at IS NULL AND due_at <= statement_timestamp()
        ORDER BY due_at LIMIT greatest(0, room.most) FOR UPDATE SKIP LOCKED) d),
judged AS (
    SELECT id, attempts >= %(attempts)s AS spent, CASE WHEN line = '' THEN false ELSE EXISTS (
        SELECT FROM core_delivery b
        WHERE b.line = due.line AND b.line <> '' AND b.event_id < due.event_id AND b.done_at IS NULL) OR EXISTS (
        SELECT FROM core_event e JOIN core_event u ON u.about = e.about
        WHERE e.id = due.event_id AND u.id < e.id AND u.dispatched_at IS NULL AND u.kind = ANY(%(in_line)s)) END AS behind
    FROM due)
UPDATE core_delivery d SET claim = CASE WHEN NOT behind AND NOT spent THEN %(claim)s::uuid END,
    due_at = statement_timestamp() + CASE WHEN behind THEN %(wait)s ELSE %(lease)s END,
    parked_at = CASE WHEN spent THEN statement_timestamp() END,
    error = CASE WHEN spent AND d.error = '' THEN %(lost)s ELSE d.error END
FROM judged j WHERE d.id = j.id RETURNING d.id, d.handler, d.attempts, d.claim
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
    wanted = {
        "most": most,
        "known": registry.known_kinds(),
        "kinds": [s.kind for s in subscriptions],
        "names": [s.name for s in subscriptions],
        "lines": [s.line for s in subscriptions],
    }
    with transaction.atomic():
        taken = [row.kind for row in rows(FAN_OUT, wanted)]
    told.handed_on(taken)
    return len(taken)


def claim(most: int = 500, *, full: Collection[str] = ()) -> list[Claimed]:
    """Lease due deliveries to the caller in sets that one worker takes at once; queues that are `full` get none.

    Handlers that this version does not know are left to one that does.
    """
    wanted = [s for s in registry.SUBSCRIPTIONS.values() if s.queue not in full]
    params = {
        "most": most,
        "in_flight": limits.MOST_IN_FLIGHT,
        "attempts": limits.MOST_ATTEMPTS,
        "lease": limits.LEASE,
        "wait": limits.WAIT_IN_LINE,
        "lost": LOST,
        "claim": new_id(),
        "names": [s.name for s in wanted],
        "in_line": [s.kind for s in registry.SUBSCRIPTIONS.values() if s.line],
    }
    claimed: list[Any] = []
    looked_at: list[Any] = [None]
    while looked_at and not claimed:  # a long queue may begin with work that has to wait in line
        with transaction.atomic():
            looked_at = rows(CLAIM, params)
        claimed = [row for row in looked_at if row.claim]
    return [one for name, of in groupby(sorted(claimed, key=_by_handler), _by_handler) for one in _sets(name, list(of))]


def _by_handler(row: Any) -> str:
    return str(row.handler)


def _sets(handler: str, claimed: Sequence[Any]) -> list[Claimed]:
    """What was begun more than once without an answer goes alone: it may be what took the others down with it."""
    queue = registry.SUBSCRIPTIONS[handler].queue
    size = registry.SET_SIZES[queue]
    alone = [(row.id,) for row in claimed if row.attempts > 1]
    ids = [row.id for row in claimed if row.attempts <= 1]
    sets = [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    return [Claimed(handler, each, claimed[0].claim, queue) for each in [*sets, *alone]]


def give_back(sets: Sequence[Claimed]) -> None:
    """What could not be handed to anybody is due again at once."""
    for one in sets:
        run(
            "UPDATE core_delivery SET claim = NULL, due_at = statement_timestamp()"
            " WHERE id = ANY(%(ids)s) AND claim = %(claim)s",
            {"ids": list(one.ids), "claim": one.claim},
        )
