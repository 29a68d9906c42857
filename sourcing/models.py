"""Rate cards (what a carrier asks) and decisions (what was chosen for an order, and why)."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import new_id


class RateCard(models.Model):
    """What a carrier's service costs in EUR between two countries, and how many working days it takes.

    A package costs `package_cost + cost_per_kg × kg + cost_per_km × km` (great circle). An empty destination means
    every country that has no card of its own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    carrier = models.TextField(_("carrier"))
    service = models.TextField(_("service"), default="standard")
    origin_country = models.CharField(_("origin"), max_length=2)
    destination_country = models.CharField(_("destination"), max_length=2, blank=True, default="")
    package_cost = models.DecimalField(_("cost per package"), max_digits=8, decimal_places=2)
    cost_per_kg = models.DecimalField(_("cost per kilogram"), max_digits=8, decimal_places=4, default=Decimal(0))
    cost_per_km = models.DecimalField(_("cost per kilometre"), max_digits=8, decimal_places=6, default=Decimal(0))
    days_min = models.IntegerField(_("working days at best"))
    days_max = models.IntegerField(_("working days at most"))
    valid_from = models.DateField(_("valid from"), default=date(2000, 1, 1))

    class Meta:
        ordering = ["origin_country", "destination_country", "service", "carrier"]
        verbose_name = _("rate card")
        verbose_name_plural = _("rate cards")
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "service", "origin_country", "destination_country", "valid_from"],
                name="rate_card_once",
            ),
            models.CheckConstraint(
                condition=Q(package_cost__gte=0, cost_per_kg__gte=0, cost_per_km__gte=0), name="rate_card_not_negative"
            ),
            models.CheckConstraint(condition=Q(days_min__gte=0, days_max__gte=F("days_min")), name="rate_card_days"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.service} {self.origin_country}→{self.destination_country or '*'}"


class Decision(models.Model):
    """How an order was sourced at one moment: the plan, what it costs, and what else was looked at. Never changed;
    sourcing again adds another."""

    class Status(models.TextChoices):
        OPTIMAL = "optimal", _("Proven cheapest")
        FEASIBLE = "feasible", _("Good, not proven")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order_id = models.UUIDField(_("order"))
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)
    decided_by = models.TextField(_("decided by"), default="", blank=True)
    status = models.TextField(_("status"), choices=Status)
    plan = models.JSONField(_("plan"))
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2)
    unfilled = models.IntegerField(_("units not filled"), default=0)
    alternatives = models.JSONField(_("alternatives"), default=list)
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("sourcing decision")
        verbose_name_plural = _("sourcing decisions")
        indexes = [models.Index(fields=["order_id", "id"], name="decision_order")]
