from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.ids import new_id


class Transfer(models.Model):
    """Goods that go from one place to another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.TextField(unique=True)
    origin = models.ForeignKey("inventory.Location", models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey("inventory.Location", models.PROTECT, related_name="transfers_in")
    status = models.TextField(default="draft")
    due_on = models.DateField()
    note = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "in_transit", "partly_received", "received", "short", "cancelled"]),
                name="transfer_status",
            ),
            models.CheckConstraint(condition=~Q(origin=F("target")), name="transfer_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(sent_at__isnull=False), name="transfer_sent"
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="transfer_by_age")]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """Units of one variant: asked for, sent, and what became of those.

    All but `quantity` and `value` are kept by the database from the steps. `value` is what the sent units cost, in EUR.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="lines", db_index=False)
    position = models.SmallIntegerField()
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="transfer_lines")
    quantity = models.IntegerField()
    sent = models.IntegerField(default=0)
    received = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    written_off = models.IntegerField(default=0)
    value = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    in_transit = models.GeneratedField(
        expression=F("sent") - F("received") - F("damaged") - F("written_off"),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transferline_once"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0, sent__gte=0, received__gte=0, damaged__gte=0, written_off__gte=0, value__gte=0
                ),
                name="transferline_not_negative",
            ),
            models.CheckConstraint(condition=Q(sent__lte=F("quantity")), name="transferline_sent_as_asked"),
            models.CheckConstraint(
                condition=Q(sent__gte=F("received") + F("damaged") + F("written_off")), name="transferline_from_nowhere"
            ),
        ]

    @property
    def gone(self) -> int:
        """Units that are no longer in transit."""
        return self.received + self.damaged + self.written_off


class TransferStep(models.Model):
    """Something that happened to a transfer's units: sent, received, written off. Never changed.

    `key` names the count or the call behind it, so that it is booked once.
    """

    class Kind(models.TextChoices):
        SEND = "send"
        RECEIVE = "receive"
        WRITE_OFF = "write_off"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="steps")
    kind = models.TextField(choices=Kind)
    key = models.UUIDField(unique=True)
    note = models.TextField(default="", blank=True)
    actor = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["send", "receive", "write_off"]), name="transferstep_kind"),
            models.UniqueConstraint(fields=["transfer"], condition=Q(kind="send"), name="transferstep_sent_once"),
        ]


class TransferStepLine(models.Model):
    """Units of a line in a step; damaged ones only when they are received."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step = models.ForeignKey(TransferStep, models.PROTECT, related_name="lines", db_index=False)
    line = models.ForeignKey(TransferLine, models.PROTECT, related_name="step_lines")
    sellable = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step", "line"], name="transferstepline_once"),
            models.CheckConstraint(
                condition=Q(sellable__gte=0, damaged__gte=0) & (Q(sellable__gt=0) | Q(damaged__gt=0)),
                name="transferstepline_moves",
            ),
        ]


class TransferStepLot(models.Model):
    """Units of a step's line that are of a lot: what left, arrived or was lost of it. Never changed.

    What left and neither arrived nor was lost is in transit. Units that left before their article asked for lots have
    none.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    step_line = models.ForeignKey(TransferStepLine, models.PROTECT, related_name="lots", db_index=False)
    lot = models.ForeignKey("inventory.Lot", models.PROTECT, related_name="transferred", db_index=False)
    sellable = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step_line", "lot"], name="transfersteplot_once"),
            models.CheckConstraint(
                condition=Q(sellable__gte=0, damaged__gte=0) & (Q(sellable__gt=0) | Q(damaged__gt=0)),
                name="transfersteplot_moves",
            ),
        ]
        indexes = [models.Index(fields=["lot"], name="transfersteplot_of_lot")]
