from django.db import models
from django.db.models import Q

from core.ids import new_id

LONGEST_HOURS = 24 * 30
"""Nothing is kept for an order longer than so many hours after it was first held."""


class KeepingRule(models.Model):
    """For how many hours stock is kept for an order under a kind of hold; None as long as it is held.

    The rule of a channel stands above the one for all channels (None). Of a payment the channel's `payment_hours` say it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    channel = models.ForeignKey("orders.Channel", models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.TextField()
    hours = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "channel"], nulls_distinct=False, name="keeping_rule_once"),
            models.CheckConstraint(
                condition=Q(hours=None) | Q(hours__gte=1, hours__lte=LONGEST_HOURS), name="keeping_rule_hours"
            ),
        ]


class Keeping(models.Model):
    """What is special about the stock kept for an order: it is kept longer than its rule says, or not kept any more.

    While `let_go_at` is set, units of the order are backordered without standing in line: they are asked for again when
    its last hold is released.
    """

    order = models.OneToOneField("orders.Order", models.CASCADE, primary_key=True, related_name="keeping")
    extended_until = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["let_go_at"], condition=Q(let_go_at__isnull=False), name="keeping_let_go")]


class KeptOrder(models.Model):
    """An order that is held, with the stock that is kept for it and until when: a view.

    At `keep_until` its units are let go, at `pay_until` it is cancelled unless it is paid; `until` is the earlier of both.
    `units` are reserved and not yet given to a place, `waiting` are backordered.
    """

    id = models.UUIDField(primary_key=True)
    order = models.OneToOneField("orders.Order", models.DO_NOTHING, related_name="kept")
    held_since = models.DateTimeField()
    kinds = models.TextField()
    keep_until = models.DateTimeField(null=True)
    pay_until = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)
    units = models.IntegerField()
    waiting = models.IntegerField()

    class Meta:
        managed = False
        db_table = "orders_keptorder"
