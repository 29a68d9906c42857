"""Lots that come to their end: people are told beforehand, and what is too old to be sold is set apart in time."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.db import rows
from core.incidents import Found, open_many, resolve_many
from core.models import Incident
from inventory.holdings.lots import close_lot
from inventory.models import Lot

KIND = "lot_ending"
TOLD_BEFORE = 14
"""Days before a lot can no longer be sold."""

# Days that the lot can still be sold: below 0 it is too old.
ENDING = """
SELECT l.id, l.code, l.expires_on, v.sku, v.shelf_days, l.expires_on - v.shelf_days - %(today)s::date AS days,
       coalesce(h.units, 0)::int AS units, h.place
FROM inventory_lot l JOIN catalog_variant v ON v.id = l.variant_id AND v.tracks_expiry
LEFT JOIN LATERAL (
    SELECT sum(x.units) AS units, CASE WHEN count(DISTINCT s.location_id) = 1 THEN min(s.location_id::text)::uuid END AS place
    FROM inventory_holding x JOIN inventory_stock s ON s.id = x.stock_id
    WHERE x.lot_id = l.id AND x.condition = 'sellable') h ON true
WHERE l.state = 'open' AND l.expires_on < %(horizon)s AND l.expires_on - v.shelf_days - %(today)s::date < %(before)s
ORDER BY l.id
"""
LONGEST_SHELF = "SELECT coalesce(max(shelf_days), 0) AS days FROM catalog_variant WHERE tracks_expiry"


def watch(today: date | None = None, *, actor: Actor = SYSTEM) -> int:
    """Set apart what is too old to be sold, and tell of what soon will be; how many lots were set apart."""
    today = today or timezone.localdate()
    horizon = today + timedelta(days=TOLD_BEFORE + rows(LONGEST_SHELF)[0].days)
    found = rows(ENDING, {"today": today, "horizon": horizon, "before": TOLD_BEFORE})
    over = [row for row in found if row.days < 0]
    for row in over:
        close_lot(row.id, reason=_reason(row), actor=actor, state=Lot.State.EXPIRED)
    _tell([row for row in found if row.days >= 0 and row.units], actor)
    return len(over)


def _reason(row: Any) -> str:
    return f"ends on {row.expires_on.isoformat()}, {row.shelf_days} days must be left"


def _tell(ending: Iterable[Any], actor: Actor) -> None:
    """Open what is new, solve what is over."""
    now = {row.id: row for row in ending}
    with transaction.atomic():
        open_many(KIND, (Found(r.id, r.place, _data(r)) for r in now.values()), actor=actor)
        gone: list[UUID] = [
            about
            for about in Incident.objects.filter(kind=KIND, resolved_at=None).values_list("about", flat=True)
            if about not in now
        ]
        if gone:
            resolve_many(KIND, gone, actor=actor, resolution="it is sold out, or set apart")


def _data(row: Any) -> dict[str, Any]:
    return {"lot": row.code, "sku": row.sku, "units": row.units, "expires_on": row.expires_on.isoformat()}
