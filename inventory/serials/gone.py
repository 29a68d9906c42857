"""Units that are scrapped, lost or stolen, and those that are found again."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from inventory.models import Location, SerialNumber
from inventory.serials.trail import traces

LONGEST_REASON = 200


def mark_gone(serial_id: UUID, *, reason: str, actor: Actor) -> SerialNumber:
    """A unit that lay here is no more to be had. Counts stay as they are. Conflict for one that is in hand, or was sent."""
    reason = _insisted(reason, _("say what became of it"))
    with transaction.atomic():
        serial = locked(serial_id)
        trace = traces([serial.pk]).get(serial.pk)
        if trace and not trace.has_left:
            said = _("%(code)s is in hand for order %(order)s at %(place)s: it cannot be gone.")
            raise Conflict(said % {"code": serial.code, "order": trace.order, "place": trace.place})
        if serial.state != SerialNumber.State.HERE:
            raise Conflict(_("%(code)s does not lie here: it was sent, or is gone already.") % {"code": serial.code})
        place = serial.location
        serial.state, serial.location, serial.reason = SerialNumber.State.GONE, None, reason
        serial.save(update_fields=["state", "location", "reason"])
        data = {"place": place.name if place else "", "reason": reason}
        record(serial.pk, "serial.gone", actor=actor, before="here", after="gone", data=data)
    return serial


def find_again(serial_id: UUID, location_id: UUID, *, reason: str, actor: Actor) -> SerialNumber:
    """A unit that was gone lies at a place again."""
    reason = _insisted(reason, _("say how it was found"))
    with transaction.atomic():
        serial = locked(serial_id)
        if serial.state != SerialNumber.State.GONE:
            raise Conflict(_("%(code)s is not gone.") % {"code": serial.code})
        place = Location.objects.filter(pk=location_id).first()
        if place is None:
            raise Invalid.field(["location"], _("there is no such place"))
        serial.state, serial.location, serial.reason = SerialNumber.State.HERE, place, ""
        serial.save(update_fields=["state", "location", "reason"])
        data = {"place": place.name, "reason": reason}
        record(serial.pk, "serial.found", actor=actor, before="gone", after="here", data=data)
    return serial


def locked(serial_id: UUID) -> SerialNumber:
    """The number, which nobody else acts on until the transaction ends."""
    found = SerialNumber.objects.select_for_update(no_key=True, of=("self",)).select_related("location", "variant")
    serial = found.filter(pk=serial_id).first()
    if serial is None:
        raise NotFound(_("There is no such serial number."))
    return serial


def _insisted(reason: str, said: str) -> str:
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise Invalid.field(["reason"], said)
    return reason
