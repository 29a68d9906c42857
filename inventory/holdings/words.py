"""Bins, lots and conditions in the reader's words."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import Bin, Condition, Lot

KINDS = {
    Bin.Kind.PICK: _("To pick from"),
    Bin.Kind.RESERVE: pgettext_lazy("bin", "Reserve"),
    Bin.Kind.RECEIVING: pgettext_lazy("bin", "Receiving"),
    Bin.Kind.QUARANTINE: pgettext_lazy("bin", "Quarantine"),
}
CONDITIONS = {
    Condition.SELLABLE: _("Sellable"),
    Condition.DAMAGED: _("Damaged"),
    Condition.QUARANTINE: _("Quarantine"),
}
TONES = {Condition.SELLABLE: "green", Condition.DAMAGED: "red", Condition.QUARANTINE: "amber"}
LOT_STATES = {
    Lot.State.OPEN: pgettext_lazy("lot", "Open"),
    Lot.State.QUARANTINED: pgettext_lazy("lot", "Quarantined"),
    Lot.State.EXPIRED: pgettext_lazy("lot", "Expired"),
}
LOT_TONES = {Lot.State.OPEN: "green", Lot.State.QUARANTINED: "amber", Lot.State.EXPIRED: "red"}
