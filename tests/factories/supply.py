"""Supply that is to come, and demands that wait for it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import SYSTEM
from core.days import company_day
from core.ids import new_id
from inventory.models import Reservation, Supply, SupplyPin
from inventory.services import In, receive
from inventory.supply import waiting
from inventory.supply.services import Expected, arrive, expect
from tests.factories.world import MUG, World


def day(n: int) -> date:
    """So many days from today."""
    return company_day() + timedelta(days=n)


def coming(world: World, units: int, *, due: int = 7, sku: str = MUG, at: Any = None, **more: Any) -> Supply:
    """A purchase that comes to the warehouse in so many days."""
    given: Any = {"kind": "purchase", "source": new_id(), "reference": "PO-1"} | more
    place = at or world.warehouse
    (made,) = expect([Expected(world.variants[sku].pk, place.pk, day(due), units, **given)], actor=SYSTEM)
    return Supply.objects.get(pk=made)


def waits(world: World, units: int, *, minutes: int = 0, sku: str = MUG, pool: Any = None, channel: Any = None) -> UUID:
    """A demand for units that no place has, ordered so many minutes from now; its key."""
    key, at = new_id(), timezone.now() + timedelta(minutes=minutes)
    with transaction.atomic():
        through = (channel or world.channel).pk
        waiting.wait([waiting.Wait(key, world.variants[sku].pk, (pool or world.pool).pk, through, units, at)])
    return key


def comes(world: World, supply: Supply, units: int, *, sku: str = MUG) -> Supply:
    """Units of it are received, as a receipt does it; the caller is in a transaction."""
    goods = [In(world.variants[sku].pk, supply.location_id, units)]
    receive(goods, source=new_id(), actor=SYSTEM, vendor="ACME")
    return arrive(supply.pk, units, actor=SYSTEM)


def line(key: UUID) -> dict[str, int]:
    """What a demand waits for, by the supply's reference (“” where none is known)."""
    pins = SupplyPin.objects.filter(demand_key=key).select_related("supply")
    return {pin.supply.reference if pin.supply else "": pin.quantity for pin in pins}


def reserved(key: UUID) -> dict[str, int]:
    """What a demand has reserved, by place."""
    found = Reservation.objects.filter(demand_key=key).select_related("location")
    return {pin.location.code: pin.quantity for pin in found}
