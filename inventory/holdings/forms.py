"""The forms about bins and conditions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.wording import MOVE_REASONS
from inventory.forms import PlaceForm
from inventory.holdings.bins import LARGEST_WALK, Wish
from inventory.holdings.lots import LONGEST_SHELF
from inventory.holdings.selectors import Spot
from inventory.holdings.words import CONDITIONS, KINDS
from inventory.services import LARGEST

REASONS = [(name, MOVE_REASONS[name]) for name in ("damaged", "checked", "suspected", "mended", "expired")]


class BinsForm(PlaceForm):
    """New bins of a place."""

    kind = forms.ChoiceField(label=_("What for"), choices=list(KINDS.items()))
    codes = forms.CharField(
        label=_("Codes"),
        help_text=_("One a line, in the order in which people walk: A-01-1, A-01-2 …"),
        widget=forms.Textarea(attrs={"rows": 8, "autocapitalize": "characters", "spellcheck": "false"}),
        max_length=31_000,
        error_messages={"required": _("Give at least one code.")},
    )


class BinForm(forms.Form):
    """How a bin shall be."""

    kind = forms.ChoiceField(label=_("What for"), choices=list(KINDS.items()))
    walk = forms.IntegerField(
        label=_("Place in the walk"),
        help_text=_("People are led from the smallest number to the largest."),
        min_value=0,
        max_value=LARGEST_WALK,
    )
    barcode = forms.CharField(
        label=_("Barcode"), help_text=_("When it is not the code itself."), required=False, max_length=64
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def wish(self) -> Wish:
        """What was typed."""
        given = self.cleaned_data
        return Wish(given["kind"], given["walk"], given["barcode"].strip(), given["is_active"])


class TrackForm(forms.Form):
    """What a product asks for."""

    expiry = forms.BooleanField(label=_("Each lot has its last day"), required=False)
    shelf_days = forms.IntegerField(
        label=_("Days that must be left for it to be sold"),
        help_text=_("Lots with fewer are set apart by themselves; two weeks before, people are told."),
        min_value=0,
        max_value=LONGEST_SHELF,
        initial=0,
    )


class ConditionForm(forms.Form):
    """Units of one spot become another condition."""

    spot = forms.ChoiceField(label=_("Which units"))
    quantity = forms.IntegerField(label=_("Units"), min_value=1, max_value=LARGEST)
    to = forms.ChoiceField(label=_("Become"), choices=list(CONDITIONS.items()))
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, spots: list[Spot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {spot.key: spot for spot in spots}
        self.fields["spot"].choices = [(spot.key, _said(spot)) for spot in spots]  # type: ignore[attr-defined]


def _said(spot: Spot) -> str:
    words = [str(spot.units), str(CONDITIONS[spot.condition]), spot.bin or str(_("in no bin")), spot.lot]  # type: ignore[index]
    return " · ".join(word for word in words if word)
