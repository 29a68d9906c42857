"""A bulk action, row by row: the effect of a row and its result are one transaction, so neither is there without the other."""

import json
import logging
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.actors import Actor
from core.bulk import dump
from core.db import rows
from core.failures import is_away, is_busy
from core.jobs import bulk, limits
from core.jobs.bulk import Run
from core.jobs.claims import LostError, Turn
from core.jobs.models import Job
from core.lists import registry
from core.permissions import require
from core.problems import Conflict, Forbidden, NotFound, Problem

logger = logging.getLogger(__name__)

NEXT = """
SELECT id, key, label FROM core_jobrow WHERE job_id = %(job)s AND state = 'waiting' ORDER BY position LIMIT %(most)s
"""
# Waits for one who lost the job and is still at the row: it will be rolled back, as it cannot settle it any more.
LOCK = "SELECT id FROM core_jobrow WHERE id = %(row)s AND state = 'waiting' FOR NO KEY UPDATE"

# The job's row is locked last and for a moment only: who stops it need not wait for the effect of a row.
SETTLE = """
WITH settled AS (
    UPDATE core_jobrow SET state = %(state)s, words = %(words)s, ended_at = statement_timestamp()
    WHERE id = %(row)s AND state = 'waiting' RETURNING state)
UPDATE core_job SET done = done + (s.state = 'done')::int, refused = refused + (s.state = 'refused')::int,
    failed = failed + (s.state = 'failed')::int, strikes = 0,
    heard_at = statement_timestamp(), lease_until = statement_timestamp() + %(lease)s
FROM settled s WHERE id = %(job)s AND claim = %(claim)s AND core_job.state = 'running' RETURNING id
"""


def do_rows(turn: Turn) -> None:
    """Rows until there are none or the turn is over."""
    if turn.job.strikes > limits.MOST_STRIKES:
        _give_first_up(turn)
    while True:
        found = rows(NEXT, {"job": turn.job.pk, "most": limits.ROWS_AT_A_TIME})
        if not found:
            turn.finish()
            return
        for row in found:
            do_row(turn, row)
            if turn.is_over:
                turn.give_back()
                return


def do_row(turn: Turn, row: Any) -> None:
    """One row comes to its result: done, refused with the words of whoever refused, or failed."""
    for tries in range(1, limits.MOST_TRIES + 1):
        try:
            effect_and_result(turn, row)
        except LostError:
            raise
        except Problem as problem:
            _settle_alone(turn, row, "refused", problem.detail)
        except Exception as error:
            if is_away(error):
                raise
            if is_busy(error) and tries < limits.MOST_TRIES:
                continue
            logger.exception("a row of a bulk action failed", extra={"row": row.label})
            _settle_alone(turn, row, "failed", _failure(error))
        return


def effect_and_result(turn: Turn, row: Any) -> None:
    """Both or neither."""
    with transaction.atomic():
        if rows(LOCK, {"row": row.id}):
            words = effect(turn, row)
            settle(turn, row, "done", words)


def effect(turn: Turn, row: Any) -> str:
    """What the action does to the row's thing, as its owner, who must still be allowed to and still see it."""
    job = turn.job
    action, spec = bulk.get(job.action), registry.get(job.list)
    owner = type(job.owner)._default_manager.get(pk=job.owner_id)  # as they are now
    if not owner.is_active:
        raise Forbidden(_("The account that asked for it is closed."))
    require(owner, action.permission)
    if not spec.queryset(owner, QueryDict()).filter(pk=row.key).exists():
        raise NotFound(_("It is not there any more, or outside of what you may see."))
    if why := bulk.why_not(action, row.key):
        raise Conflict(str(why))
    given = _given(turn.claim, job, dump(job.parameters.get("given", {})))
    return action.act(row.key, Run(owner, Actor.of(owner), given)) or ""


@lru_cache(maxsize=8)
def _given(claim: UUID, job: Job, kept: str) -> dict[str, Any]:
    """What was given for all rows, as the form understands it: read once a turn."""
    form = bulk.get(job.action).form(job, json.loads(kept))
    if not form.is_valid():  # the form has changed since the job was started
        raise Problem(_("What was given for all rows cannot be used any more. Start it anew."))
    return form.cleaned_data


def settle(turn: Turn, row: Any, state: str, words: str) -> None:
    """Write the result of a row and count it. LostError, which undoes the effect too, when the job is not ours any more."""
    turn.mine(SETTLE, row=row.id, state=state, words=words.replace("\0", "")[:1000])


def _settle_alone(turn: Turn, row: Any, state: str, words: str) -> None:
    """The result of a row that had no effect."""
    with transaction.atomic():
        if rows(LOCK, {"row": row.id}):
            settle(turn, row, state, words or _("It was refused."))


def _failure(error: Exception) -> str:
    if is_busy(error):
        return _("Others were at work on the same things, three times over. Try again.")
    return _("Something unexpected went wrong here, and nothing was changed. It is noted for those who run the system.")


def _give_first_up(turn: Turn) -> None:
    """The row at which worker after worker was lost."""
    for row in rows(NEXT, {"job": turn.job.pk, "most": 1}):
        logger.error("a row of a bulk action lost its worker again and again", extra={"row": row.label})
        _settle_alone(
            turn,
            row,
            "failed",
            _("The work on it broke off again and again. It is noted for those who run the system."),
        )
