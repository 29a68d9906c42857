"""Transfers between places, as short as tests want them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from catalog.models import Variant
from core.days import company_day
from core.ids import new_id
from inventory.models import Location, Stock, Transfer, TransferStep
from inventory.tallies.counting import Units
from inventory.transfers import drafting, moving
from inventory.transfers.drafting import Item, Wish
from tests.factories.purchases import BUYER, DOCK


def wish(units: Mapping[str, int], *, days: int = 3, note: str = "") -> Wish:
    """So many units of each SKU."""
    ids = dict(Variant.objects.filter(sku__in=units).values_list("sku", "pk"))
    items = [Item(ids[sku], quantity) for sku, quantity in units.items()]
    return Wish(items, company_day() + timedelta(days=days), note)


def drafted(origin: Location, target: Location, units: Mapping[str, int]) -> Transfer:
    """A transfer that has not left."""
    return drafting.draft(origin.pk, target.pk, wish(units), actor=BUYER)


def counted(units: Mapping[str, int], damaged: Mapping[str, int] | None = None) -> dict[UUID, Units]:
    """Units by variant."""
    broken = damaged or {}
    ids = dict(Variant.objects.filter(sku__in=[*units, *broken]).values_list("sku", "pk"))
    return {variant: Units(units.get(sku, 0), broken.get(sku, 0)) for sku, variant in ids.items()}


def sent(origin: Location, target: Location, units: Mapping[str, int]) -> Transfer:
    """A transfer that is in transit."""
    transfer = drafted(origin, target, units)
    moving.send(transfer.pk, counted(units), key=new_id(), actor=DOCK)
    transfer.refresh_from_db()
    return transfer


def arrived(transfer: Transfer, units: Mapping[str, int], **more: Any) -> TransferStep:
    """Units of it arrive."""
    given = counted(units, more.pop("damaged", None))
    return moving.receive(transfer.pk, given, key=more.pop("key", None) or new_id(), actor=DOCK, **more)


def on_hand(place: Location, sku: str) -> tuple[int, int]:
    """Sellable and damaged units at a place."""
    stock = Stock.objects.filter(location=place, variant__sku=sku).first()
    return (stock.on_hand, stock.damaged) if stock else (0, 0)
