"""The form of a rule about safety stock."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from inventory.limits.safety import LONGEST_COVER, LONGEST_LOOK, RuleWish
from inventory.models import Location
from inventory.selectors import place_choices
from inventory.services import LARGEST

KINDS = {
    Location.Kind.WAREHOUSE: _("all warehouses"),
    Location.Kind.STORE: _("all stores"),
    Location.Kind.THIRD_PARTY: _("all places of logistics partners"),
    Location.Kind.VENDOR: _("all vendors that ship for us"),
    Location.Kind.RETURNS_CENTRE: _("all returns centres"),
}
"""Kinds of places that a rule may be about, in the middle of a sentence."""


def where_choices() -> list[tuple[str, Any]]:
    """All places, those of a kind, or one."""
    kinds = [(str(kind), words) for kind, words in KINDS.items()]
    return [("", gettext("all places")), (gettext("Kinds of places"), kinds), (gettext("Places"), place_choices())]


def category_choices() -> list[tuple[str, str]]:
    """All products, or those of a category."""
    names = Product.objects.exclude(category="").values_list("category", flat=True).distinct().order_by("category")
    return [("", gettext("all products")), *((name, name) for name in names)]


class RuleForm(forms.Form):
    """How many units, or days of sales, are kept back where and of what."""

    where = forms.ChoiceField(label=_("Where"), choices=where_choices, required=False)
    category = forms.ChoiceField(label=_("Of which products"), choices=category_choices, required=False)
    units = forms.IntegerField(
        label=_("Units at least"), required=False, min_value=0, max_value=LARGEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Days that they should last"), required=False, min_value=0, max_value=LONGEST_COVER,
        help_text=_("At the rate at which the place has sent the product; the greater number counts."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    weeks = forms.IntegerField(
        label=_("Rate of the last weeks"), initial=8, min_value=1, max_value=LONGEST_LOOK,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip

    def wish(self) -> RuleWish:
        """What was typed."""
        given = self.cleaned_data
        is_kind = given["where"] in Location.Kind.values
        return RuleWish(
            given["units"] or 0,
            given["days"] or 0,
            given["weeks"],
            None if is_kind or not given["where"] else UUID(given["where"]),
            given["where"] if is_kind else "",
            given["category"],
        )
