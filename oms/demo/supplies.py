"""What is on its way in the demo company: purchases of the next weeks, one that is late, and a product sold ahead."""

from datetime import datetime, timedelta

from catalog.models import Variant
from catalog.services import set_pre_order
from core.actors import SYSTEM
from core.days import company_day
from core.ids import new_id
from fulfillment import lateness
from inventory.models import Location, Supply
from inventory.supply.services import Expected, expect

LATE = "ASN-1007"
MOST = 14
EVERY = 3
"""Days between two of them."""


def announce(now: datetime) -> None:
    """Say what comes, once."""
    if Supply.objects.exists():
        return
    places = list(Location.objects.filter(kind=Location.Kind.WAREHOUSE, is_active=True).order_by("code"))
    variants = list(Variant.objects.filter(is_stocked=True, is_active=True).order_by("sku")[:MOST])
    if not places or not variants:
        return
    today = company_day(now)
    lines = [
        Expected(
            variant.pk, places[n % len(places)].pk, today + timedelta(days=EVERY * n - 4), 24 + 12 * (n % 4),
            Supply.Kind.PURCHASE, new_id(), LATE if n == 0 else f"ASN-{1007 + n}",
        )
        for n, variant in enumerate(variants)
    ]  # fmt: skip
    expect(lines, actor=SYSTEM)
    set_pre_order(variants[-1].pk, True, actor=SYSTEM)
    lateness.watch(now, actor=SYSTEM)
