from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from core.ids import new_id

CONDITIONS = ("sellable", "damaged", "quarantine")


class Bin(models.Model):
    """A spot within a place where units lie. People walk by `walk`, then by code."""

    class Kind(models.TextChoices):
        PICK = "pick"
        RESERVE = "reserve"
        RECEIVING = "receiving"
        QUARANTINE = "quarantine"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    location = models.ForeignKey("inventory.Location", models.PROTECT, related_name="bins", db_index=False)
    code = models.TextField()
    barcode = models.TextField(default="", blank=True)
    walk = models.IntegerField(default=0)
    kind = models.TextField(choices=Kind, default=Kind.PICK)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "code"], name="bin_once"),
            models.UniqueConstraint(fields=["location", "barcode"], condition=~Q(barcode=""), name="bin_barcode_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["pick", "reserve", "receiving", "quarantine"]) & ~Q(code=""), name="bin_named"
            ),
        ]
        indexes = [models.Index(fields=["location", "walk", "code"], name="bin_walk")]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """Units of a variant that were made together. Only an open lot is sold."""

    class State(models.TextChoices):
        OPEN = "open"
        QUARANTINED = "quarantined"
        EXPIRED = "expired"

    UNKNOWN = "UNKNOWN"
    """The lot of units that came without one: counted, fed, or brought back by a customer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey("catalog.Variant", models.PROTECT, related_name="lots", db_index=False)
    code = models.TextField()
    expires_on = models.DateField(null=True)
    received_on = models.DateField(null=True)
    vendor = models.TextField(default="", blank=True)
    vendor_lot = models.TextField(default="", blank=True)
    state = models.TextField(choices=State, default=State.OPEN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "code"], name="lot_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "quarantined", "expired"]) & ~Q(code=""), name="lot_named"
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="lot_code"),
            models.Index(OpClass(Upper("code"), "text_pattern_ops"), name="lot_scanned"),
            models.Index(fields=["vendor_lot"], condition=~Q(vendor_lot=""), name="lot_of_vendor"),
            models.Index(fields=["expires_on"], condition=Q(state="open"), name="lot_expires"),
        ]

    def __str__(self) -> str:
        return self.code


class Holding(models.Model):
    """Units of a stock row in a condition, in a bin, of a lot; kept by the database from its moves.

    Units in no bin and of no lot have none. Where the variant asks for lots, holdings add up to the stock row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stock = models.ForeignKey("inventory.Stock", models.PROTECT, related_name="holdings", db_index=False)
    condition = models.TextField()
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, related_name="holdings", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="holdings", db_index=False)
    units = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stock", "condition", "bin", "lot"], name="holding_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="holding_units"),
            models.CheckConstraint(condition=Q(condition__in=CONDITIONS), name="holding_condition"),
            models.CheckConstraint(condition=Q(bin__isnull=False) | Q(lot__isnull=False), name="holding_tells"),
        ]
        indexes = [
            models.Index(fields=["bin"], condition=Q(bin__isnull=False), name="holding_bin"),
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="holding_lot"),
        ]


class HoldingMove(models.Model):
    """Units that came to a holding or went from it, append-only: the part of a stock movement, or one half of a move
    between bins (`movement` is null, and both halves have one `source`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stock = models.ForeignKey("inventory.Stock", models.PROTECT, related_name="holding_moves", db_index=False)
    condition = models.TextField()
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, db_index=False)
    quantity = models.IntegerField()
    movement = models.ForeignKey("inventory.Movement", models.PROTECT, null=True, related_name="parts", db_index=False)
    source = models.UUIDField(help_text="that of the movement, or the move between bins")
    note = models.TextField(default="", blank=True)
    actor = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "stock", "condition", "bin", "lot"],
                condition=Q(movement=None),
                name="holdingmove_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="holdingmove_moves"),
            models.CheckConstraint(condition=Q(bin__isnull=False) | Q(lot__isnull=False), name="holdingmove_tells"),
        ]
        indexes = [
            models.Index(fields=["stock", "at"], name="holdingmove_of_stock"),
            models.Index(fields=["movement"], condition=Q(movement__isnull=False), name="holdingmove_of_movement"),
            models.Index(
                fields=["lot"],
                condition=Q(lot__isnull=False, movement__isnull=False, quantity__gt=0),
                name="holdingmove_brought",
            ),
        ]
