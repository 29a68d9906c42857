"""What people do with single units: tell their numbers, scan them, mark them as gone, bring them back."""

from typing import Protocol
from uuid import UUID

from core.actors import Actor
from fulfillment import floor, serials
from fulfillment.models import FulfillmentLine, FulfillmentOrder, PickedSerial
from inventory.models import Location, SerialNumber
from inventory.serials.gone import find_again, mark_gone
from inventory.serials.registering import Named, register
from tests.factories.world import VASE, World
from tests.scenarios.deed import Deed, nth

PICKER = Actor("user", "Paul Picker", "2")


class AtWork(Protocol):
    """Who does it."""

    world: World


class Numberers:
    """Deeds about vases, which ask for their numbers. None of them moves a unit or a cent."""

    def tell_a_number(self: AtWork, n: int, units: int) -> Deed | None:
        """A new number, or one that is known already."""
        code, place = _code(n, units), (self.world.warehouse, self.world.store)[n % 2]
        named = Named(self.world.variants[VASE].pk, place.pk, [code])
        return Deed(f"{code} is told to lie at {place.code}", lambda: register([named], actor=PICKER))

    def scan_a_number(self: AtWork, n: int, units: int) -> Deed | None:
        """For some work: one that lies here, lies elsewhere, is in other hands, was sent, is gone, or is new; now and then
        after its article."""
        work, code = nth(list(FulfillmentOrder.objects.order_by("id")), n), _code(n, units)
        if work is None:
            return None
        line = work.lines.filter(order_line__variant__tracks_serials=True).first()
        before = line.order_line_id if line and n % 3 else None
        return Deed(f"{code} is scanned for work {n}", lambda: floor.scan(work.pk, code, actor=PICKER, line_id=before))

    def take_a_number_out(self: AtWork, n: int, units: int) -> Deed | None:
        """Of a box, open or closed; or one that has left."""
        found = nth(list(PickedSerial.objects.select_related("serial", "fulfillment_line").order_by("id")), n)
        if found is None:
            return None
        work, code = found.fulfillment_line.fulfillment_order_id, found.serial.code
        return Deed(f"{code} is taken out", lambda: serials.take_out(work, found.serial_id, actor=PICKER))

    def number_a_box(self: AtWork, n: int, units: int) -> Deed | None:
        """New numbers for all units that were picked without."""
        work = nth(list(FulfillmentOrder.objects.order_by("id")), n)
        if work is None:
            return None
        return Deed(f"the missing numbers of work {n} are scanned", lambda: number(work.pk))

    def lose_a_unit(self: AtWork, n: int, units: int) -> Deed | None:
        found = nth(list(SerialNumber.objects.order_by("code")), n)
        if found is None:
            return None
        return Deed(f"{found.code} is gone", lambda: mark_gone(found.pk, reason="lost", actor=PICKER))

    def find_a_unit(self: AtWork, n: int, units: int) -> Deed | None:
        found = nth(list(SerialNumber.objects.order_by("code")), n)
        place = nth(list(Location.objects.order_by("code")), units)
        if found is None or place is None:
            return None
        return Deed(
            f"{found.code} is found at {place.code}",
            lambda: find_again(found.pk, place.pk, reason="came up", actor=PICKER),
        )


def _code(n: int, units: int) -> str:
    known = nth(list(SerialNumber.objects.order_by("code")), n)
    return known.code if known and units > 1 else _new(1)[0]


def _new(count: int) -> list[str]:
    begun = SerialNumber.objects.count()
    return [f"S-{begun + each:03}" for each in range(1, count + 1)]


def number(work_id: UUID) -> None:
    """Scan new numbers for the units of a piece of work that were picked without."""
    line = FulfillmentLine.objects.filter(fulfillment_order=work_id, order_line__variant__tracks_serials=True).first()
    if line is None:
        return
    missing = line.picked - PickedSerial.objects.filter(fulfillment_line=line).count()
    if missing > 0:
        serials.add(work_id, {line.order_line_id: _new(missing)}, actor=PICKER)


def out(order_line_id: UUID, most: int) -> list[str] | None:
    """Numbers of units that are out with an order line, for those that come back; None where none has one."""
    picked = PickedSerial.objects.filter(fulfillment_line__order_line=order_line_id, has_left=True, returned=None)
    return list(picked.order_by("id").values_list("serial__code", flat=True)[:most]) or None
