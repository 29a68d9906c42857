from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q

from core.ids import new_id


class SerialNumber(models.Model):
    """The number of one unit of a variant. It counts nothing: it says where its unit was seen last.

    Units whose number nobody has scanned have none. The history of a number is its timeline.
    """

    class State(models.TextChoices):
        HERE = "here"
        SENT = "sent"
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="serials", db_index=False)
    code = models.TextField()
    location = models.ForeignKey("inventory.Location", models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.TextField(choices=State, default=State.HERE)
    reason = models.TextField(default="", blank=True, help_text="why it is gone")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="serial_once"),
            models.CheckConstraint(condition=Q(code__regex=r"^[!-`{-~]{1,64}$"), name="serial_spelt"),
            models.CheckConstraint(condition=Q(state__in=["here", "sent", "gone"]), name="serial_state"),
            models.CheckConstraint(
                condition=Q(state="here", location__isnull=False) | (~Q(state="here") & Q(location__isnull=True)),
                name="serial_lies_somewhere",
            ),
            models.CheckConstraint(
                condition=(Q(state="gone") & ~Q(reason="")) | (~Q(state="gone") & Q(reason="")), name="serial_gone_why"
            ),
        ]
        indexes = [
            models.Index(OpClass("code", "text_pattern_ops"), name="serial_scanned"),
            models.Index(fields=["location", "id"], condition=Q(state="here"), name="serial_at_place"),
        ]

    def __str__(self) -> str:
        return self.code
