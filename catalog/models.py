from decimal import Decimal

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import get_language

from core.ids import new_id


class TaxClass(models.Model):
    """How a kind of goods is taxed; the rate comes from the country and the day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()

    class Meta:
        verbose_name_plural = "tax classes"


class TaxRate(models.Model):
    """A rate as a fraction (0.20), for one class in one country from a day on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    country = models.CharField(max_length=2)
    tax_class = models.ForeignKey(TaxClass, models.PROTECT, related_name="rates")
    rate = models.DecimalField(max_digits=6, decimal_places=4)
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "tax_class", "valid_from"], name="tax_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_fraction"),
        ]


class Product(models.Model):
    """Content: what people read. What is stocked and sold is its variants."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    names = models.JSONField(help_text="language → name")
    category = models.TextField(default="")

    def name(self, language: str | None = None) -> str:
        """The name in a language (the active one by default), or in the first one there is."""
        wanted = (language or get_language() or "en")[:2]
        return str(self.names.get(wanted) or next(iter(self.names.values()), self.code))


class Variant(models.Model):
    """What is stocked and sold. Costs are in the functional currency (EUR)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="variants")
    sku = models.TextField(unique=True)
    barcode = models.TextField(default="", help_text="GTIN-13")
    weight_g = models.IntegerField(default=0)
    length_mm = models.IntegerField(default=0)
    width_mm = models.IntegerField(default=0)
    height_mm = models.IntegerField(default=0)
    standard_cost = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))
    tax_class = models.ForeignKey(TaxClass, models.PROTECT)
    hs_code = models.TextField(default="")
    origin = models.CharField(max_length=2, default="")
    is_stocked = models.BooleanField(default=True, help_text="False for postage, fees and the like")
    is_active = models.BooleanField(default=True)
    tracks_lots = models.BooleanField(default=False, db_default=False)
    tracks_expiry = models.BooleanField(default=False, db_default=False, help_text="each lot has its last day")
    shelf_days = models.IntegerField(
        default=0, db_default=0, help_text="days that must be left to a lot's last day for it to be sold"
    )
    tracks_serials = models.BooleanField(
        default=False, db_default=False, help_text="each unit is packed by its serial number"
    )
    pre_order = models.BooleanField(
        default=False, db_default=False, help_text="may be sold before it is here, against supply that is on its way"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["barcode"], condition=~Q(barcode=""), name="barcode_once"),
            models.CheckConstraint(condition=Q(weight_g__gte=0, standard_cost__gte=0), name="variant_not_negative"),
            models.CheckConstraint(
                condition=Q(shelf_days__gte=0) & (Q(tracks_expiry=False) | Q(tracks_lots=True)), name="variant_tracks"
            ),
        ]
        indexes = [models.Index(OpClass(Upper("sku"), "text_pattern_ops"), name="variant_by_beginning")]


class PriceList(models.Model):
    """Prices in one currency and one basis: with tax included or not."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField()


class Price(models.Model):
    """What a variant costs on a price list from a moment on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="prices")
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="prices")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(F("variant"), F("price_list"), F("valid_from").desc(), name="price_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
        ]
