"""What transfers have made of units before anybody books it: come to the target, or taken from the shelves of the origin."""

from collections.abc import Sequence
from uuid import UUID

from core.db import rows
from inventory.counts.hands import Held
from inventory.counts.unbooked import Unbooked

COME = """
SELECT e.variant_id, e.lot, e.condition, sum(e.quantity)::int AS units, d.number
FROM inventory_tally t JOIN inventory_transfer d ON d.id = t.about AND d.target_id = %(place)s
JOIN inventory_tallyentry e ON e.tally_id = t.id AND e.variant_id = ANY(%(variants)s)
WHERE t.closed_at IS NULL AND t.purpose = 'receive' GROUP BY e.variant_id, e.lot, e.condition, d.number
HAVING sum(e.quantity) > 0
"""
TAKEN = """
SELECT e.variant_id, l.id AS lot_id, sum(e.quantity)::int AS units
FROM inventory_tally t JOIN inventory_transfer d ON d.id = t.about AND d.origin_id = %(place)s
JOIN inventory_tallyentry e ON e.tally_id = t.id AND e.variant_id = ANY(%(variants)s) AND e.condition = 'sellable'
LEFT JOIN inventory_lot l ON l.variant_id = e.variant_id AND l.code = e.lot AND e.lot <> ''
WHERE t.closed_at IS NULL AND t.purpose = 'send' GROUP BY e.variant_id, l.id HAVING sum(e.quantity) > 0
"""


def come(location_id: UUID, variant_ids: Sequence[UUID]) -> list[Unbooked]:
    """Units that were counted in and are not booked."""
    found = rows(COME, {"place": location_id, "variants": list(variant_ids)})
    return [Unbooked(row.variant_id, row.lot, row.condition, row.units, row.number) for row in found]


def taken(location_id: UUID, variant_ids: Sequence[UUID]) -> list[Held]:
    """Units that were counted to be sent and are still on the books: they stand ready, on no shelf."""
    found = rows(TAKEN, {"place": location_id, "variants": list(variant_ids)})
    return [Held(row.variant_id, row.lot_id, row.units) for row in found]
