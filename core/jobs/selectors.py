"""Reads of jobs for their pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _

from core.jobs import bulk
from core.jobs.models import Job, JobRow
from core.jobs.states import OPEN
from core.lists import registry
from core.problems import NotFound

RECENT = timedelta(minutes=15)
"""How long the shell still tells of a job that has ended."""
MOST_TOLD = 5
ENOUGH_TO_JUDGE = 20
"""Rows from which the speed of a job can be told."""


def of_owner(user: Any) -> QuerySet[Job]:
    """The jobs that somebody has started, for a KeysetList by "-id"."""
    return Job.objects.filter(owner=user).exclude(state="draft")


def find(job_id: UUID, user: Any, *, lock: bool = False) -> Job:
    """A job of one's own; anybody else's is as unknown as none."""
    jobs = Job.objects.select_for_update(no_key=True) if lock else Job.objects
    job = jobs.filter(pk=job_id, owner=user).first()
    if job is None:
        raise NotFound(_("There is no such job of yours."))
    return job


def under_way(user: Any) -> list[Job]:
    """What waits, runs, or has ended a moment ago, what is open first, then the newest: one statement."""
    found = of_owner(user).filter(Q(state__in=OPEN) | Q(finished_at__gt=timezone.now() - RECENT))
    return list(found.order_by(Case(When(state__in=OPEN, then=0), default=1), "-id")[:MOST_TOLD])


def rows_of(job: Job, state: str = "") -> QuerySet[JobRow]:
    """The rows of a job, or those with one result, for a KeysetList by "position"."""
    return job.rows.filter(state=state) if state else job.rows.all()


def title_of(job: Job) -> str:
    """What the job is called, in the reader's language while its list or action is known."""
    if job.kind == Job.Kind.BULK:
        known = bulk.ACTIONS.get(job.action)
        return str(known.title) if known else job.title
    return _("%(list)s as %(format)s") % {
        "list": registry.get(job.list).title if job.list in registry.names() else job.title,
        "format": job.parameters.get("format", "").upper(),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A job as its pages show it."""

    job: Job
    title: str

    @property
    def icon(self) -> str:
        """Its sign."""
        known = bulk.ACTIONS.get(self.job.action)
        return known.icon if known else "download"

    @property
    def state(self) -> str:
        """The state in which people see it: what is done may be so in part, or not at all."""
        job = self.job
        if job.state != "done" or not job.refused + job.failed:
            return job.state
        return "done_in_part" if job.done else "nothing_done"

    @property
    def tone(self) -> str:
        """Of its bar: green when all is well, amber when something needs a person, red when it broke."""
        job = self.job
        if job.failed or job.state == "failed":
            return "red"
        return "amber" if job.refused or job.state == "stopped" else "green" if job.state == "done" else ""

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The results as parts of a bar: what is done, refused, failed, each from where the last one ends."""
        job, parts, at = self.job, [], 0.0
        for count, tone in ((job.done, "green"), (job.refused, "amber"), (job.failed, "red")):
            width = 100 * count / max(job.total, 1)
            if count:
                parts.append({"x": at, "width": width, "tone": tone})
            at += width
        return parts

    @property
    def ends_at(self) -> datetime | None:
        """When it will be over at this pace; None when that cannot be told."""
        job = self.job
        if job.state != "running" or job.started_at is None or job.settled < ENOUGH_TO_JUDGE:
            return None
        now = timezone.now()
        return now + (now - job.started_at) / job.settled * max(0, job.total - job.settled)

    @property
    def minutes_left(self) -> int:
        """Whole minutes, at least one; 0 when that cannot be told."""
        ends = self.ends_at
        return max(1, round((ends - timezone.now()).total_seconds() / 60)) if ends else 0

    @property
    def waits_long(self) -> bool:
        """Whether nobody has taken it up for longer than that ever takes."""
        since = self.job.heard_at or self.job.created_at
        return self.job.is_open and since < timezone.now() - timedelta(minutes=3)


def told(job: Job) -> Told:
    """The job with its title."""
    return Told(job, title_of(job))
