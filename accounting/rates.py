"""Currency rates: what one unit of a currency is worth in euros on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounting.journal import FUNCTIONAL_CURRENCY, ONE
from accounting.models import CurrencyRate
from core.actors import Actor
from core.ids import new_id
from core.problems import Invalid
from core.timeline import record

Rate = tuple[str, date, Decimal]


def rate_on(currency: str, day: date) -> Decimal:
    """The latest rate up to the day (1 for the functional currency). Raises `Invalid` when there is none."""
    if currency == FUNCTIONAL_CURRENCY:
        return ONE
    known = CurrencyRate.objects.filter(currency=currency, day__lte=day).order_by("-day")
    rate = known.values_list("rate", flat=True).first()
    if rate is None:
        raise Invalid.field(
            ["currency"],
            _("no rate of %(currency)s to %(functional_currency)s is known on %(day)s; add one")
            % {"currency": currency, "functional_currency": FUNCTIONAL_CURRENCY, "day": day},
        )
    return rate


def set_rates(rates: Iterable[Rate], *, actor: Actor) -> None:
    """Record rates; one for the same currency and day replaces it. What is posted keeps the rate of its time."""
    made = [CurrencyRate(id=new_id(), currency=currency, day=day, rate=rate) for currency, day, rate in rates]
    with transaction.atomic():
        CurrencyRate.objects.bulk_create(
            made, update_conflicts=True, unique_fields=["currency", "day"], update_fields=["rate"]
        )
        for rate in made[:1]:
            record(rate.id, "rates_set", actor=actor, data={"count": len(made)})
