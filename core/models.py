from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from core.ids import new_id
from core.jobs.models import Job as Job
from core.jobs.models import JobPiece as JobPiece
from core.jobs.models import JobRow as JobRow
from core.people.models import Device as Device
from core.people.models import Grant as Grant
from core.people.models import OneTimeLink as OneTimeLink
from core.people.models import Pin as Pin
from core.people.models import PinTries as PinTries
from core.people.models import Role as Role
from core.people.models import SecondFactor as SecondFactor
from core.people.models import Session as Session
from core.people.models import TrustedBrowser as TrustedBrowser


class Event(models.Model):
    """The outbox: a fact, written in the transaction that made it true.

    `dispatched_at` is set when the relay has written one delivery per subscriber, in the same transaction.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField()
    about = models.UUIDField()
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    dispatched_at = models.DateTimeField(null=True)
    request_id = models.TextField(default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(dispatched_at=None), name="event_undispatched"),
            models.Index(fields=["about"], name="event_about"),
        ]


class Delivery(models.Model):
    """One event owed to one subscriber. Pending until `done_at`; parked after too many failures.

    `due_at` is when it may be handed out; while it is handed out, `claim` names to whom and `due_at` ends the lease, and
    `begun` says that the claim is that of a worker at work rather than of a message on its way to one.
    Those of the same `line` are done one at a time, in the order of their events. `since` is the event's own time.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", db_index=False)
    handler = models.TextField()
    line = models.TextField(default="", db_default="")
    since = models.DateTimeField(default=timezone.now, db_default=Now())
    due_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True)
    begun = models.BooleanField(default=False, db_default=False)
    attempts = models.IntegerField(default=0)
    error = models.TextField(default="")
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    dropped = models.TextField(default="", db_default="")
    """Why somebody gave it up, in their words."""

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["handler", "due_at"], condition=Q(done_at=None, parked_at=None), name="delivery_to_do"
            ),
            models.Index(fields=["line", "event"], condition=Q(done_at=None) & ~Q(line=""), name="delivery_in_line"),
            models.Index(
                fields=["handler", "parked_at"],
                condition=Q(done_at=None, parked_at__isnull=False),
                name="delivery_parked",
            ),
        ]


class TimelineEntry(models.Model):
    """What happened to a thing, told once, for people."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about = models.UUIDField()
    at = models.DateTimeField()
    actor_kind = models.TextField()
    actor = models.TextField()
    actor_id = models.TextField(default="")
    action = models.TextField()
    before = models.TextField(default="")
    after = models.TextField(default="")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "timeline entries"
        indexes = [models.Index(fields=["about", "at"], name="timeline_about")]


class IdempotencyKey(models.Model):
    """The stored answer of a call that wrote, kept so that a repeat gets the same answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.TextField()
    key = models.TextField()
    digest = models.TextField()
    status = models.IntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class Incident(models.Model):
    """Something that will make a promise late or false (the field's "exception")."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField()
    about = models.UUIDField()
    location_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(default="")
    resolution = models.TextField(default="")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="incidents",
        db_index=False,
        help_text="who looks after it",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["about", "kind"], condition=Q(resolved_at=None), name="incident_open_once"),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="incident_by_age"),
            models.Index(fields=["opened_at", "id"], condition=Q(resolved_at=None), name="incident_open"),
        ]


class Measure(models.Model):
    """A metric's running total, which every process adds to (core/metrics.py): one row per series.

    `series` is a JSON list of the metric's name and its labels; `counts` are the observations per bucket.
    """

    series = models.TextField(primary_key=True)
    counts = ArrayField(models.BigIntegerField())
    total = models.FloatField(default=0)
    at = models.DateTimeField(default=timezone.now)


class Heartbeat(models.Model):
    """When a part of the system was last seen to work, and what it said: one row per part (core/heartbeats.py)."""

    name = models.TextField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)


class Preferences(models.Model):
    """How a person likes to work: language, time zone, theme, start page, density. Empty is "as it comes"."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences")
    language = models.CharField(max_length=2, default="", blank=True)
    time_zone = models.TextField(default="", blank=True)
    theme = models.TextField(default="", blank=True)
    start_page = models.TextField(default="", blank=True, help_text="the name of a route; empty: home")
    density = models.TextField(default="", blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "preferences"


class SearchDocument(models.Model):
    """What a thing is found by (core/search). `id` is the thing's own, whose order is that of its making."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.TextField()
    terms = ArrayField(models.TextField(db_collation="C"))


class SearchTerm(models.Model):
    """One term of one document: the newest with a term are the end of a range of the key, however many there are."""

    pk = models.CompositePrimaryKey("kind", "term", "about")
    kind = models.TextField()
    term = models.TextField(db_collation="C")
    about = models.UUIDField()


class SearchWord(models.Model):
    """Every word that some document has, to find words by a part of them or in spite of a slip."""

    word = models.TextField(primary_key=True, db_collation="C")

    class Meta:
        indexes = [GinIndex(fields=["word"], name="search_word_parts", opclasses=["gin_trgm_ops"])]


class SavedView(models.Model):
    """A list as somebody wants to see it again: its filters (a normalised query string), order and columns.

    It is its owner's; `audience` says who else has it: nobody, everybody, or the people of a role.
    """

    class Audience(models.TextChoices):
        OWN = "own"
        ROLE = "role"
        EVERYBODY = "everybody"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    list_name = models.TextField()
    name = models.TextField()
    query = models.TextField(default="", blank=True)
    sort = models.TextField(default="", blank=True)
    columns = ArrayField(models.TextField(), default=list, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False)
    audience = models.TextField(choices=Audience, default=Audience.OWN)
    role = models.TextField(default="", blank=True)
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("owner", "list_name", Lower("name"), name="savedview_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="savedview_named"),
            models.CheckConstraint(condition=Q(audience__in=["own", "role", "everybody"]), name="savedview_audience"),
            models.CheckConstraint(
                condition=Q(audience="role") & ~Q(role="") | ~Q(audience="role") & Q(role=""), name="savedview_role"
            ),
        ]
        indexes = [models.Index(fields=["list_name", "audience"], name="savedview_shared")]


class ListPreference(models.Model):
    """How a person wants a list: the columns in their order (none: as it comes) and the view that it opens with."""

    pk = models.CompositePrimaryKey("user_id", "list_name")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    list_name = models.TextField()
    columns = ArrayField(models.TextField(), default=list, blank=True)
    opens = models.ForeignKey(SavedView, models.SET_NULL, null=True, related_name="+")
