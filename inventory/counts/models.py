from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.ids import new_id

SETTLED = ("right", "posted", "declined", "outdated")
"""The ends of a line: nothing of it changes any more."""


class CountRule(models.Model):
    """How a place counts; the one without a place speaks for all that have none of their own.

    A difference of at most `units` and at most `value` (EUR) is posted by itself. Articles are due again after so many
    days, by their class; each night a count of up to `most` of those that are due is proposed where `proposes` says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey("inventory.Location", models.PROTECT, null=True, db_index=False)
    units = models.IntegerField(default=2)
    value = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(20))
    recounts = models.BooleanField(default=True)
    proposes = models.BooleanField(default=False)
    most = models.IntegerField(default=30)
    days_a = models.IntegerField(default=30)
    days_b = models.IntegerField(default=90)
    days_c = models.IntegerField(default=180)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location"], name="countrule_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(units__gte=0, value__gte=0, most__gt=0, days_a__gt=0, days_b__gt=0, days_c__gt=0),
                name="countrule_fits",
            ),
        ]


class ArticleClasses(models.Model):
    """The articles of a place that are of class A and of class B, as they were at a moment; all others are C."""

    location = models.OneToOneField("inventory.Location", models.CASCADE, primary_key=True, related_name="+")
    a = ArrayField(models.UUIDField(), default=list)
    b = ArrayField(models.UUIDField(), default=list)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "article classes"


class StockCount(models.Model):
    """A count of some bins of a place, or of some articles wherever they lie in it (`articles`; none: all)."""

    class Scope(models.TextChoices):
        BINS = "bins"
        ARTICLES = "articles"
        DUE = "due"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.TextField(unique=True)
    location = models.ForeignKey("inventory.Location", models.PROTECT, related_name="counts")
    scope = models.TextField(choices=Scope)
    articles = ArrayField(models.UUIDField(), default=list)
    status = models.TextField(default="open")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    units = models.IntegerField(help_text="tolerated by line")
    value = models.DecimalField(max_digits=10, decimal_places=2, help_text="tolerated by line, EUR")
    recounts = models.BooleanField()
    note = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "open", "closed", "cancelled"]), name="stockcount_status"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "open"], closed_at=None)
                | Q(status__in=["closed", "cancelled"], closed_at__isnull=False),
                name="stockcount_closed",
            ),
            models.CheckConstraint(condition=Q(units__gte=0, value__gte=0), name="stockcount_tolerates"),
            models.UniqueConstraint(
                fields=["location"], condition=Q(status="proposed"), name="stockcount_one_proposal"
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="stockcount_by_age")]

    def __str__(self) -> str:
        return self.number


class CountBin(models.Model):
    """A bin of a count, or what lies in no bin: one person's work at a time, taken up again where it was left."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    count = models.ForeignKey(StockCount, models.PROTECT, related_name="bins", db_index=False)
    bin = models.ForeignKey("inventory.Bin", models.PROTECT, null=True, related_name="counts", db_index=False)
    round = models.SmallIntegerField(default=1)
    is_done = models.BooleanField(default=False)
    taken_by = models.TextField(default="", blank=True)
    taken_key = models.TextField(default="", blank=True)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "bin"], name="countbin_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(is_done=False) | Q(done_at__isnull=False, taken_at__isnull=False), name="countbin_done"
            ),
        ]
        indexes = [models.Index(fields=["bin", "done_at"], condition=Q(is_done=True), name="countbin_last")]


class CountLine(models.Model):
    """Units of a variant in a condition, of a lot, in a bin of a count.

    `counted` are those of the present round, at the moment `counted_at`; `in_hand` those that pickers had taken out by
    then, `unbooked` those that had come for the documents `unbooked_of` and were not booked. `expected` is what the books said for that moment, `difference` what was counted beyond it, `value` that at
    standard cost (EUR), `posted` what was booked of it. `earlier` keeps the rounds before.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    spot = models.ForeignKey(CountBin, models.PROTECT, related_name="lines", db_index=False)
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="count_lines", db_index=False)
    lot = models.ForeignKey("inventory.Lot", models.PROTECT, null=True, db_index=False)
    condition = models.TextField()
    is_found = models.BooleanField(default=False, help_text="the books said nothing of it there")
    status = models.TextField(default="open")
    round = models.SmallIntegerField(default=1)
    counted = models.IntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    counted_by = models.TextField(default="", blank=True)
    counted_key = models.TextField(default="", blank=True)
    in_hand = models.IntegerField(default=0)
    unbooked = models.IntegerField(default=0, db_default=0)
    unbooked_of = models.TextField(default="", db_default="", blank=True)
    has_moved = models.BooleanField(default=False, help_text="units went or came while it was counted")
    expected = models.IntegerField(null=True)
    difference = models.IntegerField(null=True)
    value = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    posted = models.IntegerField(default=0)
    earlier = models.JSONField(default=list)
    decided_by = models.TextField(default="", blank=True)
    decided_key = models.TextField(default="", blank=True)
    settled_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["spot", "variant", "lot", "condition"], name="countline_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "approve", *SETTLED])
                & Q(condition__in=["sellable", "damaged", "quarantine"]),
                name="countline_status",
            ),
            models.CheckConstraint(
                condition=Q(counted=None, counted_at=None) | Q(counted__gte=0, counted_at__isnull=False),
                name="countline_counted",
            ),
            models.CheckConstraint(
                condition=Q(status="open", settled_at=None)
                | Q(status="approve", settled_at=None, difference__isnull=False)
                | Q(status__in=SETTLED, settled_at__isnull=False, difference=F("counted") - F("expected")),
                name="countline_settled",
            ),
            models.CheckConstraint(condition=Q(unbooked__gte=0), name="countline_unbooked"),
            models.CheckConstraint(condition=~Q(status="right") | Q(difference=0), name="countline_right"),
            models.CheckConstraint(condition=Q(status="posted") | Q(posted=0), name="countline_posted"),
            models.CheckConstraint(
                condition=Q(decided_key="") | ~Q(decided_key=F("counted_key")), name="countline_two_people"
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "counted_at"], name="countline_last"),
            models.Index(fields=["id"], condition=Q(status="approve"), name="countline_waits"),
        ]


class CountEntry(models.Model):
    """Units that somebody counted, append-only; `key` names the scan, so that it counts once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(CountLine, models.PROTECT, related_name="entries")
    key = models.UUIDField(unique=True)
    round = models.SmallIntegerField()
    quantity = models.IntegerField()
    actor = models.TextField()
    actor_key = models.TextField(default="", db_default="", blank=True, help_text="tells people apart")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "count entries"
