from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from catalog.models import Variant
from core.ids import new_id


class Fence(models.Model):
    """Units at a place set aside for one channel (an opaque key).

    `taken` are held by promises of the channel and come back when one is given up, `gone` have left since the fence was
    set. `unused` is what nobody but the channel is promised; the stock row's `fenced` adds these up (a trigger).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stock = models.ForeignKey("inventory.Stock", models.CASCADE, related_name="fences", db_index=False)
    channel_id = models.UUIDField()
    units = models.IntegerField()
    taken = models.IntegerField(default=0, db_default=0)
    gone = models.IntegerField(default=0, db_default=0)
    unused = models.GeneratedField(
        expression=Greatest(F("units") - F("taken") - F("gone"), 0),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stock", "channel_id"], name="fence_once"),
            models.CheckConstraint(condition=Q(units__gt=0, taken__gte=0, gone__gte=0), name="fence_not_negative"),
        ]


class FenceDraw(models.Model):
    """Units of a fence that one demand holds. Their sum is the fence's `taken` (a trigger)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fence = models.ForeignKey(Fence, models.CASCADE, related_name="draws", db_index=False)
    demand_key = models.UUIDField()
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["demand_key", "fence"], name="fence_draw_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fence_draw_positive"),
        ]
        indexes = [models.Index(fields=["fence"], name="fence_draws")]


class Cap(models.Model):
    """Most units of a variant that a channel (an opaque key) may sell; `used` are sold since the cap was set and not
    cancelled."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False)
    channel_id = models.UUIDField()
    most = models.IntegerField()
    used = models.IntegerField(default=0, db_default=0)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "channel_id"], name="cap_once"),
            models.CheckConstraint(condition=Q(most__gte=0, used__gte=0), name="cap_not_negative"),
        ]

    @property
    def left(self) -> int:
        """Units that may still be sold; none where the cap was lowered below what is sold."""
        return max(0, self.most - self.used)


class CapDraw(models.Model):
    """Units that one demand counts against a cap. Their sum is the cap's `used` (a trigger), which never rises above
    the most."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cap = models.ForeignKey(Cap, models.CASCADE, related_name="draws", db_index=False)
    demand_key = models.UUIDField()
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["demand_key", "cap"], name="cap_draw_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cap_draw_positive"),
        ]
        indexes = [models.Index(fields=["cap"], name="cap_draws")]


class SafetyRule(models.Model):
    """How many units places keep back, where nobody has set it for the product at the place by hand.

    For all places, or those of a kind, or one; for all products, or those of a category. The narrowest rule that fits
    counts: a place before a kind, then a category before all. `units`, or as many as are sent in `days` at the rate of
    the last `weeks`; with both, the greater.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey("inventory.Location", models.CASCADE, null=True)
    location_kind = models.TextField(default="", blank=True)
    category = models.TextField(default="", blank=True)
    units = models.IntegerField(default=0)
    days = models.SmallIntegerField(default=0)
    weeks = models.SmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "location_kind", "category"], name="safety_rule_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(units__gte=0, days__gte=0, days__lte=365, weeks__gte=1, weeks__lte=52),
                name="safety_rule_within",
            ),
            models.CheckConstraint(condition=Q(units__gt=0) | Q(days__gt=0), name="safety_rule_keeps_something"),
            models.CheckConstraint(condition=Q(location=None) | Q(location_kind=""), name="safety_rule_one_place"),
        ]
