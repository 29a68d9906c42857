"""Supply in words."""

from datetime import date

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from inventory.supply.models import Supply

KINDS: dict[str, str | Promise] = {
    "purchase": gettext_lazy("Purchase"),
    "transfer": pgettext_lazy("supply", "Transfer"),
    "return": pgettext_lazy("supply", "Return"),
    "vendor": gettext_lazy("Vendor’s own"),
}


def state(supply: Supply, today: date) -> tuple[str, str]:
    """Tone and words of where a supply stands."""
    if supply.state == Supply.State.CLOSED:
        return ("green", _("Has come")) if supply.arrived >= supply.quantity else ("grey", _("Closed"))
    if supply.order_by and supply.order_by <= timezone.now():
        return ("red", _("Should have been ordered")) if supply.committed else ("grey", _("Can be ordered"))
    if supply.order_by:
        return ("amber", _("To be ordered")) if supply.committed else ("grey", _("Can be ordered"))
    if supply.due < today:
        return "red", _("Late")
    return ("blue", _("Has come in part")) if supply.arrived else ("blue", _("On its way"))
