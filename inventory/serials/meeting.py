"""A unit is met by its number: it is made known if need be, locked, and lies where it was met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.db import require_atomic, rows
from core.ids import new_id
from core.timeline import Row, record_many
from inventory.serials.registering import Named, New, make

# Whoever has a number locked is alone in saying where its unit is.
LOCK = """
SELECT s.id, s.variant_id, s.code, s.state, s.reason, s.location_id, p.name AS place
FROM unnest(%(variants)s::uuid[], %(codes)s::text[]) AS w(variant_id, code)
JOIN inventory_serialnumber s ON s.variant_id = w.variant_id AND s.code = w.code
LEFT JOIN inventory_location p ON p.id = s.location_id
ORDER BY s.variant_id, s.code FOR NO KEY UPDATE OF s
"""


@dataclass(frozen=True, slots=True)
class Met:
    """A number as it is known, locked; `is_new` when nobody had told it before."""

    row: Any
    is_new: bool


def meet(named: Sequence[Named], *, actor: Actor) -> list[Met]:
    """The numbers, already spelt, of units that somebody has in hand at a place. Unknown ones are made there."""
    require_atomic()
    new = [New(new_id(), n.variant_id, code, n.location_id) for n in named for code in n.codes]
    made = make(new)
    found = rows(LOCK, {"variants": [each.variant_id for each in new], "codes": [each.code for each in new]})
    record_many(
        (Row(row.id, "serial.receive", after="here", data={"place": row.place}) for row in found if row.id in made),
        actor=actor,
    )
    return [Met(row, row.id in made) for row in found]


SEEN = """
UPDATE inventory_serialnumber s SET location_id = %(place)s FROM inventory_location p
WHERE s.id = ANY(%(ids)s) AND p.id = %(place)s AND s.state = 'here' RETURNING s.id, p.name AS place
"""


def see(met: Sequence[Any], place_id: UUID, *, actor: Actor) -> None:
    """These locked units lie at another place than was thought: their place is put right."""
    away = {row.id: row.place for row in met if row.location_id != place_id}
    if not away:
        return
    moved = rows(SEEN, {"ids": sorted(away), "place": place_id})
    data = [Row(row.id, "serial.seen", data={"from": away[row.id], "place": row.place}) for row in moved]
    record_many(data, actor=actor)


BACK = """
UPDATE inventory_serialnumber s SET state = 'here', location_id = %(place)s FROM (
    SELECT id FROM inventory_serialnumber WHERE id = ANY(%(ids)s) ORDER BY variant_id, code FOR NO KEY UPDATE) w,
    inventory_location p
WHERE s.id = w.id AND p.id = %(place)s RETURNING s.id, p.name AS place
"""


def bring_back(told: Mapping[UUID, dict[str, str]], place_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Units that were sent lie at a place again, by number with what their history says of it."""
    require_atomic()
    back = rows(BACK, {"ids": sorted(told), "place": place_id})
    data = (Row(row.id, "serial.return", "sent", "here", told[row.id] | {"place": row.place}) for row in back)
    record_many(data, actor=actor, at=at)
