"""Who may sign in, how, and what they may do."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import new_id


class Role(models.Model):
    """What its people may do. One that is built in is as delivered (oms/roles.py) where a field is empty.

    `manages_people` repeats for the database whether the role may give rights to others: somebody must always be left
    who may.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField(default="", blank=True)
    description = models.TextField(default="", blank=True)
    permissions = ArrayField(models.TextField(), null=True, blank=True)
    needs_second_factor = models.BooleanField(null=True, blank=True)
    idle_minutes = models.IntegerField(null=True, blank=True)
    built_in = models.BooleanField(default=False)
    manages_people = models.BooleanField(default=False)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(built_in=True)
                | Q(permissions__isnull=False, needs_second_factor__isnull=False, idle_minutes__isnull=False)
                & ~Q(name=""),
                name="role_own_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(permissions=None)
                | Q(manages_people=True, permissions__contains=["people.manage"])
                | Q(manages_people=False) & ~Q(permissions__contains=["people.manage"]),
                name="role_says_who_manages",
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[a-z][a-z0-9-]{0,39}$"), name="role_code"),
            models.CheckConstraint(
                condition=Q(idle_minutes=None) | Q(idle_minutes__gte=5, idle_minutes__lte=1440), name="role_idle"
            ),
        ]


class Grant(models.Model):
    """A role given to a person, everywhere or at one location. The database knows `role` as a key of the roles."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants")
    role = models.TextField()
    location_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "location_id"], nulls_distinct=False, name="grant_once"),
        ]


class SecondFactor(models.Model):
    """What a person proves to have beside the password: an app that shows codes, and codes for when it is lost.

    The app's secret is worked out from `salt` and the secret key of the system, so a copy of the table opens nothing.
    `last_step` is the time step of the newest code that was used: none is taken twice.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="second_factor"
    )
    salt = models.TextField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)
    recovery = ArrayField(models.TextField(), default=list, help_text="digests of the codes that are left")
    failures = models.IntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)


class TrustedBrowser(models.Model):
    """A browser that is not asked for the second factor until `expires_at`; its row gone, it is asked again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="trusted_browsers")
    agent = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()


class OneTimeLink(models.Model):
    """A link that lets a person choose a password, once and for a while. What is mailed is this id, signed."""

    class Kind(models.TextChoices):
        INVITATION = "invitation"
        RESET = "reset"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="one_time_links")
    kind = models.TextField(choices=Kind)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(used_at=None), name="onetimelink_one_open"),
        ]

    @property
    def is_over(self) -> bool:
        """Whether it was used or is too old."""
        return self.used_at is not None or self.expires_at <= timezone.now()


class Device(models.Model):
    """A tablet that several people share at one location. Its browser holds a secret; here is only the digest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField()
    location_id = models.UUIDField()
    digest = models.TextField(unique=True)
    idle_minutes = models.IntegerField(default=3)
    registered_by = models.TextField()
    registered_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="device_named"),
            models.CheckConstraint(condition=Q(idle_minutes__gte=1, idle_minutes__lte=60), name="device_idle"),
        ]

    @property
    def idle_seconds(self) -> int:
        """How long it may rest before it locks itself."""
        return self.idle_minutes * 60


class Pin(models.Model):
    """The digits by which a person is known on a shared tablet. Too many wrong ones since the last right one end it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="pin")
    digest = models.TextField()
    set_at = models.DateTimeField(default=timezone.now)
    failures = models.IntegerField(default=0)


class PinTries(models.Model):
    """Wrong PINs of one person on one device since the last right one."""

    pk = models.CompositePrimaryKey("device_id", "user_id")
    device = models.ForeignKey(Device, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    failures = models.IntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)


class Session(models.Model):
    """Somebody who is signed in: in which browser, since when, last seen when. Ending it deletes both rows."""

    key = models.TextField(primary_key=True, help_text="of Django's own session")
    id = models.UUIDField(unique=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions")
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="sessions")
    agent = models.TextField(default="")
    address = models.TextField(default="")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
