from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Variant
from core.ids import new_id
from fulfillment.states import MOVING, OPEN
from inventory.models import Location, Lot, SerialNumber
from orders.models import Order, OrderLine


class FulfillmentOrder(models.Model):
    """The work one location does for one order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfillment_orders")
    location = models.ForeignKey(Location, models.PROTECT, db_index=False)
    method = models.TextField(default="ship")
    carrier = models.TextField(default="", blank=True)
    service = models.TextField(default="standard")
    status = models.TextField(default="planned")
    freight_cost = models.DecimalField(
        max_digits=10, decimal_places=2, default=Decimal(0), help_text="what the carrier will charge, EUR"
    )
    promise_earliest = models.DateField(null=True)
    promise_latest = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["location", "status", "id"], name="fulfillment_work"),
            models.Index(fields=["id"], condition=Q(status="planned"), name="fulfillment_planned"),
            models.Index(fields=["status", "order"], condition=Q(status__in=OPEN), name="fulfillment_open"),
        ]

    @property
    def promised(self) -> date | None:
        """The day the customer was promised; what was promised later, when nothing could be at first."""
        return self.order.promise_latest or self.promise_latest

    @property
    def moved_to(self) -> date | None:
        """The day it is planned for by now, when that is later than the customer was promised."""
        planned, promised = self.promise_latest, self.promised
        return planned if planned and promised and planned > promised else None


class FulfillmentLine(models.Model):
    """Units of an order line that one location is to send."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fulfillment_order = models.ForeignKey(FulfillmentOrder, models.PROTECT, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="fulfillment_lines")
    quantity = models.IntegerField()
    picked = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfillment_order", "order_line"], name="fulfillment_line_once"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gt=0, picked__gte=0, cancelled__gte=0, quantity__gte=F("picked") + F("cancelled")
                ),
                name="fulfillment_line_quantities",
            ),
        ]


class Shipment(models.Model):
    """What a carrier takes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    fulfillment_order = models.ForeignKey(FulfillmentOrder, models.PROTECT, related_name="shipments")
    carrier = models.TextField()
    service = models.TextField()
    tracking_number = models.TextField(unique=True, null=True, help_text="none while its carrier is asked")  # noqa: DJ001
    status = models.TextField(default="labelled")
    weight_g = models.IntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0), help_text="EUR")
    expected_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fulfillment_order"], condition=~Q(status="voided"), name="shipment_one_living"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="shipment_by_age"),
            models.Index(fields=["status", "expected_on"], condition=Q(status__in=MOVING), name="shipment_awaited"),
        ]


class ShipmentLine(models.Model):
    """Units in a shipment. `start` is the line's count of units shipped before: its money is that range's share."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines", db_index=False)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="shipment_lines")
    quantity = models.IntegerField()
    start = models.IntegerField(null=True, help_text="set when the shipment leaves")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "order_line"], name="shipment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_positive"),
        ]


class PickedLot(models.Model):
    """Units of a line of work that are of a lot: in hand from the pick on, and kept for ever once they have left.

    The parcel of the work took them, so this is what a parcel holds by lot.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fulfillment_line = models.ForeignKey(FulfillmentLine, models.PROTECT, related_name="lots", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="picked", db_index=False)
    quantity = models.IntegerField()
    has_left = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfillment_line", "lot"], name="pickedlot_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="pickedlot_positive"),
        ]
        indexes = [
            models.Index(fields=["lot", "id"], name="pickedlot_of_lot"),
            models.Index(fields=["lot"], condition=Q(has_left=False), name="pickedlot_in_hand"),
        ]


class PickedSerial(models.Model):
    """The unit of a line of work that has a serial number: in hand from its scan on, and kept for ever once it has left."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fulfillment_line = models.ForeignKey(FulfillmentLine, models.PROTECT, related_name="serials", db_index=False)
    serial = models.ForeignKey(SerialNumber, models.PROTECT, related_name="picked", db_index=False)
    has_left = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fulfillment_line", "serial"], name="pickedserial_once"),
            models.UniqueConstraint(fields=["serial"], condition=Q(has_left=False), name="pickedserial_in_one_hand"),
        ]
        indexes = [models.Index(fields=["serial", "id"], name="pickedserial_of_serial")]


class TrackingEvent(models.Model):
    """What the carrier said, kept once, in whatever order it came."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="events", db_index=False)
    status = models.TextField()
    at = models.DateTimeField()
    place = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "status", "at"], name="tracking_event_once"),
        ]


class StockChange(models.Model):
    """What changed stock or the promises on it: a view over movements, orders' timelines, work, safety and silent feeds.

    `kind` says what changed, `what` by which document (`source`) or act; a number that is null did not change or cannot be
    told. What orders reserved has no place: where a unit was pinned before its order was routed is not kept.
    """

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    variant = models.ForeignKey(Variant, models.DO_NOTHING, related_name="+")
    location = models.ForeignKey(Location, models.DO_NOTHING, null=True, related_name="+")
    kind = models.TextField()
    what = models.TextField()
    condition = models.TextField()
    on_hand = models.IntegerField(null=True)
    set_aside = models.IntegerField(null=True)
    reserved = models.IntegerField(null=True)
    allocated = models.IntegerField(null=True)
    before = models.TextField()
    after = models.TextField()
    note = models.TextField()
    actor = models.TextField()
    source = models.UUIDField()
    order = models.ForeignKey(Order, models.DO_NOTHING, null=True, related_name="+")

    class Meta:
        managed = False
        db_table = "fulfillment_stockchange"
