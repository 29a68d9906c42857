"""Units with serial numbers."""

from collections.abc import Sequence
from uuid import UUID

from catalog.models import Variant
from catalog.services import set_serials
from core.actors import SYSTEM
from fulfillment import floor, shipping
from fulfillment.models import PickedSerial
from inventory.models import Location, SerialNumber
from inventory.serials.registering import Named, register
from orders.models import Order
from tests.factories.orders import PICKER, released


def asked_of(variant: Variant) -> Variant:
    """The variant asks for serial numbers from now on."""
    set_serials(variant.pk, True, actor=SYSTEM)
    variant.refresh_from_db()
    return variant


def registered(variant: Variant, place: Location, *codes: str) -> None:
    """Units of these numbers lie at the place."""
    register([Named(variant.pk, place.pk, codes)], actor=SYSTEM)


def serial(code: str) -> SerialNumber:
    """The number, as it is kept now."""
    return SerialNumber.objects.select_related("location").get(code=code)


def lying(code: str) -> tuple[str, str]:
    """Its state, and the place where it lies."""
    found = serial(code)
    return found.state, found.location.code if found.location else ""


def in_hand(work: UUID) -> list[str]:
    """The numbers that a piece of work has, as they were scanned."""
    found = PickedSerial.objects.filter(fulfillment_line__fulfillment_order=work).order_by("id")
    return list(found.values_list("serial__code", flat=True))


def sent_by_number(variant: Variant, codes: Sequence[str]) -> tuple[Order, UUID]:
    """An order whose units were scanned and have left; with its parcel."""
    order, (work,) = released({variant.sku: len(codes)})
    line = order.lines.get().pk
    for code in codes:
        floor.scan(work, code, actor=PICKER, line_id=line)
    floor.pack([work], actor=PICKER)
    (parcel,) = shipping.ship([work], actor=PICKER)
    return order, parcel
