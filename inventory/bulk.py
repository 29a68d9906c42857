"""What can be done to many stock rows at once: set the units that a place never promises."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet, Sum, TextField, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.jobs import bulk
from core.jobs.bulk import BulkAction, Run
from core.permissions import require
from core.problems import NotFound
from inventory.models import Stock
from inventory.services import LARGEST, set_safety


class SafetyForm(forms.Form):
    """How many units each of the places keeps back."""

    units = forms.IntegerField(label=gettext_lazy("Safety stock"), min_value=0, max_value=LARGEST)


def _kept_now(user: Any, found: QuerySet[Stock]) -> list[str]:
    sums = found.aggregate(kept=Sum("safety"), there=Sum("on_hand"))
    kept = ngettext("%(n)d unit is kept back there now.", "%(n)d units are kept back there now.", sums["kept"])
    return [kept % {"n": sums["kept"]}, _("What is promised already stays promised.")]


def keep_back(stock_id: UUID, run: Run) -> str:
    """Set the safety stock of one product at one place."""
    stock = Stock.objects.filter(pk=stock_id).first()
    if stock is None:
        raise NotFound(_("There is no such stock."))
    require(run.owner, "stock.adjust", stock.location_id)
    before, units = stock.safety, run.given["units"]
    set_safety(stock.variant_id, stock.location_id, units, actor=run.actor)
    return _("%(before)d before, %(now)d now.") % {"before": before, "now": units}


bulk.register(
    BulkAction(
        name="stock.safety",
        label=gettext_lazy("Set safety stock"),
        title=gettext_lazy("Set safety stock"),
        confirm=lambda n: ngettext("Set it in %(n)d place", "Set it in %(n)d places", n) % {"n": n},
        permission="stock.adjust",
        model=Stock,
        act=keep_back,
        fields=SafetyForm,
        consequence=_kept_now,
        named_by=Concat("variant__sku", Value(" · "), "location__name", output_field=TextField()),
        link=lambda row: reverse("stock-item", args=[row.label.partition(" · ")[0]]),
        icon="shield",
    )
)
