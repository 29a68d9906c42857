import logging
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from uuid import UUID

from celery import shared_task

from core import broker, idempotency, outbox
from core.jobs import running
from core.outbox import turns
from core.people import sessions

logger = logging.getLogger(__name__)

LONGEST_PASS = 1.0
"""Seconds."""


@shared_task(name="core.relay")
def relay() -> int:
    """One pass of the relay: events become deliveries, due deliveries go to the workers as far as these keep up.

    While orders keep coming there is always more to do: the next pass does it, so that none holds a worker for long.
    """
    if not turns.take():
        return 0
    started = monotonic()
    handed, is_done = 0, False
    try:
        handed, is_done = _pass(started)
    finally:
        turns.end(timedelta(0) if is_done else timedelta(seconds=monotonic() - started))
    return handed


def _pass(started: float) -> tuple[int, bool]:
    """What was handed to the workers, and whether nothing was left for now."""
    handed = 0
    while monotonic() - started < LONGEST_PASS:
        fanned = outbox.fan_out()
        try:
            sets = outbox.claim(full=_full())
            handed += _hand_out(sets)
        except broker.AWAY as error:
            logger.warning("the broker takes no work, it waits in the database: %s", error)
            return handed, True
        if not fanned and not sets:
            return handed, True
    return handed, False


def _full() -> list[str]:
    return [queue for queue, n in broker.lengths(outbox.QUEUES).items() if n >= outbox.limits.MOST_QUEUED]


def _hand_out(sets: Sequence[outbox.Claimed]) -> int:
    for n, one in enumerate(sets):
        try:
            deliver.apply_async((one.handler, [str(i) for i in one.ids], str(one.claim)), queue=one.queue)
        except broker.AWAY:
            outbox.give_back(sets[n:])
            raise
    return sum(len(one.ids) for one in sets)


@shared_task(name="core.deliver")
def deliver(name: str, ids: list[str], claim: str) -> None:
    outbox.deliver(name, [UUID(i) for i in ids], UUID(claim))


@shared_task(name="core.park_unknown")
def park_unknown() -> int:
    return outbox.park_unknown()


@shared_task(name="core.forget_old_keys")
def forget_old_keys() -> int:
    return idempotency.forget_old()


@shared_task(name="core.forget_done_deliveries")
def forget_done_deliveries() -> int:
    return outbox.forget_done()


@shared_task(name="core.run_jobs", ignore_result=True, time_limit=840, soft_time_limit=800)
def run_jobs() -> int:
    """Long enough for a large workbook; what takes longer is begun again by the next one."""
    return running.run_jobs()


@shared_task(name="core.forget_old_jobs")
def forget_old_jobs() -> int:
    return running.forget_old()


@shared_task(name="core.forget_ended_sessions")
def forget_ended_sessions() -> int:
    return sessions.forget_ended()
