"""Stock set right by its documents, with the open work of the places among them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.db import rows
from fulfillment.states import OPEN
from inventory import repair
from inventory.locks import lock_rows
from inventory.repair import CHUNK, Drift, Work

_WORK = """
SELECT l.variant_id, f.location_id, sum(w.quantity - w.cancelled)::int AS units
FROM fulfillment_fulfillmentorder f JOIN fulfillment_fulfillmentline w ON w.fulfillment_order_id = f.id
JOIN orders_orderline l ON l.id = w.order_line_id
WHERE f.status = ANY(%(open)s) AND l.is_stocked GROUP BY 1, 2
"""


def look() -> list[Drift]:
    """Every stock row that does not follow from its documents. What changes at this moment may be among them."""
    return repair.drifted(_work())


def set_right(found: Sequence[Drift], *, actor: Actor) -> list[Drift]:
    """Mend what of `found` is still wrong under the locks of its rows; returns what was mended."""
    mended: list[Drift] = []
    for start in range(0, len(found), CHUNK):
        ids: list[UUID] = [drift.stock_id for drift in found[start : start + CHUNK]]
        with transaction.atomic():
            lock_rows(ids)
            wrong = repair.drifted(_work(), ids)
            if wrong:
                repair.mend(wrong, actor=actor)
            mended += wrong
    return mended


def _work() -> Work:
    return {(row.variant_id, row.location_id): row.units for row in rows(_WORK, {"open": list(OPEN)})}
