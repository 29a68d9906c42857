"""What vendors bring in time may be promised before it is ordered: their terms stand as supply, day after day."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import sweeps
from core.actors import Actor
from core.days import after, midnight, working_day, zone
from core.db import rows
from core.incidents import Found, open_many, resolve_many
from inventory.supply import waiting
from inventory.supply.locks import lock_supply
from inventory.supply.reading import LOST_AFTER
from inventory.supply.standing import ORDER_LATE, Standing, keep
from purchasing.models import VendorTerms

STAND = "stand_on_terms"
"""The work of `core.sweeps`."""
AT_ONCE = 500
"""Incidents that are opened in one statement."""


def next_order(terms: VendorTerms, now: datetime | None = None) -> tuple[datetime, date]:
    """Until when an order that is given next is given in time, and the day on which its goods are at the place.

    Days are working days of the place, in its zone; an order after the day's last hour counts as one of the next day.
    """
    here = (now or timezone.now()).astimezone(zone(terms.location.time_zone))
    day = working_day(here.date())
    if here >= _until(terms, day):
        day = after(day, 1)
    return _until(terms, day), after(day, terms.lead_days)


def _until(terms: VendorTerms, day: date) -> datetime:
    if terms.order_until is None:
        return midnight(day, 1, terms.location.time_zone)
    return datetime.combine(day, terms.order_until, zone(terms.location.time_zone))


def stand(variant_ids: Collection[UUID], *, actor: Actor, now: datetime | None = None) -> None:
    """Bring what may be promised of these variants to what their vendors' terms say now, in the caller's transaction.

    Nobody who was promised a day is promised another by it; who waits for nothing known waits for what is new.
    """
    found = VendorTerms.objects.filter(variant__in=variant_ids).select_related("vendor", "variant", "location")
    lock_supply(variant_ids)
    for terms in found.order_by("variant_id", "lead_days", "id"):
        _stand(terms, now, actor)
    waiting.settle(variant_ids)


def _stand(terms: VendorTerms, now: datetime | None, actor: Actor) -> None:
    order_by, due = next_order(terms, now)
    units = keep(
        Standing(
            terms.pk, terms.variant_id, terms.location_id, terms.vendor.name, offered(terms), due,
            order_by if can_be_ordered(terms) else None,
        ),
        actor=actor,
    )  # fmt: skip
    allowed = max(units, terms.promised_units)
    if allowed != terms.allowed:
        terms.allowed = allowed
        terms.save(update_fields=["allowed"])


def offered(terms: VendorTerms) -> int:
    """Units that may be promised before they are ordered, while there is anybody to order from, and anywhere to send to."""
    return terms.promised_units if can_be_ordered(terms) else 0


def can_be_ordered(terms: VendorTerms) -> bool:
    """Whether there is anybody to order from, anywhere to send to, and anything to order."""
    is_open = terms.vendor.is_active and terms.location.is_active
    return is_open and terms.variant.is_active and terms.variant.is_stocked


def follow_vendor(vendor_id: UUID, *, actor: Actor) -> None:
    """We buy from a vendor again, or no longer, or it has another name: its terms follow, a variant at a time."""
    variants = VendorTerms.objects.filter(vendor=vendor_id).order_by("variant").distinct()
    _stand_each(list(variants.values_list("variant", flat=True)), actor=actor)


def _stand_each(variants: list[UUID], *, actor: Actor, now: datetime | None = None) -> int:
    """Each alone, so that one that fails stops no other: the next `roll` tries it again. Returns how many succeeded."""

    def alone(variant: UUID) -> None:
        with transaction.atomic():
            stand([variant], actor=actor, now=now)

    return len(sweeps.each(STAND, variants, alone, actor=actor))


_PASSED = """
SELECT DISTINCT variant_id FROM inventory_supply y
WHERE state = 'expected' AND (order_by <= %(now)s AND quantity > committed
  OR order_by <= %(lost)s AND EXISTS (
    SELECT FROM inventory_supply o WHERE o.variant_id = y.variant_id AND o.state = 'expected' AND o.order_by IS NULL
      AND o.quantity > o.arrived + o.committed)
  OR order_by > %(now)s AND EXISTS (
    SELECT FROM purchasing_vendorterms t JOIN purchasing_vendor w ON w.id = t.vendor_id
    WHERE t.id = y.source AND NOT w.is_active))
ORDER BY variant_id
"""
_LATE = """
SELECT y.id, y.location_id, y.reference, y.committed, y.due, v.sku
FROM inventory_supply y JOIN catalog_variant v ON v.id = y.variant_id
WHERE y.state = 'expected' AND y.order_by <= %(now)s AND y.committed > 0 AND NOT EXISTS (
    SELECT FROM core_incident i WHERE i.about = y.id AND i.kind = %(kind)s AND i.resolved_at IS NULL)
ORDER BY y.order_by, y.id LIMIT %(most)s
"""
_OVER = """
SELECT i.about FROM core_incident i WHERE i.kind = %(kind)s AND i.resolved_at IS NULL AND NOT EXISTS (
    SELECT FROM inventory_supply y WHERE y.id = i.about AND y.state = 'expected' AND y.committed > 0 AND y.order_by <= %(now)s)
"""


def roll(now: datetime | None = None, *, actor: Actor) -> int:
    """What nobody was promised and can no longer be ordered for its day moves on to the day that it would come now; what
    was promised and is not ordered yet is an exception from now on, and a day later takes whatever is ordered and has
    room. Returns how many variants were gone through."""
    now = now or timezone.now()
    passed = [row.variant_id for row in rows(_PASSED, {"now": now, "lost": now - LOST_AFTER})]
    moved = _stand_each([*passed, *sweeps.stuck(STAND)], actor=actor, now=now)
    _watch(now, actor)
    return moved


def _watch(now: datetime, actor: Actor) -> None:
    """Open an exception for each supply that was promised and should have been ordered, and end those that are over."""
    while late := rows(_LATE, {"now": now, "kind": ORDER_LATE, "most": AT_ONCE}):
        found = (
            Found(row.id, row.location_id, {
                "reference": row.reference, "sku": row.sku, "units": row.committed, "due": row.due.isoformat(),
            }) for row in late
        )  # fmt: skip
        if not open_many(ORDER_LATE, found, actor=actor):
            break
    if over := [row.about for row in rows(_OVER, {"now": now, "kind": ORDER_LATE})]:
        resolve_many(ORDER_LATE, over, actor=actor, resolution="it is ordered, or nobody waits for it any more")
