"""What the lines of a sent purchase order still wait for is supply: it follows them, in the same transaction.

What was promised on the vendor's terms before it was ordered is waited for of the order from now on, and the terms stand
for what is left.
"""

from collections.abc import Mapping
from uuid import UUID

from core.actors import Actor
from inventory import incoming
from inventory.incoming import Coming, Waited
from inventory.models import Supply
from purchasing.models import PurchaseOrder, VendorTerms
from purchasing.standing import stand


def follow(order: PurchaseOrder, *, actor: Actor, is_new: bool = False) -> None:
    """After lines or the day of a sent order have changed. What it was written for it takes over once, when it `is_new`."""
    coming = _coming(order, takes_over=is_new)
    incoming.follow(coming, actor=actor)
    variants = {line.variant_id for line in coming.lines}
    if terms := set(VendorTerms.objects.filter(variant__in=variants).values_list("variant_id", flat=True)):
        stand(terms, actor=actor)


def arrive(order: PurchaseOrder, came: Mapping[UUID, int], *, actor: Actor) -> None:
    """After so many sellable units of these lines are on hand, and the rest may have been given up."""
    incoming.arrive(_coming(order), came, actor=actor)


def _coming(order: PurchaseOrder, *, takes_over: bool = False) -> Coming:
    if order.expected_on is None:
        raise ValueError(f"{order.number} was sent without a day")
    theirs = VendorTerms.objects.filter(vendor=order.vendor_id, location=order.location_id)
    lines = list(order.lines.order_by("position"))
    promised = [line.variant_id for line in lines if line.promised and takes_over]
    terms = dict(theirs.filter(variant__in=promised).values_list("variant_id", "pk")) if promised else {}
    waited = [Waited(x.pk, x.variant_id, x.open, x.promised, terms.get(x.variant_id)) for x in lines]
    return Coming(Supply.Kind.PURCHASE, order.number, order.location_id, order.expected_on, waited)
