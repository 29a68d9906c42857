from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from core.wording import MOVE_REASONS
from inventory.holdings.lots import LotInput
from inventory.models import Condition
from inventory.services import LARGEST

REASONS = [(name, MOVE_REASONS[name]) for name in ("counted", "damaged", "lost", "found", "sample")]


class PlaceForm(forms.Form):
    """A form about one place, limited to those that the person may change."""

    location = forms.TypedChoiceField(label=_("Place"), coerce=UUID)

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].choices = places  # type: ignore[attr-defined]


class LotForm(forms.Form):
    """The lot of what arrives, where its variant asks for lots."""

    lot = forms.CharField(label=_("Lot"), max_length=40, error_messages={"required": _("Give the lot.")})
    expires_on = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    vendor_lot = forms.CharField(label=_("The vendor’s name of the lot"), required=False, max_length=100)

    def __init__(self, *args: Any, variant: Variant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in () if variant.tracks_lots else LOT_FIELDS:
            del self.fields[name]
        self.order_fields([name for name in self.fields if name not in LOT_FIELDS])

    def named(self) -> LotInput | None:
        """What was typed; None where no lot is asked for."""
        given = self.cleaned_data
        return LotInput(given["lot"], given["expires_on"], given["vendor_lot"]) if "lot" in given else None


LOT_FIELDS = ("lot", "expires_on", "vendor_lot")


class ReceiveForm(LotForm, PlaceForm):
    """Goods that arrive."""

    quantity = forms.IntegerField(label=_("Units"), min_value=1, max_value=LARGEST)
    condition = forms.ChoiceField(
        label=_("Condition"),
        choices=[
            (Condition.SELLABLE, _("Sellable")),
            (Condition.DAMAGED, _("Damaged")),
            (Condition.QUARANTINE, _("Quarantine")),
        ],
    )
    vendor = forms.CharField(label=_("Vendor"), required=False, max_length=200)
    note = forms.CharField(label=_("Delivery note"), required=False, max_length=200)


class AdjustForm(PlaceForm):
    """A correction of what is on hand."""

    quantity = forms.IntegerField(
        label=_("Units more or less"),
        min_value=-LARGEST,
        max_value=LARGEST,
        help_text=_("−2 takes two away, 3 adds three"),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def clean_quantity(self) -> int:
        """A correction by nothing is none."""
        quantity = int(self.cleaned_data["quantity"])
        if quantity == 0:
            raise forms.ValidationError(_("Say how many units more or less."))
        return quantity
