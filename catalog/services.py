"""Every write to the catalogue that people make here."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.problems import Conflict, NotFound
from core.timeline import record


def set_pre_order(variant_id: UUID, may: bool, *, actor: Actor) -> bool:
    """Say whether a product may be sold before it is here, against supply that is on its way; whether that is news."""
    with transaction.atomic():
        variant = Variant.objects.select_for_update(no_key=True).filter(pk=variant_id).first()
        if variant is None:
            raise NotFound(_("There is no such product."))
        if not variant.is_stocked:
            raise Conflict(_("%(sku)s is not kept in stock: nothing of it can be on its way.") % {"sku": variant.sku})
        if variant.pre_order is may:
            return False
        Variant.objects.filter(pk=variant_id).update(pre_order=may)
        record(variant_id, "variant.pre_order", actor=actor, before=_word(not may), after=_word(may))
    return True


def set_serials(variant_id: UUID, may: bool, *, actor: Actor) -> bool:
    """Say whether each unit of a product is packed by its serial number; whether that is news. Numbers known so far stay."""
    with transaction.atomic():
        variant = Variant.objects.select_for_update(no_key=True).filter(pk=variant_id).first()
        if variant is None:
            raise NotFound(_("There is no such product."))
        if not variant.is_stocked:
            raise Conflict(_("%(sku)s is not kept in stock: it has no units with numbers.") % {"sku": variant.sku})
        if variant.tracks_serials is may:
            return False
        Variant.objects.filter(pk=variant_id).update(tracks_serials=may)
        record(variant_id, "variant.serials", actor=actor, before=_word(not may), after=_word(may))
    return True


def _word(may: bool) -> str:
    return "on" if may else "off"
