from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import new_id
from fulfillment.models import PickedSerial
from inventory.models import Location
from orders.models import Order, OrderLine


class Return(models.Model):
    """An authorised return (RMA)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rma = models.TextField(unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns")
    location = models.ForeignKey(Location, models.PROTECT, null=True)
    status = models.TextField(default="approved")
    external_id = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "external_id"], condition=~Q(external_id=""), name="return_external_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="return_by_age"),
            models.Index(fields=["status", "id"], name="return_by_state"),
        ]


class ReturnLine(models.Model):
    """Units that come back. Credits are in the order's currency; `start` is the line's count returned before."""

    class Condition(models.TextChoices):
        SELLABLE = "sellable"
        DAMAGED = "damaged"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey(Return, models.PROTECT, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines")
    quantity = models.IntegerField()
    reason = models.TextField(default="", blank=True)
    condition = models.TextField(choices=Condition, default=Condition.SELLABLE)
    decision = models.TextField(default="pending")
    disposition = models.TextField(default="", blank=True)
    start = models.IntegerField(null=True)
    net = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    tax = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    freight_net = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    freight_tax = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "order_line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_positive"),
        ]


class ReturnedSerial(models.Model):
    """A unit that came back, by the number under which it left: each departure comes back once at most."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(ReturnLine, models.PROTECT, related_name="serials")
    picked = models.OneToOneField(PickedSerial, models.PROTECT, related_name="returned")
