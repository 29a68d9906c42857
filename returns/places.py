"""Where returned goods are taken in."""

from uuid import UUID

from django.utils.translation import gettext as _

from core.problems import Invalid
from inventory.models import Location


def receiving_place(location_id: UUID | None) -> UUID:
    """The location that takes the goods in: the one named, or the returns centre for none and for a vendor.

    Raises Invalid when it takes no returns.
    """
    place = Location.objects.filter(pk=location_id).first() if location_id else None
    if location_id and place is None:
        raise Invalid.field(["location"], _("there is no such location"))
    if place is None or place.kind == Location.Kind.VENDOR:
        place = _returns_centre()
    if not place.is_active or Location.Can.RECEIVE_RETURNS not in place.can:
        raise Invalid.field(["location"], _("%(name)s takes no returns; name a place that does") % {"name": place.name})
    found: UUID = place.pk
    return found


def _returns_centre() -> Location:
    taking = Location.objects.filter(is_active=True, can__contains=[Location.Can.RECEIVE_RETURNS])
    centre = taking.filter(kind=Location.Kind.RETURNS_CENTRE).order_by("code").first()
    centre = centre or taking.filter(kind=Location.Kind.WAREHOUSE).order_by("code").first()
    if centre is None:
        raise Invalid.field(["location"], _("no location takes returns; name one that is allowed to"))
    return centre
