"""The form for how long stock is kept."""

from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import wording
from orders.keeping.models import LONGEST_HOURS
from orders.keeping.rules import KINDS
from orders.models import Channel


def _kinds() -> list[tuple[str, str]]:
    return [(kind, wording.hold(kind).capitalize()) for kind in KINDS]


def _channels() -> list[tuple[str, str]]:
    found = Channel.objects.filter(is_active=True, is_history=False).order_by("name")
    return [("", gettext("all channels")), *((str(pk), name) for pk, name in found.values_list("pk", "name"))]


class RuleForm(forms.Form):
    """Under which hold, in which channel, for how long."""

    kind = forms.ChoiceField(label=_("Held for"), choices=_kinds)
    channel = forms.ChoiceField(label=_("Channel"), choices=_channels, required=False)
    hours = forms.IntegerField(
        label=_("Hours"), required=False, min_value=1, max_value=LONGEST_HOURS,
        help_text=_("From when the order is held; empty: as long as it is held."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip

    @property
    def channel_id(self) -> UUID | None:
        """The channel that was chosen; None for all."""
        chosen = self.cleaned_data["channel"]
        return UUID(chosen) if chosen else None
