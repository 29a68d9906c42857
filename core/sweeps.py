"""Sweeps: one thing after the other, of which each may fail.

What fails is told as an exception and tried again by later sweeps, after all others and with growing pauses, so that
these neither suffer from it nor wait for it. The exception ends by itself when it succeeds, or nothing is left to do.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID, uuid5

from django.utils import timezone

from core.actors import Actor
from core.bulk import dump
from core.db import rows
from core.failures import is_away, is_busy
from core.incidents import Found, open_many, resolve_many
from core.outbox.limits import LONGEST_PAUSE

T = TypeVar("T")
logger = logging.getLogger(__name__)

KIND = "stuck"
MOST_AGAIN = 100
"""Things that failed before and are tried again in one sweep: those that have waited longest for it."""
LONGEST_ERROR = 500

_STUCK = """
SELECT coalesce((data->>'thing')::uuid, about) AS thing, about, data FROM core_incident
WHERE kind = %(kind)s AND resolved_at IS NULL AND data->>'work' = %(work)s ORDER BY data->>'again_at', about
"""
_TRIED = """
UPDATE core_incident SET data = %(data)s::jsonb
WHERE kind = %(kind)s AND about = %(about)s AND resolved_at IS NULL AND data->>'work' = %(work)s
RETURNING about
"""


def stuck(work: str) -> list[UUID]:
    """What this work has failed at and not done since."""
    return list(_stuck(work))


def _stuck(work: str) -> dict[UUID, Any]:
    """What this work has failed at, each with its incident's `about` and `data`."""
    return {row.thing: row for row in rows(_STUCK, {"kind": KIND, "work": work})}


def each(
    work: str, things: Iterable[UUID], act: Callable[[UUID], T], *, actor: Actor, until: float | None = None
) -> list[T]:
    """Act on each thing, those last that this work has failed at before; returns what came of those that succeeded.

    `act` owns its transactions and may find nothing to do. Nothing is begun after the monotonic time `until`. Raises
    only where the database is away, as then nothing else would succeed.
    """
    wanted, known = dict.fromkeys(things), _stuck(work)
    done: list[T] = []
    again = [one for one in known if one in wanted and _is_due(known[one].data)][:MOST_AGAIN]
    for one in [*(one for one in wanted if one not in known), *again]:
        if until is not None and monotonic() > until:
            break
        try:
            done.append(act(one))
        except Exception as error:
            _failed(work, one, error, known.get(one), actor=actor)
        else:
            if one in known:
                resolve_many(
                    KIND, [known[one].about], actor=actor, resolution="it has succeeded, or there is nothing left to do"
                )
    return done


def in_sets(work: str, things: Sequence[UUID], act: Callable[[Sequence[UUID]], list[T]], *, actor: Actor) -> list[T]:
    """Act on all things at once, and where that fails, on each alone."""
    try:
        return act(things) if things else []
    except Exception as error:
        set_failed(work, error)
    return [result for part in each(work, things, lambda one: act([one]), actor=actor) for result in part]


def set_failed(work: str, error: Exception) -> None:
    """Note that a set failed, each of which is tried alone now; raises it again where the database is away."""
    if is_away(error):
        raise error
    logger.info("a set of %s failed, each is tried alone", work, exc_info=error)


def _is_due(data: dict[str, Any]) -> bool:
    return datetime.fromisoformat(data["again_at"]) <= timezone.now()


def _failed(work: str, thing: UUID, error: Exception, before: Any, *, actor: Actor) -> None:
    """Tell it; not where others were at work on the same rows, as the next sweep will find these free."""
    if is_away(error):
        raise error
    if is_busy(error):
        logger.info("%s of %s met others at work, the next sweep tries it again", work, thing)
        return
    logger.error("%s of %s failed, it is tried again later", work, thing, exc_info=error)
    tries = (before.data["tries"] if before else 0) + 1
    pause = min(timedelta(seconds=3 ** min(tries, 9)), LONGEST_PAUSE)
    words = f"{type(error).__name__}: {error}".replace("\0", "")[:LONGEST_ERROR]
    data = {"work": work, "error": words, "tries": tries, "again_at": (timezone.now() + pause).isoformat()}
    own = uuid5(thing, work)  # where the exception that is open about the thing itself is another work's
    for about in (own,) if before and before.about == own else (thing, own):
        said = data | ({"thing": str(thing)} if about == own else {})
        if open_many(KIND, [Found(about, data=said)], actor=actor):
            return
        if rows(_TRIED, {"kind": KIND, "work": work, "about": about, "data": dump(said)}):
            return
