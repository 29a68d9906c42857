"""The form of a transfer."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.typed import DayField
from inventory import lineforms
from inventory.tallies.screen import FinishForm
from inventory.transfers.drafting import LONGEST_NOTE, Item, Wish

Lines = lineforms.formset(lineforms.LineForm)
FIELDS = ("sku", "quantity")


class TransferForm(forms.Form):
    """Where from, where to, until when."""

    origin = forms.TypedChoiceField(label=_("From"), coerce=UUID)
    target = forms.TypedChoiceField(label=_("To"), coerce=UUID)
    due_on = DayField(
        label=pgettext_lazy("goods", "Expected on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        *args: Any,
        origins: list[tuple[str, str]],
        targets: list[tuple[str, str]],
        is_new: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["origin"].choices = origins  # type: ignore[attr-defined]
        self.fields["target"].choices = targets  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["origin"], self.fields["target"]

    def wish(self, lines: list[Any]) -> Wish:
        """What was typed. An article that there is not is left to the service to refuse."""
        known = lineforms.variants(lines)
        items = [
            Item(known.get(x.cleaned_data["sku"].strip().upper(), UUID(int=0)), x.cleaned_data.get("quantity") or 0)
            for x in lines
        ]
        return Wish(items, self.cleaned_data["due_on"], self.cleaned_data["note"])


class BookForm(FinishForm):
    """What is said when a transfer is sent or received."""
