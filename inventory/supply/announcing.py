"""Supply that somebody announces by hand: a vendor called, a colleague wrote."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.models import TimelineEntry
from core.problems import Conflict, Invalid
from core.typed import plain
from inventory.models import Supply
from inventory.supply.locks import lock_supply
from inventory.supply.services import Expected, expect


@dataclass(frozen=True, slots=True)
class Announcement:
    """Units of an article, by SKU or barcode, that are to come to a place. `key` names it, so that it counts once."""

    sku: str
    location_id: UUID
    quantity: int
    due: date
    reference: str
    key: UUID
    kind: str = Supply.Kind.PURCHASE


def announce(said: Announcement, *, actor: Actor) -> Supply:
    """Units are on their way. The same key again gives the supply that there is; Conflict when it says something else.

    Invalid by the field.
    """
    variant = _article(said.sku)
    if said.due < company_day():
        raise Invalid.field(["due"], _("choose today or a later day: what has come is received, not announced"))
    with transaction.atomic():
        lock_supply([variant.pk])
        if earlier := Supply.objects.filter(source=said.key).select_related("variant", "location").first():
            return _same(earlier, said, variant)
        line = Expected(
            variant.pk, said.location_id, said.due, said.quantity, said.kind, said.key, plain(said.reference)
        )
        try:
            (made,) = expect([line], actor=actor)
        except Invalid as wrong:
            raise Invalid(errors=[error | {"loc": error["loc"][-1:]} for error in wrong.errors]) from wrong
    return Supply.objects.get(pk=made)


def _article(typed: str) -> Variant:
    """The article of a SKU, in any case, or of a barcode; Invalid when there is none that is kept in stock."""
    text = plain(typed)
    found = Variant.objects.filter(sku__iexact=text).first()
    if found is None and text:
        found = Variant.objects.filter(barcode=text).first()
    if found is None:
        raise Invalid.field(["sku"], _("no product has the SKU or the barcode “%(typed)s”: look it up and type it again") % {"typed": text})  # fmt: skip
    if not found.is_stocked:
        raise Invalid.field(["sku"], _("%(sku)s is not kept in stock: choose a product that is") % {"sku": found.sku})
    return found


def _same(earlier: Supply, said: Announcement, variant: Variant) -> Supply:
    first = TimelineEntry.objects.get(about=earlier.pk, action="supply.expect").data["units"]
    told = (earlier.variant_id, earlier.location_id, earlier.reference, earlier.first_due, first)
    if told != (variant.pk, said.location_id, plain(said.reference), said.due, said.quantity):
        named = {"units": first, "sku": earlier.variant.sku, "reference": earlier.reference}
        raise Conflict(_("This form was sent already: %(units)s of %(sku)s under %(reference)s are announced. Open a new form for something else.") % named)  # fmt: skip
    return earlier
