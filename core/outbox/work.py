"""From work to effects: a delivery is done when its handler's effect is committed, and not before."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import Event as Signal
from threading import Thread
from time import monotonic, perf_counter
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core.db import rows, run
from core.ids import new_id
from core.outbox import limits, registry, told
from core.outbox.events import caused_by, wake
from core.outbox.registry import Delivered, Subscription
from core.outbox.relay import claim, fan_out

logger = logging.getLogger(__name__)

# A claim begins once: the same message again, from a broker that lost its worker or the relay, finds another claim and
# does nothing.
# Whatever ends or parks a delivery takes its claim away. A lease with half its time left is kept: nothing indexed changes.
BEGIN = """
UPDATE core_delivery SET claim = %(run)s, begun = true, attempts = attempts + 1,
    due_at = CASE WHEN due_at < statement_timestamp() + %(lease)s / 2 THEN statement_timestamp() + %(lease)s ELSE due_at END
WHERE id = ANY(%(ids)s) AND claim = %(claim)s RETURNING id
"""


def deliver(name: str, ids: Sequence[UUID], claimed: UUID) -> None:
    """Run one handler over those of the deliveries that still bear the claim; when the set fails, over each alone.

    What an older version does not know it hands back.
    """
    subscription = registry.SUBSCRIPTIONS.get(name)
    if subscription is None:
        logger.warning("no handler called %s in this version, its work waits for another one", name)
        run(HAND_BACK, {"ids": list(ids), "claim": claimed, "wait": limits.WAIT_IN_LINE})
        return
    mine = new_id()
    begun = rows(BEGIN, {"ids": list(ids), "claim": claimed, "run": mine, "lease": limits.LEASE})
    if not begun:
        return
    mine_to_do = [row.id for row in begun]
    with _kept_alive(mine_to_do, mine) if subscription.outside else nullcontext():
        _run(subscription, mine_to_do, mine)
    if subscription.line:
        wake()


HAND_BACK = """
UPDATE core_delivery SET claim = NULL, due_at = statement_timestamp() + %(wait)s
WHERE id = ANY(%(ids)s) AND claim = %(claim)s
"""


def _run(subscription: Subscription, ids: Sequence[UUID], mine: UUID) -> None:
    try:
        _deliver(subscription, ids, mine)
        return
    except Exception as error:
        if len(ids) == 1:
            _failed(ids[0], mine, error)
            return
    for one in ids:
        try:
            _deliver(subscription, [one], mine)
        except Exception as error:
            _failed(one, mine, error)


PENDING = """
SELECT d.id AS delivery, d.attempts, e.id, e.kind, e.about, e.payload, e.request_id
FROM core_delivery d JOIN core_event e ON e.id = d.event_id
WHERE d.id = ANY(%(ids)s) AND d.claim = %(mine)s AND d.done_at IS NULL ORDER BY e.id
"""

# Who stands behind in a line is looked at at once.
DONE = """
WITH done AS (
    UPDATE core_delivery SET done_at = clock_timestamp(), claim = NULL, error = '' WHERE id = ANY(%(ids)s)
    RETURNING event_id, line)
UPDATE core_delivery n SET due_at = statement_timestamp() FROM done
WHERE n.line = done.line AND done.line <> '' AND n.line <> '' AND n.event_id > done.event_id AND n.done_at IS NULL AND n.claim IS NULL
  AND n.attempts = 0
"""


def _deliver(subscription: Subscription, ids: Sequence[UUID], mine: UUID) -> None:
    wanted, started = {"ids": list(ids), "mine": mine}, perf_counter()
    if subscription.outside:
        pending = rows(PENDING, wanted)
        _handle(subscription, pending)
    else:
        with transaction.atomic():
            pending = rows(PENDING + " FOR UPDATE OF d SKIP LOCKED", wanted)
            _handle(subscription, pending)
    told.done(subscription, pending, started)


def _handle(subscription: Subscription, pending: Sequence[Any]) -> None:
    if not pending:
        return
    with told.working(subscription, pending), caused_by({p.about: p.request_id for p in pending}):
        subscription.handler([Delivered(p.id, p.kind, p.about, p.payload) for p in pending])
    run(DONE, {"ids": [p.delivery for p in pending]})


def _failed(delivery: UUID, mine: UUID, error: Exception) -> None:
    """Back off three times as long each time; after the last attempt the delivery is parked with its error."""
    run(
        """
        UPDATE core_delivery SET error = %(error)s, claim = NULL,
            due_at = clock_timestamp() + least(interval '1 second' * power(3, attempts - 1), %(longest)s),
            parked_at = CASE WHEN attempts >= %(most)s THEN clock_timestamp() END
        WHERE id = %(id)s AND claim = %(mine)s AND done_at IS NULL
        """,
        {
            "id": delivery,
            "mine": mine,
            "error": f"{type(error).__name__}: {error}"[:2000],
            "most": limits.MOST_ATTEMPTS,
            "longest": limits.LONGEST_PAUSE,
        },
    )


RENEW = """
UPDATE core_delivery SET due_at = statement_timestamp() + %(lease)s
WHERE id = ANY(%(ids)s) AND claim = %(mine)s AND done_at IS NULL AND parked_at IS NULL
"""


@contextmanager
def _kept_alive(ids: Sequence[UUID], mine: UUID) -> Iterator[None]:
    """Renew the lease as long as the block lasts. Work inside a transaction needs none, for its rows are locked."""
    over = Signal()
    thread = Thread(target=_renew, args=(ids, mine, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _renew(ids: Sequence[UUID], mine: UUID, over: Signal) -> None:
    started = monotonic()
    while not over.wait(limits.LEASE.total_seconds() / 3) and monotonic() - started < limits.LONGEST.total_seconds():
        try:
            run(RENEW, {"ids": list(ids), "mine": mine, "lease": limits.LEASE})
        except Exception:
            logger.exception("a lease could not be renewed; if that goes on, its work is begun again")
            connection.close()
    connection.close()


def drain(most_rounds: int = 100) -> int:
    """Do all due work here and now, without a broker; returns the deliveries tried. For tests and commands."""
    tried = 0
    for _ in range(most_rounds):
        fanned = fan_out()
        sets = claim()
        if not fanned and not sets:
            return tried
        for one in sets:
            deliver(one.handler, one.ids, one.claim)
            tried += len(one.ids)
    return tried
