from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from catalog.models import PriceList, Variant
from core.ids import new_id
from core.money import FINER_THAN_CENTS
from customers.models import Customer
from inventory.models import Pool
from orders.keeping.models import Keeping as Keeping
from orders.keeping.models import KeepingRule as KeepingRule
from orders.keeping.models import KeptOrder as KeptOrder
from orders.states import BUCKETS, OPEN, release_needs


class Channel(models.Model):
    """Where orders come from, and the rules that come with it."""

    class Kind(models.TextChoices):
        WEB = "web"
        STORE = "store"
        CALL_CENTRE = "call_centre"
        MOBILE = "mobile"
        KIOSK = "kiosk"
        MARKETPLACE = "marketplace"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=Kind)
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField()
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=2, default="en")
    time_zone = models.TextField(
        default="", db_default="", blank=True, help_text="of its customers' letters and pages; empty: the company's"
    )
    number_prefix = models.TextField(default="")
    pool = models.ForeignKey(Pool, models.PROTECT)
    price_list = models.ForeignKey(PriceList, models.PROTECT, null=True)
    price_tolerance = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal("0.01"))
    shipping_price = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    default_tender = models.TextField(default="on_account", help_text="how an order without payments is paid")
    payment_hours = models.PositiveSmallIntegerField(
        null=True, default=24, db_default=24, help_text="an order unpaid for so long is cancelled; empty: never"
    )
    is_history = models.BooleanField(default=False, help_text="past orders: no mail, no incidents for lateness")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(currency__in=FINER_THAN_CENTS), name="channel_currency_has_cents"),
        ]

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """A sale. `status` is derived from the lines and holds (orders/status.py) and stored for lists.

    Amounts are in the order's currency; `fx_rate` turns them into the functional one and is fixed at placement.
    `subtotal`, `discount` and `shipping` are in the channel's price basis, `tax` and `total` are what they say.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.TextField(unique=True)
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False)
    external_id = models.TextField(default="", blank=True)
    status = models.TextField(default="placed")
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField()
    fx_rate = models.DecimalField(max_digits=18, decimal_places=8, default=Decimal(1))
    language = models.CharField(max_length=2, default="en")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True)
    email = models.TextField(default="", blank=True)
    customer_name = models.TextField(default="", blank=True)
    shipping_address = models.JSONField(default=dict)
    billing_address = models.JSONField(default=dict)
    method = models.TextField(default="ship")
    service = models.TextField(default="standard")
    subtotal = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2)
    shipping = models.DecimalField(max_digits=14, decimal_places=2)
    shipping_tax_rate = models.DecimalField(max_digits=6, decimal_places=4)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    units = models.IntegerField()
    seller = models.TextField(default="", blank=True)
    campaign = models.TextField(default="", blank=True)
    promise_earliest = models.DateField(null=True)
    promise_latest = models.DateField(null=True)
    first_promise_earliest = models.DateField(null=True)
    first_promise_latest = models.DateField(null=True)
    is_settled = models.BooleanField(default=False, help_text="all money owed is paid and nothing is on its way")
    tracking_version = models.IntegerField(default=1)
    version = models.IntegerField(default=1)
    placed_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="order_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, discount__gte=0, shipping__gte=0, tax__gte=0, total__gte=0, units__gt=0),
                name="order_not_negative",
            ),
        ]
        indexes = [
            # The list of orders: what it can be narrowed by, beside what it can be sorted by.
            models.Index(fields=["status", "placed_at", "id"], name="order_status_placed"),
            models.Index(fields=["channel", "placed_at", "id"], name="order_channel_placed"),
            models.Index(KeyTransform("country", "shipping_address"), "placed_at", "id", name="order_country_placed"),
            models.Index(fields=["total", "id"], name="order_total"),
            models.Index(fields=["promise_latest", "id"], condition=Q(status__in=OPEN), name="order_open_promise"),
            models.Index(fields=["total", "id"], condition=Q(status__in=OPEN), name="order_open_total"),
            models.Index(fields=["updated_at"], name="order_updated"),
            models.Index(fields=["placed_at", "id"], name="order_placed"),
        ]

    def __str__(self) -> str:
        return self.number


def _bucket() -> Any:
    return models.IntegerField(default=0)


class OrderLine(models.Model):
    """One variant in one order. Every ordered unit is in exactly one bucket, which the database enforces.

    `net`, `tax`, `freight_net` and `freight_tax` are for the whole line in the order's currency, fixed at placement;
    a part of the line takes its share by unit (core.money.share).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines", db_index=False)
    position = models.IntegerField()
    variant = models.ForeignKey(Variant, models.PROTECT)
    sku = models.TextField()
    name = models.TextField()
    is_stocked = models.BooleanField(default=True)
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    discount = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    tax_rate = models.DecimalField(max_digits=6, decimal_places=4)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    freight_net = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    freight_tax = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    promise_earliest = models.DateField(null=True)
    promise_latest = models.DateField(null=True)
    first_promise_earliest = models.DateField(null=True)
    first_promise_latest = models.DateField(null=True)
    draft = _bucket()
    reserved = _bucket()
    backordered = _bucket()
    allocated = _bucket()
    released = _bucket()
    picked = _bucket()
    packed = _bucket()
    shipped = _bucket()
    cancelled = _bucket()
    delivered = _bucket()
    returned = _bucket()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_positive"),
            models.CheckConstraint(
                condition=Q(net__gte=0, tax__gte=0, freight_net__gte=0, freight_tax__gte=0, discount__gte=0),
                name="order_line_money",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity=F("draft")
                    + F("reserved")
                    + F("backordered")
                    + F("allocated")
                    + F("released")
                    + F("picked")
                    + F("packed")
                    + F("shipped")
                    + F("cancelled")
                ),
                name="order_line_every_unit_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{bucket}__gte": 0 for bucket in BUCKETS})
                & Q(delivered__gte=0, delivered__lte=F("shipped"), returned__gte=0, returned__lte=F("shipped")),
                name="order_line_buckets",
            ),
        ]
        indexes = [
            # An update of other buckets stays on its page (HOT): an index on theirs would cost every step of the floor.
            models.Index(fields=["order"], condition=Q(backordered__gt=0), name="order_line_backordered"),
        ]

    @property
    def gross(self) -> Decimal:
        """What the line costs the customer, freight share and tax included."""
        return self.net + self.tax + self.freight_net + self.freight_tax


class Hold(models.Model):
    """A named reason that stops an order; release needs the permission of its kind."""

    class Kind(models.TextChoices):
        PAYMENT = "payment"
        PRICE = "price"
        FRAUD_REVIEW = "fraud_review"
        ADDRESS = "address"
        DUPLICATE = "duplicate"
        CREDIT = "credit"
        MANUAL = "manual"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="holds")
    kind = models.TextField(choices=Kind)
    status = models.TextField(default="open")
    note = models.TextField(default="", blank=True)
    opened_by = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.TextField(default="", blank=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], condition=Q(status="open"), name="hold_open_once"),
        ]

    @property
    def release_needs(self) -> str:
        """The permission to release it."""
        return release_needs(self.kind)
