from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from core.ids import new_id


class Supply(models.Model):
    """Units of a variant that are to come to a place on a day. `source` is the document line behind it, `reference` what
    people call it.

    With `order_by` nobody has ordered it yet: it can be there on its day when it is ordered before that moment. `arrived` may end above `quantity`. `committed` is kept by the database from the pins and refuses any other change.
    """

    class Kind(models.TextChoices):
        PURCHASE = "purchase"
        TRANSFER = "transfer"
        RETURN = "return"
        VENDOR = "vendor"

    class State(models.TextChoices):
        EXPECTED = "expected"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, db_index=False)
    location = models.ForeignKey("inventory.Location", models.PROTECT, db_index=False)
    kind = models.TextField(choices=Kind)
    source = models.UUIDField()
    reference = models.TextField()
    due = models.DateField()
    first_due = models.DateField()
    quantity = models.IntegerField()
    arrived = models.IntegerField(default=0)
    committed = models.IntegerField(default=0)
    state = models.TextField(choices=State, default=State.EXPECTED)
    order_by = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField(default=1)

    class Meta:
        verbose_name_plural = "supply"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["purchase", "transfer", "return", "vendor"]), name="supply_kind"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0, arrived__gte=0), name="supply_positive"),
            models.CheckConstraint(
                condition=Q(committed__gte=0, committed__lte=Greatest(0, F("quantity") - F("arrived"))),
                name="supply_committed_is_to_come",
            ),
            models.CheckConstraint(
                condition=Q(state="expected") | Q(state="closed", committed=0), name="supply_closed_owes_nothing"
            ),
            models.CheckConstraint(
                condition=Q(order_by=None) | Q(kind="vendor", arrived=0), name="supply_unordered_does_not_come"
            ),
            models.UniqueConstraint(
                fields=["source", "order_by", "due"],
                condition=Q(state="expected", order_by__isnull=False),
                name="supply_unordered_once",
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "due"], condition=Q(state="expected"), name="supply_of_variant"),
            models.Index(fields=["due", "location"], condition=Q(state="expected"), name="supply_by_day"),
            models.Index(fields=["source"], name="supply_source"),
        ]

    @property
    def to_come(self) -> int:
        """Units that are still waited for."""
        return max(0, self.quantity - self.arrived) if self.state == self.State.EXPECTED else 0

    @property
    def days(self) -> int:
        """From the last moment to order it to the day that it is due."""
        return (self.due - self.order_by.date()).days if self.order_by else 0

    @property
    def left(self) -> int:
        """Units that are still waited for and promised to nobody."""
        return self.to_come - self.committed


class SupplyPin(models.Model):
    """Units that a demand waits for: of a supply, or of none that is known yet. Who ordered first is served first.

    `channel_id` is whose fences it may be served from; None only until a sweep has found it (rows of older code).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    demand_key = models.UUIDField()
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, db_index=False)
    pool = models.ForeignKey("inventory.Pool", models.PROTECT, db_index=False)
    channel_id = models.UUIDField(null=True)
    supply = models.ForeignKey(Supply, models.PROTECT, null=True, related_name="pins")
    quantity = models.IntegerField()
    ordered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["demand_key", "supply"], nulls_distinct=False, name="supplypin_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="supplypin_positive"),
        ]
        indexes = [models.Index(fields=["variant", "supply", "ordered_at", "demand_key"], name="supplypin_by_supply")]
