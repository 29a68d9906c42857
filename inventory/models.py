from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Variant
from core.ids import new_id
from inventory.counts.models import ArticleClasses as ArticleClasses
from inventory.counts.models import CountBin as CountBin
from inventory.counts.models import CountEntry as CountEntry
from inventory.counts.models import CountLine as CountLine
from inventory.counts.models import CountRule as CountRule
from inventory.counts.models import StockCount as StockCount
from inventory.feeds.models import FeedChunk as FeedChunk
from inventory.feeds.models import FeedMessage as FeedMessage
from inventory.feeds.models import LastLevel as LastLevel
from inventory.feeds.models import StockFeed as StockFeed
from inventory.feeds.models import StockFeedPlace as StockFeedPlace
from inventory.free import held
from inventory.holdings.models import Bin as Bin
from inventory.holdings.models import Holding as Holding
from inventory.holdings.models import HoldingMove as HoldingMove
from inventory.holdings.models import Lot as Lot
from inventory.limits.models import Cap as Cap
from inventory.limits.models import CapDraw as CapDraw
from inventory.limits.models import Fence as Fence
from inventory.limits.models import FenceDraw as FenceDraw
from inventory.limits.models import SafetyRule as SafetyRule
from inventory.serials.models import SerialNumber as SerialNumber
from inventory.supply.models import Supply as Supply
from inventory.supply.models import SupplyPin as SupplyPin
from inventory.tallies.models import Tally as Tally
from inventory.tallies.models import TallyEntry as TallyEntry
from inventory.transfers.models import Transfer as Transfer
from inventory.transfers.models import TransferLine as TransferLine
from inventory.transfers.models import TransferStep as TransferStep
from inventory.transfers.models import TransferStepLine as TransferStepLine
from inventory.transfers.models import TransferStepLot as TransferStepLot


class Location(models.Model):
    """Anywhere that holds or promises stock. Costs are in the functional currency (EUR)."""

    class Kind(models.TextChoices):
        WAREHOUSE = "warehouse"
        STORE = "store"
        THIRD_PARTY = "3pl"
        VENDOR = "vendor"
        RETURNS_CENTRE = "returns_centre"
        TRANSIT = "transit"

    class Can(models.TextChoices):
        SHIP = "ship"
        PICKUP = "pickup"
        RECEIVE_RETURNS = "receive_returns"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(choices=Kind)
    line1 = models.TextField(default="", blank=True)
    postal_code = models.TextField(default="", blank=True)
    city = models.TextField(default="", blank=True)
    country = models.CharField(max_length=2)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    time_zone = models.TextField(default="Europe/Paris")
    cut_off = models.TimeField(null=True, help_text="orders routed before it leave the same day")
    handling_days = models.IntegerField(default=0)
    order_cost = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    unit_cost = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))
    can = ArrayField(models.TextField(choices=Can), default=list)
    is_active = models.BooleanField(default=True)
    held_units = models.IntegerField(default=0, db_default=0, help_text="of each product, while its feed is silent")
    held_share = models.SmallIntegerField(default=0, db_default=0, help_text="per cent, while its feed is silent")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_units__gte=0, held_share__gte=0, held_share__lte=100), name="location_holds_back"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Pool(models.Model):
    """The locations a channel may sell from. It says what is legal and carries no counters."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    locations = models.ManyToManyField(Location, through="PoolLocation", related_name="pools")


class PoolLocation(models.Model):
    """One location's place in one pool."""

    pool = models.ForeignKey(Pool, models.CASCADE)
    location = models.ForeignKey(Location, models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "location"], name="pool_location_once")]


class Condition(models.TextChoices):
    SELLABLE = "sellable"
    DAMAGED = "damaged"
    QUARANTINE = "quarantine"


class Stock(models.Model):
    """The units of a variant at a location.

    `on_hand`, `damaged` and `quarantine` are kept by the database from the movements and refuse any other change;
    `reserved + allocated` may not rise above `on_hand` (triggers of the first migration). `fenced` adds up what channels
    have set aside here and not used. A row that is `withheld` promises nothing.
    """

    class SafetyFrom(models.TextChoices):
        HAND = "hand"
        RULE = "rule"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False)
    location = models.ForeignKey(Location, models.PROTECT)
    on_hand = models.IntegerField(default=0)
    damaged = models.IntegerField(default=0)
    quarantine = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    allocated = models.IntegerField(default=0)
    safety = models.IntegerField(default=0)
    safety_from = models.TextField(choices=SafetyFrom, default="", db_default="", blank=True)
    fenced = models.IntegerField(default=0, db_default=0)
    withheld = models.BooleanField(default=False, db_default=False)
    is_detailed = models.BooleanField(default=False, db_default=False, help_text="broken down by bin or lot (holdings)")

    class Meta:
        verbose_name_plural = "stock"
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_once"),
            models.CheckConstraint(
                condition=Q(
                    on_hand__gte=0, damaged__gte=0, quarantine__gte=0, reserved__gte=0, allocated__gte=0, safety__gte=0
                ),
                name="stock_not_negative",
            ),
            models.CheckConstraint(condition=Q(fenced__gte=0), name="stock_fenced"),
        ]

    @property
    def is_set_by_hand(self) -> bool:
        """Whether somebody has set the safety stock, so that no rule does."""
        return self.safety_from == self.SafetyFrom.HAND or (self.safety_from == "" and self.safety > 0)

    @property
    def held_back(self) -> int:
        """Units that are not promised while the feed of the place is silent."""
        return held(self.on_hand, self.location.held_units, self.location.held_share)

    @property
    def free(self) -> int:
        """Units that can still be promised from here to any channel."""
        there = 0 if self.withheld else self.on_hand
        return max(0, there - self.safety - self.allocated - self.reserved - self.fenced - self.held_back)


class Movement(models.Model):
    """Units that came or went, append-only. The sum of a stock row's movements is what is on hand.

    `at` is when it happened at the place; of what a feed counted, the moment of the count.
    """

    class Reason(models.TextChoices):
        RECEIPT = "receipt"
        SHIPMENT = "shipment"
        RETURN = "return"
        ADJUSTMENT = "adjustment"
        COUNT = "count"
        CONDITION = "condition"
        TRANSFER = "transfer"

    CORRECTIONS = (Reason.ADJUSTMENT, Reason.COUNT)
    """By which somebody says what is really there: a person, or a feed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, db_index=False)
    condition = models.TextField(choices=Condition, default=Condition.SELLABLE)
    quantity = models.IntegerField()
    reason = models.TextField(choices=Reason)
    source = models.UUIDField(
        help_text="the shipment, receipt, return, adjustment or part of a feed's message behind it"
    )
    note = models.TextField(default="", blank=True)
    actor = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves")]
        indexes = [
            models.Index(fields=["variant", "location", "at"], name="movement_since"),
            models.Index(fields=["source"], name="movement_source"),
        ]


class Reservation(models.Model):
    """Units pinned to one legal location for one demand (an order line) until sourcing decides."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    demand_key = models.UUIDField()
    variant = models.ForeignKey(Variant, models.PROTECT, db_index=False)
    location = models.ForeignKey(Location, models.PROTECT, db_index=False)
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False)
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["demand_key", "location"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_positive"),
        ]
        indexes = [models.Index(fields=["variant", "location"], name="reservation_stock")]
