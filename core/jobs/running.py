"""Workers and jobs: who works on which, for how long, and what becomes of one whose worker died.

A job belongs to a worker by a claim with a lease, which each row renews. A worker that was killed lets it run out, and the
next one that asks for work goes on where it stopped. Should two ever work on one job, the claim decides: what the one
who lost it does is rolled back.
"""

import logging
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from structlog.contextvars import bound_contextvars

from core.days import zone
from core.db import rows, run
from core.failures import is_away
from core.ids import new_id
from core.jobs import exporting, limits, working
from core.jobs.claims import LostError, Turn
from core.jobs.models import Job
from core.jobs.states import JOB

logger = logging.getLogger(__name__)

CLAIM = """
UPDATE core_job SET state = 'running', claim = %(claim)s, lease_until = statement_timestamp() + %(lease)s,
    heard_at = statement_timestamp(), started_at = coalesce(started_at, statement_timestamp()), strikes = strikes + 1
WHERE id = (
    SELECT id FROM core_job
    WHERE state = ANY(%(open)s) AND (lease_until IS NULL OR lease_until < statement_timestamp())
    ORDER BY coalesce(heard_at, created_at), id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def run_jobs(longest: timedelta = limits.LONGEST_TASK) -> int:
    """Work on jobs in turns until there are none or the time is over; returns the number of turns."""
    ends, turns = monotonic() + longest.total_seconds(), 0
    while monotonic() < ends and (turn := take()) is not None:
        turns += 1
        work(turn)
    return turns


def take() -> Turn | None:
    """The job that has waited longest for somebody, as ours from now on; None when all are in good hands."""
    claim = new_id()
    found = rows(CLAIM, {"claim": claim, "lease": limits.LEASE, "open": list(JOB.table["begin"][0])})
    if not found:
        return None
    job = Job.objects.select_related("owner").get(pk=found[0].id)
    return Turn(job, claim, monotonic() + limits.TURN.total_seconds())


def work(turn: Turn) -> None:
    """One turn of a job, in the language and by the clock of whoever asked for it: their filters and days are theirs."""
    job = turn.job
    language = job.language if job.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    clock = timezone.override(zone(job.parameters.get("zone", "")))
    with bound_contextvars(request_id=number_of(job), job=str(job.pk)), translation.override(language), clock:
        try:
            _work(turn)
        except LostError:
            logger.info("the job is not ours any more: stopped, or taken over by another worker")
        except Exception as error:
            if is_away(error):
                raise  # with the next try; the lease runs out
            logger.exception("a job broke off")
            turn.fail(_("Something unexpected went wrong. It is noted as %(number)s.") % {"number": number_of(job)})


def number_of(job: Job) -> str:
    """How people and the log name a job."""
    return f"job-{job.pk.hex[-8:]}"


def _work(turn: Turn) -> None:
    """As far as the turn goes; then the job has ended, or others may go on with it."""
    if turn.job.kind == Job.Kind.BULK:
        working.do_rows(turn)
    elif turn.job.strikes > limits.MOST_STRIKES:
        turn.fail(_("Its worker was lost again and again. Narrow the list, or ask for fewer columns."))
    else:
        exporting.write(turn)


def forget_old() -> int:
    """Delete files, drafts and jobs whose time is over; returns how many rows went."""
    now = timezone.now()
    gone = run(FORGET_FILES, {"before": now - limits.FILES_KEPT}).rowcount
    ages = {"drafts": now - limits.DRAFTS_KEPT, "before": now - limits.KEPT}
    old: list[UUID] = [row.id for row in rows(OLD, ages)]
    count, _of = Job.objects.filter(pk__in=old).delete()
    return gone + count


FORGET_FILES = """
DELETE FROM core_jobpiece p USING core_job j
WHERE p.job_id = j.id AND j.state NOT IN ('waiting', 'running') AND j.finished_at < %(before)s
"""
OLD = """
SELECT id FROM core_job
WHERE state = 'draft' AND created_at < %(drafts)s
   OR state IN ('done', 'stopped', 'failed') AND created_at < %(before)s AND finished_at < %(before)s
ORDER BY id LIMIT 100
"""
