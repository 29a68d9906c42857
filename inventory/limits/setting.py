"""Setting limits: what is set aside for a channel, what a channel may sell at most, which rows promise nothing."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Invalid, NotFound
from core.timeline import record
from inventory.models import Cap, CapDraw, Fence, Stock
from inventory.services import LARGEST
from inventory.supply.risen import tell_risen


def set_fence(variant_id: UUID, location_id: UUID, channel_id: UUID, units: int, *, actor: Actor) -> Fence | None:
    """Set units aside for a channel at a place; 0 ends it. What the channel has been promised out of it stays its own.

    Setting the same number again changes nothing.
    """
    _check(units, "units")
    with transaction.atomic():
        stock = _locked(variant_id, location_id)
        fence = Fence.objects.filter(stock=stock, channel_id=channel_id).first()
        before = fence.units if fence else 0
        if before == units:
            return fence
        if units == 0 and fence:
            fence.delete()
            fence = None
        elif fence:
            fence.units = units
            fence.save(update_fields=["units"])
        else:
            fence = Fence.objects.create(stock=stock, channel_id=channel_id, units=units)
        data = {"channel": str(channel_id)}
        record(stock.pk, "stock.fence", actor=actor, before=str(before), after=str(units), data=data)
        if units < before:
            tell_risen([(variant_id, location_id)])
    return fence


def set_cap(variant_id: UUID, channel_id: UUID, most: int | None, *, actor: Actor) -> Cap | None:
    """Set the most that a channel may sell of a variant from now on; None ends it. What is sold stays sold.

    Another number keeps what has been counted; the same number again changes nothing.
    """
    if most is not None:
        _check(most, "most")
    with transaction.atomic():
        cap = Cap.objects.select_for_update(no_key=True).filter(variant_id=variant_id, channel_id=channel_id).first()
        before = cap.most if cap else None
        if before == most:
            return cap
        if cap and most is None:
            CapDraw.objects.filter(cap=cap).delete()
            cap.delete()
            cap = None
        elif cap and most is not None:
            cap.most = most
            cap.save(update_fields=["most"])
        elif most is not None:
            cap = Cap.objects.create(variant_id=variant_id, channel_id=channel_id, most=most)
        told = ("" if before is None else str(before), "" if most is None else str(most))
        data = {"channel": str(channel_id)}
        record(variant_id, "variant.cap", actor=actor, before=told[0], after=told[1], data=data)
    return cap


def withhold(variant_id: UUID, location_id: UUID, *, withheld: bool, actor: Actor) -> Stock:
    """Promise nothing of a variant from a place, or promise it again. What is promised already stays promised."""
    with transaction.atomic():
        stock = _locked(variant_id, location_id)
        if stock.withheld != withheld:
            stock.withheld = withheld
            stock.save(update_fields=["withheld"])
            if not withheld:
                tell_risen([(variant_id, location_id)])
            record(stock.pk, "stock.withhold" if withheld else "stock.sell_again", actor=actor)
    return stock


def _locked(variant_id: UUID, location_id: UUID) -> Stock:
    found = Stock.objects.select_for_update(no_key=True).filter(variant_id=variant_id, location_id=location_id).first()
    if found is None:
        raise NotFound(_("It has never lain at this place."))
    return found


def _check(units: int, field: str) -> None:
    if not 0 <= units <= LARGEST:
        raise Invalid.field([field], _("must be a whole number from 0 to %(largest)s") % {"largest": LARGEST})
