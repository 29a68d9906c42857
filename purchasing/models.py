from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from catalog.models import Variant
from core.ids import new_id
from inventory.models import Location


class Vendor(models.Model):
    """Somebody we buy from. `over_percent` is how much more than ordered is taken without asking anybody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    email = models.TextField(default="", blank=True)
    line1 = models.TextField(default="", blank=True)
    postal_code = models.TextField(default="", blank=True)
    city = models.TextField(default="", blank=True)
    country = models.CharField(max_length=2, default="FR")
    currency = models.CharField(max_length=3, default="EUR")
    lead_days = models.SmallIntegerField(default=7)
    over_percent = models.SmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="vendor_named"),
            models.CheckConstraint(
                condition=Q(lead_days__gte=0, lead_days__lte=730, over_percent__gte=0, over_percent__lte=100),
                name="vendor_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VendorTerms(models.Model):
    """How a vendor brings a variant to a place: within so many working days when it is ordered before `order_until`, in
    packs, at a price in the vendor's currency.

    `promised_units` are the most that may be promised before they are ordered; `allowed` is the same, or what was promised
    already when that was lowered.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="terms", db_index=False)
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="vendor_terms")
    location = models.ForeignKey(Location, models.PROTECT, related_name="vendor_terms")
    lead_days = models.SmallIntegerField()
    order_until = models.TimeField(null=True)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    minimum = models.IntegerField(default=1)
    pack = models.IntegerField(default=1)
    promised_units = models.IntegerField(default=0)
    allowed = models.IntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        verbose_name_plural = "vendor terms"
        constraints = [
            models.UniqueConstraint(fields=["vendor", "variant", "location"], name="vendorterms_once"),
            models.CheckConstraint(
                condition=Q(lead_days__gte=0, lead_days__lte=365, price__gte=0, minimum__gte=1, pack__gte=1),
                name="vendorterms_bounds",
            ),
            models.CheckConstraint(
                condition=Q(promised_units__gte=0, allowed__gte=F("promised_units")), name="vendorterms_promised"
            ),
        ]


class PurchaseOrder(models.Model):
    """Goods ordered from a vendor for a place. Costs are in its currency."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.TextField(unique=True)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="orders")
    location = models.ForeignKey(Location, models.PROTECT, related_name="purchase_orders")
    currency = models.CharField(max_length=3)
    status = models.TextField(default="draft")
    expected_on = models.DateField(null=True)
    note = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "sent", "partly_received", "received", "closed", "cancelled"]),
                name="purchaseorder_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(sent_at__isnull=False, expected_on__isnull=False),
                name="purchaseorder_sent_with_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="purchaseorder_by_age"),
            models.Index(
                fields=["expected_on", "id"],
                condition=Q(status__in=["sent", "partly_received"]),
                name="purchaseorder_expected",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseLine(models.Model):
    """Units of one variant in a purchase order.

    `received` (sellable) and `damaged` are kept by the database from the receipts; `cancelled` are no more waited for.
    `promised` of what is ordered was promised before it was ordered: who waits for it then waits for this line.
    What came without having been ordered is a line of none.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="lines", db_index=False)
    position = models.SmallIntegerField()
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="purchase_lines")
    ordered = models.IntegerField()
    received = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(0))
    promised = models.IntegerField(default=0, db_default=0)
    open = models.GeneratedField(
        expression=Greatest(F("ordered") - F("cancelled") - F("received") - F("damaged"), 0),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "variant"], name="purchaseline_once"),
            models.CheckConstraint(
                condition=Q(ordered__gte=0, received__gte=0, damaged__gte=0, cancelled__gte=0, unit_cost__gte=0),
                name="purchaseline_not_negative",
            ),
            models.CheckConstraint(condition=Q(cancelled__lte=F("ordered")), name="purchaseline_cancelled"),
            models.CheckConstraint(
                condition=Q(promised__gte=0, promised__lte=F("ordered")), name="purchaseline_promised"
            ),
        ]

    @property
    def arrived(self) -> int:
        """Units that came, in any condition."""
        return self.received + self.damaged

    @property
    def wanted(self) -> int:
        """Units that were ordered and not given up."""
        return self.ordered - self.cancelled

    @property
    def over(self) -> int:
        """Units that came beyond those."""
        return max(0, self.arrived - self.wanted)


class Receipt(models.Model):
    """A delivery that was received: its units are on hand and in the books. Never changed.

    `key` names the count or the call behind it, so that it is booked once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.TextField(unique=True)
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts")
    key = models.UUIDField(unique=True)
    delivery_note = models.TextField(default="", blank=True)
    actor = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)
    owed = models.DecimalField(max_digits=14, decimal_places=2, help_text="in EUR, for the bill to come")
    rate = models.DecimalField(
        max_digits=18,
        decimal_places=8,
        default=Decimal(1),
        db_default=Decimal(1),
        help_text="what one unit of the order's currency was worth in EUR",
    )

    def __str__(self) -> str:
        return self.number


class ReceiptLine(models.Model):
    """Units of a line that came with a receipt."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines", db_index=False)
    line = models.ForeignKey(PurchaseLine, models.PROTECT, related_name="receipt_lines")
    received = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line"], name="receiptline_once"),
            models.CheckConstraint(
                condition=Q(received__gte=0, damaged__gte=0) & (Q(received__gt=0) | Q(damaged__gt=0)),
                name="receiptline_brings",
            ),
        ]
