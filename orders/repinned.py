"""Orders whose units wait at another place now: told on their timelines."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.db import rows
from core.timeline import Row, record_many
from inventory.limits import owners

_CHANNELS = """
SELECT l.id, o.channel_id FROM inventory_reservation r
JOIN orders_orderline l ON l.id = r.demand_key JOIN orders_order o ON o.id = l.order_id
WHERE r.variant_id = ANY(%(variants)s) AND o.channel_id = ANY(%(channels)s)
"""


@owners.source
def channels_of_pins(variant_ids: Collection[UUID], channel_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The channels of lines that have units of these variants pinned, as far as they are among these."""
    found = rows(_CHANNELS, {"variants": list(variant_ids), "channels": list(channel_ids)})
    return {row.id: row.channel_id for row in found}


_LINES = "SELECT id, order_id, sku FROM orders_orderline WHERE id = ANY(%(ids)s)"
_PLACES = "SELECT id, name FROM inventory_location WHERE id = ANY(%(ids)s)"


def tell_repinned(moved: Sequence[Any], *, actor: Actor, number: str = "") -> None:
    """Say of each order which units went from where to where (`inventory.pins.move_pins`), and for which order; without
    a `number` because the place has too few."""
    if not moved:
        return
    lines = {row.id: row for row in rows(_LINES, {"ids": list({m.demand_key for m in moved})})}
    ends = {place for m in moved for place in (m.origin_id, m.target_id)}
    names = {row.id: row.name for row in rows(_PLACES, {"ids": list(ends)})}
    record_many(
        (
            Row(
                lines[m.demand_key].order_id,
                "order.repinned",
                data={
                    "sku": lines[m.demand_key].sku, "units": m.units, "for": number,
                    "from": names[m.origin_id], "to": names[m.target_id],
                },
            )
            for m in moved
        ),
        actor=actor,
    )  # fmt: skip
