"""The forms about feeds: setting one up, sending its file."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.feeds.setting_up import LONGEST_SILENCE, Wish
from inventory.feeds.words import KINDS, WHEN_SILENT
from inventory.models import Location
from inventory.services import LARGEST


class FeedForm(forms.Form):
    """How a feed shall be; its code is given once."""

    name = forms.CharField(label=_("Name"), max_length=100, error_messages={"required": _("Give it a name.")})
    code = forms.CharField(
        label=_("Code"),
        max_length=60,
        help_text=_(
            "What its sender calls it in the address: /api/v1/stock-feeds/CODE/levels. It cannot be changed later."
        ),
        error_messages={"required": _("Give it a code.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KINDS.items()))
    places = forms.TypedMultipleChoiceField(
        label=_("Places that it speaks for"),
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one place.")},
    )
    expected_minutes = forms.IntegerField(
        label=_("Longest time between two messages, in minutes"),
        help_text=_("Without a number nobody waits for it, and it is never silent."),
        required=False,
        min_value=1,
        max_value=LONGEST_SILENCE,
    )
    when_silent = forms.ChoiceField(
        label=_("While it is silent"), choices=list(WHEN_SILENT.items()), widget=forms.RadioSelect, initial="go_on"
    )
    hold_units = forms.IntegerField(label=_("Units held back"), required=False, min_value=0, max_value=LARGEST)
    hold_share = forms.IntegerField(label=_("Per cent held back"), required=False, min_value=0, max_value=99)
    is_active = forms.BooleanField(
        label=_("It is listened to"),
        help_text=_("Switched off, its messages are refused."),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, places: Sequence[Location], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["places"].choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["code"]

    @staticmethod
    def initial_of(wish: Wish) -> dict[str, Any]:
        """What stands now, for the form."""
        return {
            **wish.columns,
            "places": [str(place) for place in wish.places],
            "hold_units": wish.hold_units or None,
            "hold_share": wish.hold_share or None,
        }

    def wish(self) -> Wish:
        """What was typed."""
        given = self.cleaned_data
        return Wish(
            given["name"].strip(),
            given["kind"],
            frozenset(given["places"]),
            given["is_active"],
            given["expected_minutes"],
            given["when_silent"],
            given["hold_units"] or 0,
            given["hold_share"] or 0,
        )


class FileForm(forms.Form):
    """A file of levels, and when they were counted."""

    file = forms.FileField(
        label=_("File (CSV)"),
        help_text=_(
            "The first line names the columns: sku and on_hand, and if you like location, damaged, quarantine, as_of, sequence."
        ),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    counted_at = forms.DateTimeField(
        label=_("Counted at"),
        help_text=_("For lines that do not say it themselves. What has left or arrived since then is reckoned in."),
        error_messages={"required": _("Say when it was counted."), "invalid": _("Give a day and a time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        initial=timezone.now,
    )
