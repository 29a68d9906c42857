from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Shipment
from fulfillment.shipping import LONGEST_NUMBER, Tracking

EVENTS = [
    ("InTransit", _("In transit")),
    ("OutForDelivery", _("Out for delivery")),
    ("Delivered", _("Delivered")),
    ("AttemptFail", _("Delivery failed")),
    ("AvailableForPickup", _("At the pickup point")),
    ("Exception", _("Problem on the way")),
    ("Expired", _("No news for long")),
]
"""What a carrier may say once it has the parcel."""


class ScanForm(forms.Form):
    """A barcode, SKU or number, as a scanner types it; `line` when an article was scanned just before whose number is asked."""

    code = forms.CharField(max_length=64)
    line = forms.UUIDField(required=False, widget=forms.HiddenInput)


class HandOverForm(forms.Form):
    """How a parcel really travels; starts with what its label says."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=LONGEST_NUMBER)

    def __init__(self, data: Mapping[str, Any] | None = None, *, shipment: Shipment) -> None:
        initial = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
        super().__init__(data, initial=initial, auto_id="hand-over-%s")

    def tracking(self) -> Tracking | None:
        """What differs from the label, or None."""
        if not self.has_changed():
            return None
        return Tracking(carrier=self.cleaned_data["carrier"], number=self.cleaned_data["tracking_number"])


class EventForm(forms.Form):
    """Something a carrier said about a parcel."""

    status = forms.ChoiceField(label=_("What happened"), choices=EVENTS)
    at = forms.DateTimeField(
        label=_("When"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    place = forms.CharField(label=_("Where"), max_length=120, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"at": timezone.localtime()})
