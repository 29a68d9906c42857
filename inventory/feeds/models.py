from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from core.ids import new_id


class StockFeed(models.Model):
    """Somebody who tells what there is at some places.

    `expected_minutes` is the longest time between two messages (none: whenever it likes). When that is over the feed is
    silent since `silent_since`, the last time that it was heard, and its places do what `when_silent` says.
    """

    class Kind(models.TextChoices):
        WMS = "wms"
        POS = "pos"
        THIRD_PARTY = "3pl"
        VENDOR = "vendor"
        OTHER = "other"

    class WhenSilent(models.TextChoices):
        GO_ON = "go_on"
        HOLD_UNITS = "hold_units"
        HOLD_SHARE = "hold_share"
        PROMISE_NOTHING = "promise_nothing"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=Kind)
    places = models.ManyToManyField("inventory.Location", through="StockFeedPlace", related_name="feeds")
    is_active = models.BooleanField(default=True)
    expected_minutes = models.IntegerField(null=True)
    when_silent = models.TextField(choices=WhenSilent, default=WhenSilent.GO_ON)
    hold_units = models.IntegerField(default=0)
    hold_share = models.SmallIntegerField(default=0)
    watched_since = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(null=True)
    last_sequence = models.BigIntegerField(null=True)
    silent_since = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="stockfeed_named"),
            models.CheckConstraint(
                condition=Q(kind__in=["wms", "pos", "3pl", "vendor", "other"]), name="stockfeed_kind"
            ),
            models.CheckConstraint(
                condition=Q(expected_minutes=None) | Q(expected_minutes__gt=0), name="stockfeed_expected"
            ),
            models.CheckConstraint(
                condition=Q(when_silent="go_on", hold_units=0, hold_share=0)
                | Q(when_silent="promise_nothing", hold_units=0, hold_share=0)
                | Q(when_silent="hold_units", hold_units__gt=0, hold_share=0)
                | Q(when_silent="hold_share", hold_units=0, hold_share__gt=0, hold_share__lt=100),
                name="stockfeed_when_silent",
            ),
            models.CheckConstraint(
                condition=Q(silent_since=None) | Q(is_active=True, expected_minutes__isnull=False),
                name="stockfeed_silent_when_expected",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_sign(self) -> datetime:
        """From when on the next message is waited for."""
        return max(self.watched_since, self.heard_at) if self.heard_at else self.watched_since

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been heard by now."""
        if not self.is_active or self.expected_minutes is None:
            return False
        return self.last_sign + timedelta(minutes=self.expected_minutes) < now


class StockFeedPlace(models.Model):
    """A place that a feed speaks for; one voice for each place."""

    feed = models.ForeignKey(StockFeed, models.CASCADE, related_name="spoken_for")
    location = models.OneToOneField("inventory.Location", models.PROTECT, related_name="feed_place")


class FeedMessage(models.Model):
    """One message of a feed, applied when `finished_at` is set; its counts are those of its chunks."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    feed = models.ForeignKey(StockFeed, models.PROTECT, related_name="messages", db_index=False)
    origin = models.TextField()
    name = models.TextField(default="", blank=True)
    actor_kind = models.TextField()
    actor = models.TextField()
    actor_id = models.TextField(default="", blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    sequence = models.BigIntegerField(null=True)
    total = models.IntegerField()
    applied = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    stale = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=["api", "file"]), name="feedmessage_origin"),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(total=F("applied") + F("unchanged") + F("stale") + F("refused")),
                name="feedmessage_told_of_all",
            ),
        ]
        indexes = [
            models.Index(fields=["feed", "id"], name="feedmessage_of_feed"),
            models.Index(fields=["id"], condition=Q(finished_at=None), name="feedmessage_open"),
            models.Index(fields=["received_at"], name="feedmessage_age"),
        ]


class FeedChunk(models.Model):
    """Levels of a message that are applied together; `outcomes` stand beside them one for one when they are."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(FeedMessage, models.CASCADE, related_name="chunks", db_index=False)
    position = models.IntegerField()
    levels = models.JSONField()
    outcomes = models.JSONField(null=True)
    total = models.IntegerField()
    applied = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    stale = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "position"], name="feedchunk_once"),
            models.CheckConstraint(
                condition=Q(done_at=None, outcomes__isnull=True)
                | Q(
                    done_at__isnull=False,
                    outcomes__isnull=False,
                    total=F("applied") + F("unchanged") + F("stale") + F("refused"),
                ),
                name="feedchunk_done_is_whole",
            ),
        ]


class LastLevel(models.Model):
    """The last level of a feed for units of a condition: what was counted, and what came of it.

    `before` was on the books, `since` moved after the count was taken, `stands` is what the books say from then on.
    `apart` are units of lots that are not sold, which were counted as sellable and stay in quarantine.
    A level is never followed by an older one (a trigger refuses it).
    """

    pk = models.CompositePrimaryKey("variant_id", "location_id", "condition", "feed_id")
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, db_index=False)
    location = models.ForeignKey("inventory.Location", models.PROTECT, db_index=False)
    condition = models.TextField()
    feed = models.ForeignKey(StockFeed, models.PROTECT, db_index=False)
    sequence = models.BigIntegerField(null=True)
    as_of = models.DateTimeField()
    counted = models.IntegerField()
    since = models.IntegerField()
    apart = models.IntegerField(default=0, db_default=0)
    before = models.IntegerField()
    stands = models.IntegerField()
    source = models.UUIDField(help_text="the chunk that it came in")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(counted__gte=0), name="lastlevel_counted"),
            models.CheckConstraint(
                condition=Q(condition__in=["sellable", "damaged", "quarantine"]), name="lastlevel_condition"
            ),
            models.CheckConstraint(
                condition=Q(stands=Greatest(0, F("counted") + F("since") + F("apart"))), name="lastlevel_loses_nothing"
            ),
        ]
