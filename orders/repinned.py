"""Orders whose units wait at another place now: told on their timelines."""

from collections.abc import Sequence
from typing import Any

from core.actors import Actor
from core.db import rows
from core.timeline import Row, record_many

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
