"""The forms about channel shares."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory.selectors import place_choices
from inventory.services import LARGEST
from orders.models import Channel
from orders.shares.limits import Limits, Wish


class LimitsForm(forms.Form):
    """Limits of a product: what each place keeps back, what is set aside there for one channel, and all channels' caps."""

    def __init__(self, data: Any, *, limits: Limits, channel: Channel | None) -> None:
        super().__init__(data)
        self.limits, self.channel = limits, channel
        now = limits.wish()
        for place, units in now.safety.items():
            self._add(f"safety-{place}", self._number(units))
            self._add(f"withheld-{place}", forms.BooleanField(required=False, initial=now.withheld[place]))
        for (place, of), units in now.fences.items():
            if channel and of == channel.pk:
                self._add(f"fence-{place}", self._number(units or None))
        for key, most in now.caps.items():
            self._add(f"cap-{key}", self._number(most))
        self._name_them()

    def _add(self, name: str, made: forms.Field) -> None:
        self.fields[name] = made

    @staticmethod
    def _number(units: int | None) -> forms.IntegerField:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(min_value=0, max_value=LARGEST, required=False, initial=units, widget=widget)

    def _name_them(self) -> None:
        """What a box is called where it stands alone: for screen readers, and in the summary of errors."""
        for row in self.limits.rows:
            place = row.stock.location
            safety = self.fields[f"safety-{place.pk}"]
            if not row.stock.is_set_by_hand:
                safety.widget.attrs["placeholder"] = str(row.stock.safety)
            safety.label = gettext("Safety stock at %(place)s") % {"place": place.name}
            self.fields[f"withheld-{place.pk}"].label = gettext("Promise nothing from %(place)s") % {
                "place": place.name
            }
            if self.channel and (fence := self.fields.get(f"fence-{place.pk}")):
                told = {"channel": self.channel.name, "place": place.name}
                fence.label = gettext("Set aside for %(channel)s at %(place)s") % told
        for channel in self.limits.channels:
            cap = self.fields[f"cap-{channel.pk}"]
            cap.widget.attrs["placeholder"] = gettext("any number")
            cap.label = gettext("At most through %(channel)s") % {"channel": channel.name}

    @property
    def places(self) -> list[dict[str, Any]]:
        """The boxes of each place, for the page."""
        return [
            {
                "stock": row.stock,
                "safety": self[f"safety-{row.stock.location_id}"],
                "withheld": self[f"withheld-{row.stock.location_id}"],
                "fence": self[f"fence-{row.stock.location_id}"] if self._sells_from(row) else None,
                "share": next((s for s in row.shares if self.channel and s.channel.pk == self.channel.pk), None),
            }
            for row in self.limits.rows
        ]

    def _sells_from(self, row: Any) -> bool:
        return f"fence-{row.stock.location_id}" in self.fields

    @property
    def channels(self) -> list[dict[str, Any]]:
        """The box of each channel, for the page."""
        caps = self.limits.caps
        return [{"channel": c, "cap": caps.get(c.pk), "box": self[f"cap-{c.pk}"]} for c in self.limits.channels]

    def wish(self) -> Wish:
        """What was typed."""
        given, now = self.cleaned_data, self.limits.wish()
        return Wish(
            {place: given[f"safety-{place}"] for place in now.safety},
            {place: given[f"withheld-{place}"] for place in now.withheld},
            {
                (place, of): given[f"fence-{place}"] or 0
                for place, of in now.fences
                if self.channel and of == self.channel.pk
            },
            {channel: given[f"cap-{channel}"] for channel in now.caps},
        )


def channel_choices() -> list[tuple[str, str]]:
    """Channels that sell."""
    found = Channel.objects.filter(is_active=True, is_history=False).order_by("name")
    return [(str(pk), name) for pk, name in found.values_list("pk", "name")]


class ShareForm(forms.Form):
    """Units of each product set aside for a channel at a place."""

    location = forms.ChoiceField(label=_("Place"), choices=place_choices)
    channel = forms.ChoiceField(label=_("Channel"), choices=channel_choices)
    units = forms.IntegerField(
        label=_("Set aside"), min_value=0, max_value=LARGEST, help_text=_("0 sets nothing aside any more")
    )


class CapForm(forms.Form):
    """Most units of each product that a channel may sell."""

    channel = forms.ChoiceField(label=_("Channel"), choices=channel_choices)
    most = forms.IntegerField(
        label=_("At most"),
        min_value=0,
        max_value=LARGEST,
        required=False,
        help_text=_("Counted from when it is set; empty: any number"),
    )


class WithholdForm(forms.Form):
    """Whether a place promises the products."""

    location = forms.ChoiceField(label=_("Place"), choices=place_choices)
    withheld = forms.ChoiceField(
        label=_("From this place"),
        choices=[("yes", _("promise nothing")), ("no", _("promise them again"))],
        widget=forms.RadioSelect,
    )
