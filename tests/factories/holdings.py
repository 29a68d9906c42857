"""Bins and lots, and what lies in them."""

from datetime import date
from typing import Any
from uuid import UUID

from catalog.models import Variant
from core.actors import SYSTEM
from core.ids import new_id
from inventory.holdings.bins import make_bins
from inventory.holdings.ledger import Part
from inventory.holdings.moving import What, put
from inventory.models import Bin, Holding, Location, Lot
from inventory.services import In, receive


def bins_at(place: Location, *codes: str, kind: str = "pick") -> list[Bin]:
    """New bins, walked to in this order."""
    return make_bins(place.pk, codes, kind=kind, actor=SYSTEM)


def put_in(variant: Variant, target: Bin, units: int) -> None:
    """Units that lie in no bin go into one."""
    put(What(variant.pk, target.location_id, units), target.pk, actor=SYSTEM)


def lot_of(variant: Variant, code: str, expires_on: date | None = None, **more: Any) -> Lot:
    """A lot of a variant that asks for lots from now on."""
    if not variant.tracks_lots:
        variant.tracks_lots = True
        variant.save(update_fields=["tracks_lots"])
    return Lot.objects.create(variant=variant, code=code, expires_on=expires_on, **more)


def receive_lot(
    lot: Lot, place: Location, units: int, *, bin_id: UUID | None = None, condition: str = "sellable"
) -> None:
    """Units of a lot arrive."""
    unit = In(lot.variant_id, place.pk, units, condition, (Part(units, bin_id, lot.pk),))
    receive([unit], source=new_id(), actor=SYSTEM)


def lying(place: Location) -> dict[tuple[str, str, str, str], int]:
    """Units by SKU, condition, bin and lot."""
    found = Holding.objects.filter(stock__location=place).values_list(
        "stock__variant__sku", "condition", "bin__code", "lot__code", "units"
    )
    return {(sku, condition, spot or "", lot or ""): units for sku, condition, spot, lot, units in found}
