from decimal import Decimal

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from catalog.models import Variant
from core.ids import new_id
from orders.models import Channel, Order


class RefusedDemand(models.Model):
    """Units of a variant that somebody wanted and could not be promised: one row an order and variant.

    An order is known by its own number, else by its caller's key; what it asked for last is what counts, `at` is when it
    was refused first. When it is taken after all, `order` is that and `sold` what it has of the variant (a trigger keeps
    the row as it is from then on). `unit_value` is net, in the functional currency.
    """

    class Door(models.TextChoices):
        API = "api"
        BATCH = "batch"
        FORM = "form"
        QUOTE = "quote"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, db_index=False)
    variant = models.ForeignKey(Variant, models.PROTECT)
    external_id = models.TextField(default="", blank=True)
    client = models.TextField(default="", blank=True)
    key = models.TextField(default="", blank=True)
    door = models.TextField(choices=Door)
    wanted = models.IntegerField()
    had = models.IntegerField()
    unit_value = models.DecimalField(max_digits=14, decimal_places=4)
    at = models.DateTimeField(default=timezone.now)
    order = models.ForeignKey(Order, models.PROTECT, null=True)
    sold = models.IntegerField(default=0, db_default=0)
    lost = models.GeneratedField(
        expression=Least(F("wanted") - F("had"), Greatest(F("wanted") - F("sold"), Value(0))),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id", "client", "key", "variant"], name="refused_once_an_order"
            ),
            models.CheckConstraint(condition=Q(had__gte=0, wanted__gt=F("had"), sold__gte=0), name="refused_is_short"),
            models.CheckConstraint(condition=Q(sold=0) | Q(order__isnull=False), name="refused_sold_by_an_order"),
            models.CheckConstraint(
                condition=~Q(external_id="", key="") & (Q(external_id="") | Q(client="", key="")),
                name="refused_known_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["at", "id"], name="refused_by_age"),
            models.Index(fields=["at"], condition=Q(order=None), name="refused_open"),
        ]

    @property
    def lost_value(self) -> Decimal:
        """What was not sold for want of stock, net, in the functional currency."""
        return self.unit_value * self.lost
