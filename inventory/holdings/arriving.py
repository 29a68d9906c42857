"""Units that arrive with a document: into the lots that were named, and those of a lot that is not sold into quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Variant
from core.problems import Invalid
from inventory.holdings.lots import LotInput, coming_in, named
from inventory.models import Condition, Lot
from inventory.services import In
from inventory.tallies.counting import OfLot, Units


@dataclass(slots=True)
class Arrival:
    """What is to be moved in, and how many of it were counted as sellable and are not, by variant."""

    units: list[In] = field(default_factory=list)
    apart: dict[UUID, int] = field(default_factory=dict)

    def plain(self, variant_id: UUID, place_id: UUID, units: Units | OfLot) -> None:
        """Units of no lot."""
        for condition in (Condition.SELLABLE, Condition.DAMAGED):
            if quantity := getattr(units, condition):
                self.units.append(In(variant_id, place_id, quantity, condition))

    def of_lot(self, lot: Lot, place_id: UUID, units: OfLot) -> None:
        """Units of a lot, whose variant is held still."""
        for condition in (Condition.SELLABLE, Condition.DAMAGED):
            if quantity := getattr(units, condition):
                unit = coming_in(lot, place_id, quantity, condition)
                self.units.append(unit)
                if unit.condition == Condition.QUARANTINE:
                    self.apart[lot.variant_id] = self.apart.get(lot.variant_id, 0) + quantity


def delivered(
    came: Sequence[tuple[Variant, Units]], tracked: dict[UUID, Variant], place_id: UUID, vendor: str
) -> Arrival:
    """What a vendor brought. `tracked` are the variants that ask for lots, held still: each of their units is of one."""
    arrival = Arrival()
    for variant, units in came:
        asks = tracked.get(variant.pk)
        if asks is None and not units.lots:
            arrival.plain(variant.pk, place_id, units)
            continue
        if sum(each.all for each in units.lots) != units.all:
            said = _("%(sku)s asks for its lot: take it back with −1, and count it again with the lot")
            raise Invalid.field(["lines"], said % {"sku": variant.sku})
        for each in units.lots:
            lot = named(asks or variant, LotInput(each.code, each.expires_on), vendor)
            arrival.of_lot(lot, place_id, each)
    return arrival
