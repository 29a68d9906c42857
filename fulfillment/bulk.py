"""What can be done to many orders, or to much work, at once: cancel what has not left; release what is planned."""

from decimal import Decimal
from uuid import UUID

from django import forms
from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Concat, Round
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from core.jobs import bulk
from core.jobs.bulk import BulkAction, Refusal, Run
from core.money import display, exponent, quantise
from core.permissions import require
from core.problems import Conflict, NotFound
from fulfillment import amend
from fulfillment.models import FulfillmentOrder
from fulfillment.release import release
from orders.bulk import link
from orders.models import Order, OrderLine
from orders.selectors import FINISHED
from orders.states import CANCELLABLE


class CancelForm(forms.Form):
    """Why the orders are cancelled."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=amend.LONGEST_REASON)


LEFT = sum((F(bucket) for bucket in CANCELLABLE), Value(0))
"""Units of a line that can still be cancelled."""


SOME_LEFT = Exists(OrderLine.objects.alias(left=LEFT).filter(order_id=OuterRef("pk"), left__gt=0))
NOTHING_LEFT = (
    Refusal(gettext_lazy("It is cancelled already."), Q(status="cancelled")),
    Refusal(gettext_lazy("Every unit of it has left."), Q(status__in=FINISHED) | ~Q(SOME_LEFT)),
)


def _worth(lines: QuerySet[OrderLine], currency: str) -> Decimal:
    """What is left of the lines in a currency, each line's share by cumulative rounding (core.money.share)."""
    gross = F("net") + F("tax") + F("freight_net") + F("freight_tax")
    gone = gross * (F("quantity") - F("left")) / F("quantity")
    left = gross - Round(gone, precision=exponent(currency))
    worth = lines.filter(order__currency=currency).aggregate(
        sum=Sum(left, output_field=DecimalField(max_digits=20, decimal_places=6), default=Decimal(0))
    )["sum"]
    return quantise(worth, currency)


def _given_up(found: QuerySet[Order]) -> list[str]:
    """Units and money that come free, and the work at locations that ends with them."""
    lines = OrderLine.objects.filter(order__in=found).annotate(left=LEFT).filter(left__gt=0)
    units = lines.filter(is_stocked=True).aggregate(n=Sum("left", default=0))["n"]
    currencies = lines.order_by("order__currency").values_list("order__currency", flat=True).distinct()
    sums = " + ".join(display(_worth(lines, currency), currency) for currency in currencies)
    told = [
        ngettext("%(n)d unit is free for others at once.", "%(n)d units are free for others at once.", units) % {"n": units},
        _("Up to %(sums)s is not taken, or goes back to the customers.") % {"sums": sums},
    ]  # fmt: skip
    started = found.filter(fulfillment_orders__status__in=("picking", "packed")).aggregate(
        n=Count("pk", distinct=True)
    )["n"]
    if started:
        said = ngettext("%(n)d of them is being picked or packed: that work ends.", "%(n)d of them are being picked or packed: that work ends.", started)  # fmt: skip
        told.append(said % {"n": started})
    return told


def cancel(order_id: UUID, run: Run) -> str:
    """Cancel what has not left of one order, as its page does."""
    before = sum(amend.cancellable(order_id).values())
    amend.cancel(order_id, actor=run.actor, reason=run.given["reason"])
    return ngettext("%(n)d unit is cancelled.", "%(n)d units are cancelled.", before) % {"n": before}


bulk.register(
    BulkAction(
        name="orders.cancel",
        label=gettext_lazy("Cancel"),
        title=gettext_lazy("Cancel orders"),
        confirm=ngettext_lazy("Cancel %(n)d order", "Cancel %(n)d orders", "n"),
        permission="orders.cancel",
        model=Order,
        act=cancel,
        fields=CancelForm,
        refusals=NOTHING_LEFT,
        consequence=_given_up,
        link=link,
        icon="ban",
        danger=True,
    )
)


NOT_PLANNED = (Refusal(gettext_lazy("Its location has it already, or it is cancelled."), ~Q(status="planned")),)


def _units_released(found: QuerySet[FulfillmentOrder]) -> list[str]:
    units = found.aggregate(n=Sum(F("lines__quantity") - F("lines__cancelled")))["n"] or 0
    return [ngettext("%(n)d unit can be picked at once.", "%(n)d units can be picked at once.", units) % {"n": units}]


def release_now(work_id: UUID, run: Run) -> str:
    """Hand planned work to its location, for those who work there."""
    work = FulfillmentOrder.objects.filter(pk=work_id).first()
    if work is None:
        raise NotFound(_("There is no such work."))
    require(run.owner, "fulfillment.work", work.location_id)
    if not release([work_id], actor=run.actor):
        raise Conflict(_("Its location has it already."))
    return ""


bulk.register(
    BulkAction(
        name="work.release",
        label=gettext_lazy("Release now"),
        title=gettext_lazy("Release work"),
        confirm=ngettext_lazy("Release %(n)d piece of work", "Release %(n)d pieces of work", "n"),
        permission="fulfillment.work",
        model=FulfillmentOrder,
        act=release_now,
        refusals=NOT_PLANNED,
        consequence=_units_released,
        named_by=Concat("order__number", Value(" · "), "location__name", output_field=TextField()),
        link=lambda row: reverse("work-piece", args=[row.key]),
        icon="send",
    )
)
