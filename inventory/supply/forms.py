"""The form that announces goods."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.typed import DayField
from inventory.services import LARGEST
from inventory.supply.announcing import Announcement
from inventory.supply.services import LONGEST_REFERENCE


class AnnounceForm(forms.Form):
    """What comes, how much of it, when and where to."""

    sku = forms.CharField(
        label=_("SKU or barcode"), max_length=100, help_text=_("Type it or scan it."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )  # fmt: skip
    quantity = forms.IntegerField(
        label=_("Units"), min_value=1, max_value=LARGEST, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    location = forms.TypedChoiceField(label=_("Place"), coerce=UUID)
    due = DayField(
        label=pgettext_lazy("goods", "Expected on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(
        label=_("Reference"), max_length=LONGEST_REFERENCE,
        help_text=_("What people call it: the vendor’s order number, the name of who said it."),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].choices = places  # type: ignore[attr-defined]

    def said(self) -> Announcement:
        """What was typed."""
        given = dict(self.cleaned_data)
        return Announcement(location_id=given.pop("location"), **given)
