"""The forms about counts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from core.wording import CONDITIONS
from inventory.counts import rules
from inventory.counts.counting import Entry, What
from inventory.counts.planning import Wish
from inventory.counts.words import SCOPES
from inventory.forms import PlaceForm
from inventory.services import LARGEST


class CountForm(PlaceForm):
    """A new count."""

    scope = forms.ChoiceField(
        label=_("What is counted"), choices=list(SCOPES.items()), widget=forms.RadioSelect, initial="due"
    )
    codes = forms.CharField(
        label=_("Bins or SKUs"),
        help_text=_("One a line. A-01* means all bins whose code begins with A-01. Not needed for what is due."),
        widget=forms.Textarea(attrs={"rows": 5, "autocapitalize": "characters", "spellcheck": "false"}),
        max_length=31_000,
        required=False,
    )
    most = forms.IntegerField(
        label=_("Articles at most"), help_text=_("Of those that are due."), min_value=1, max_value=rules.MOST_LINES,
        initial=30, required=False,
    )  # fmt: skip
    assignee = forms.ChoiceField(label=_("For whom"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = [("", _("Whoever comes by")), *people]  # type: ignore[attr-defined]

    def wish(self) -> Wish:
        """What was typed."""
        given = self.cleaned_data
        return Wish(given["scope"], given["codes"].splitlines(), given["most"] or 0, given["assignee"], given["note"])


class RuleForm(forms.Form):
    """How a place counts."""

    units = forms.IntegerField(
        label=_("Units of an article"), min_value=0, max_value=rules.MOST_UNITS,
        help_text=_("A difference up to this many units and up to this value is posted by itself."),
    )  # fmt: skip
    value = forms.DecimalField(
        label=_("Value of an article’s difference, EUR"), min_value=0, max_value=rules.MOST_VALUE, decimal_places=2
    )
    recounts = forms.BooleanField(
        label=_("A larger difference is counted again by somebody else before it is decided"), required=False
    )
    days_a = forms.IntegerField(
        label=_("Class A is due after so many days"), min_value=1, max_value=rules.LONGEST,
        help_text=_("Articles that make the first 80 per cent of the value shipped from the place in 90 days."),
    )  # fmt: skip
    days_b = forms.IntegerField(
        label=_("Class B is due after so many days"), min_value=1, max_value=rules.LONGEST,
        help_text=_("Those of the next 15 per cent."),
    )  # fmt: skip
    days_c = forms.IntegerField(label=_("Class C is due after so many days"), min_value=1, max_value=rules.LONGEST)
    proposes = forms.BooleanField(label=_("Each night a count of what is due is proposed"), required=False)
    most = forms.IntegerField(label=_("Articles in a proposal at most"), min_value=1, max_value=rules.MOST_LINES)

    def wish(self) -> rules.Wish:
        """What was typed."""
        return rules.Wish(**self.cleaned_data)


class ScanForm(forms.Form):
    """What is counted: a code, or a line of the screen; how many, and how they are. `key` makes it count once."""

    code = forms.CharField(max_length=64, strip=True, required=False)
    line = forms.UUIDField(required=False)
    variant = forms.UUIDField(required=False)
    key = forms.UUIDField()
    quantity = forms.IntegerField(min_value=-LARGEST, max_value=LARGEST, required=False)
    total = forms.BooleanField(required=False)
    condition = forms.ChoiceField(choices=[("", ""), *CONDITIONS.items()], required=False)

    def entry(self) -> Entry:
        """How many."""
        given = self.cleaned_data
        return Entry(given["key"], 1 if given["quantity"] is None else given["quantity"], given["total"])

    def what(self, variant_id: UUID, lot_id: UUID | None) -> What:
        """Of what."""
        return What(variant_id, lot_id, self.cleaned_data["condition"])


class DecideForm(forms.Form):
    """What becomes of a difference."""

    shown = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ReasonForm(forms.Form):
    """Why, for many at once."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
