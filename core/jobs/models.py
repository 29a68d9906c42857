from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.ids import new_id
from core.jobs.states import ENDED, OPEN, RESULTS, STATES


class Job(models.Model):
    """Work on a list that somebody asked for. `total` are the rows in it; what is left of them is still to be done.

    `heard_at` is when it was started, or last had a sign of life from a worker: since then it waits. While a worker has
    it, `claim` names the worker's turn and `lease_until` ends it. `key` names the attempt to start it:
    the same one twice starts one job. Of an export, `last_key` is where it has come to and `upto` where it ends.
    """

    class Kind(models.TextChoices):
        BULK = "bulk"
        EXPORT = "export"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField(choices=Kind)
    list = models.TextField()
    action = models.TextField(default="", blank=True)
    query = models.TextField(default="", blank=True)
    parameters = models.JSONField(default=dict)
    title = models.TextField()
    language = models.TextField(default="en")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs", db_index=False)
    state = models.TextField(default="draft")
    key = models.TextField(default="", blank=True)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    error = models.TextField(default="", blank=True)
    last_key = models.TextField(default="", blank=True)
    upto = models.TextField(default="", blank=True)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    strikes = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(kind="export", action="") | (Q(kind="bulk") & ~Q(action="")), name="job_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0, done__gte=0, refused__gte=0, failed__gte=0, size__gte=0, strikes__gte=0)
                & (Q(kind="export") | Q(total__gte=F("done") + F("refused") + F("failed"))),
                name="job_counts",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(total=F("done") + F("refused") + F("failed")), name="job_done_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, finished_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(finished_at__isnull=True)),
                name="job_ended_when",
            ),
            models.CheckConstraint(
                condition=Q(claim__isnull=True, lease_until__isnull=True)
                | Q(state="running", claim__isnull=False, lease_until__isnull=False),
                name="job_leased_while_running",
            ),
            models.UniqueConstraint(
                fields=["owner", "key"], condition=Q(state__in=OPEN) & ~Q(key=""), name="job_started_once"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="job_owner"),
            models.Index(fields=["created_at"], condition=Q(state__in=OPEN), name="job_open"),
            models.Index(fields=["created_at"], name="job_age"),
        ]

    @property
    def settled(self) -> int:
        """Rows that have a result."""
        return self.done + self.refused + self.failed

    @property
    def is_open(self) -> bool:
        """Whether it still goes on by itself."""
        return self.state in OPEN


class JobRow(models.Model):
    """One row of a bulk action, frozen when it was prepared, with what has become of it in words."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="rows", db_index=False)
    key = models.UUIDField()
    label = models.TextField()
    position = models.IntegerField()
    state = models.TextField(default="waiting")
    words = models.TextField(default="", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "key"], name="job_row_once"),
            models.UniqueConstraint(fields=["job", "position"], name="job_row_position"),
            models.CheckConstraint(condition=Q(state__in=RESULTS), name="job_row_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at__isnull=True) | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="job_row_ended_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "failed"]) | ~Q(words=""), name="job_row_says_why"
            ),
        ]
        indexes = [models.Index(fields=["job", "state", "position"], name="job_row_state")]


class JobPiece(models.Model):
    """A piece of an export: of its `rows` as they were read, or of the finished `file`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="pieces", db_index=False)
    of = models.TextField()
    position = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "of", "position"], name="job_piece_once"),
            models.CheckConstraint(condition=Q(of__in=["rows", "file"]), name="job_piece_known"),
        ]
