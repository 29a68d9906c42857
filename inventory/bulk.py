"""What can be done to many products at once: set the units that a place never promises."""

from uuid import UUID

from django import forms
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from catalog.models import Variant
from core.jobs import bulk
from core.jobs.bulk import BulkAction, Run
from core.permissions import require
from core.problems import NotFound
from inventory.models import Stock
from inventory.selectors import place_choices
from inventory.services import LARGEST, set_safety


class SafetyForm(forms.Form):
    """How many units of each product a place keeps back."""

    location = forms.ChoiceField(label=gettext_lazy("Place"), choices=place_choices)
    units = forms.IntegerField(label=gettext_lazy("Safety stock"), min_value=0, max_value=LARGEST)


def _kept_now(found: QuerySet[Variant]) -> list[str]:
    kept = Stock.objects.filter(variant__in=found).aggregate(n=Sum("safety"))["n"] or 0
    said = ngettext("%(n)d unit of them is kept back now, over all places.", "%(n)d units of them are kept back now, over all places.", kept)  # fmt: skip
    return [said % {"n": kept}, _("What is promised already stays promised.")]


def keep_back(variant_id: UUID, run: Run) -> str:
    """Set the safety stock of one product at one place, for those who may correct stock there."""
    place = UUID(run.given["location"])
    require(run.owner, "stock.adjust", place)
    stock = Stock.objects.filter(variant_id=variant_id, location_id=place).first()
    if stock is None:
        raise NotFound(_("It has never lain at this place."))
    before, units = stock.safety, run.given["units"]
    set_safety(variant_id, place, units, actor=run.actor)
    return _("%(before)d before, %(now)d now.") % {"before": before, "now": units}


bulk.register(
    BulkAction(
        name="stock.safety",
        label=gettext_lazy("Set safety stock"),
        title=gettext_lazy("Set safety stock"),
        confirm=ngettext_lazy("Set it for %(n)d product", "Set it for %(n)d products", "n"),
        permission="stock.adjust",
        model=Variant,
        act=keep_back,
        fields=SafetyForm,
        consequence=_kept_now,
        named_by="sku",
        link=lambda row: reverse("stock-item", args=[row.label]),
        icon="boxes",
    )
)
