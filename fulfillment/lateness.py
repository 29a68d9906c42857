"""Supply that should be here by now: an exception that names the orders that wait, and another promise for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import sweeps
from core.actors import Actor
from core.db import rows
from core.incidents import describe, open_incident
from core.models import Incident
from core.outbox import publish
from inventory.supply.events import SupplyChanged
from inventory.supply.locks import lock_supply
from inventory.supply.services import LATE
from sourcing.promise import LATE_DAYS

TELL = "lateness.tell"
MOST_TOLD = 20

_OVERDUE = """
SELECT y.id, y.variant_id, y.location_id, y.reference, y.due, y.quantity - y.arrived AS units, v.sku
FROM inventory_supply y JOIN inventory_location l ON l.id = y.location_id JOIN catalog_variant v ON v.id = y.variant_id
WHERE y.state = 'expected' AND y.due < (%(now)s::timestamptz AT TIME ZONE l.time_zone)::date
  AND (y.order_by IS NULL OR y.committed > 0)
"""
_ALL = f"{_OVERDUE} ORDER BY y.due, y.id"
_ONE = f"{_OVERDUE} AND y.id = %(id)s"
_WAITING = """
SELECT l.id AS line_id, o.number, p.quantity AS units FROM inventory_supplypin p
JOIN orders_orderline l ON l.id = p.demand_key JOIN orders_order o ON o.id = l.order_id
WHERE p.supply_id = %(id)s ORDER BY p.ordered_at, p.demand_key
"""


def watch(now: datetime | None = None, *, actor: Actor) -> int:
    """Tell of supply that is late, and promise its orders anew: when it is noticed, and again when the hope of then is
    past. Returns how many are late. One that fails stops no other."""
    now = now or timezone.now()
    variants = {late.id: late.variant_id for late in rows(_ALL, {"now": now})}

    def tell(supply_id: UUID) -> None:
        if supply_id in variants:
            _tell(supply_id, variants[supply_id], now, actor=actor)

    sweeps.each(TELL, [*variants, *sweeps.stuck(TELL)], tell, actor=actor)
    return len(variants)


def _tell(supply_id: UUID, variant_id: UUID, now: datetime, *, actor: Actor) -> None:
    with transaction.atomic():
        lock_supply([variant_id])
        found = rows(_ONE, {"now": now, "id": supply_id})
        if not found:
            return
        waiting = rows(_WAITING, {"id": supply_id})
        data = _data(found[0], waiting)
        known = Incident.objects.filter(kind=LATE, about=supply_id, resolved_at=None).first()
        if known is None:
            data["told"] = now.isoformat()
            open_incident(LATE, about=supply_id, location_id=found[0].location_id, data=data, actor=actor)
        else:
            told = datetime.fromisoformat(known.data["told"])
            is_past = told + timedelta(days=LATE_DAYS) <= now
            data["told"] = now.isoformat() if is_past else known.data["told"]
            if data != known.data:
                describe(LATE, about=supply_id, data=data)
            if not is_past:
                return
        publish([SupplyChanged(about=supply_id, demands=sorted({str(row.line_id) for row in waiting}))])


def _data(late: Any, waiting: Sequence[Any]) -> dict[str, Any]:
    return {
        "reference": late.reference,
        "sku": late.sku,
        "units": late.units,
        "due": late.due.isoformat(),
        "orders": [{"number": row.number, "units": row.units} for row in waiting[:MOST_TOLD]],
    }
