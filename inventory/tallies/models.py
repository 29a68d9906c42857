from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import new_id


class Tally(models.Model):
    """A count in progress for a document, until it is booked or dropped."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about = models.UUIDField()
    purpose = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="", blank=True)
    outcome = models.TextField(default="", blank=True)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["about", "purpose"], condition=Q(closed_at=None), name="tally_one_open"),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | Q(closed_at__isnull=False, outcome__in=["booked", "dropped"]),
                name="tally_outcome",
            ),
            models.CheckConstraint(condition=Q(purpose__in=["receive", "send"]), name="tally_purpose"),
        ]


class TallyEntry(models.Model):
    """Units that somebody counted; negative ones take back what was counted too many."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tally = models.ForeignKey(Tally, models.CASCADE, related_name="entries", db_index=False)
    key = models.UUIDField()
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, db_index=False)
    condition = models.TextField()
    quantity = models.IntegerField()
    lot = models.TextField(default="", db_default="", blank=True, help_text="its code, as the label says it")
    expires_on = models.DateField(null=True, help_text="the last day of the lot, as the label says it")
    actor = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "tally entries"
        constraints = [
            models.UniqueConstraint(fields=["tally", "key"], name="tally_entry_once"),
            models.CheckConstraint(condition=~Q(quantity=0), name="tally_entry_counts"),
            models.CheckConstraint(condition=Q(condition__in=["sellable", "damaged"]), name="tally_entry_condition"),
        ]
