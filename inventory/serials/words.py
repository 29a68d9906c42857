"""The states of serial numbers in the reader's words."""

from django.utils.translation import pgettext_lazy

from inventory.models import SerialNumber

STATES = {
    SerialNumber.State.HERE: pgettext_lazy("serial number", "Here"),
    SerialNumber.State.SENT: pgettext_lazy("serial number", "Sent"),
    SerialNumber.State.GONE: pgettext_lazy("serial number", "Gone"),
}
TONES = {SerialNumber.State.HERE: "green", SerialNumber.State.SENT: "blue", SerialNumber.State.GONE: "red"}
