"""The forms about serial numbers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.forms import PlaceForm
from inventory.serials.gone import LONGEST_REASON
from inventory.serials.registering import split

MOST_TYPED = 32_000
NUMBERS = {
    "rows": 6,
    "autocapitalize": "characters",
    "autocomplete": "off",
    "spellcheck": "false",
    "class": "num",
}


class NumbersField(forms.CharField):
    """Serial numbers as a scanner types them, one a line; blanks part them too."""

    widget = forms.Textarea(attrs=NUMBERS)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_TYPED, **kwargs)

    def clean(self, value: Any) -> Any:
        """The numbers, as they were typed."""
        return split(super().clean(value))


class RegisterForm(PlaceForm):
    """Units that lie at a place, by their numbers."""

    serials = NumbersField(
        label=_("Serial numbers"),
        help_text=_("One a line: scan one after the other."),
        error_messages={"required": _("Give at least one number.")},
    )


class GoneForm(forms.Form):
    """What became of a unit."""

    reason = forms.CharField(
        label=_("What became of it"),
        help_text=_("Scrapped, lost, stolen …"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Say what became of it.")},
    )


class FoundForm(PlaceForm):
    """Where a unit that was gone lies again."""

    reason = forms.CharField(
        label=_("How it was found"),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Say how it was found.")},
    )
