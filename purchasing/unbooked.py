"""What has come for purchase orders and is not booked yet, for whoever counts the place."""

from collections.abc import Sequence
from uuid import UUID

from core.db import rows
from inventory.counts.unbooked import Unbooked

COME = """
SELECT e.variant_id, e.lot, e.condition, sum(e.quantity)::int AS units, o.number
FROM inventory_tally t JOIN purchasing_purchaseorder o ON o.id = t.about AND o.location_id = %(place)s
JOIN inventory_tallyentry e ON e.tally_id = t.id AND e.variant_id = ANY(%(variants)s)
WHERE t.closed_at IS NULL AND t.purpose = 'receive' GROUP BY e.variant_id, e.lot, e.condition, o.number
HAVING sum(e.quantity) > 0
"""


def come(location_id: UUID, variant_ids: Sequence[UUID]) -> list[Unbooked]:
    """Units that were counted in and are not booked."""
    found = rows(COME, {"place": location_id, "variants": list(variant_ids)})
    return [Unbooked(row.variant_id, row.lot, row.condition, row.units, row.number) for row in found]
