"""Mending counts of stock that no longer follow from the documents, which only somebody with raw SQL can bring about.

What is reserved follows from the pins, what is on hand from the movements, what is allocated from the open work of the
places, which the caller knows (fulfillment.repair).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.db import rows, run
from core.timeline import Row, record_many
from inventory import shortfalls
from inventory.models import Stock

COUNTS = ("on_hand", "damaged", "quarantine", "reserved", "allocated")
CHUNK = 500

# Both halves of a stock row that follow from this app's own documents; the work is given.
DRIFTED = """
WITH work AS (
    SELECT * FROM unnest(%(variants)s::uuid[], %(locations)s::uuid[], %(units)s::int[]) AS w(variant_id, location_id, units)),
pinned AS (
    SELECT variant_id, location_id, sum(quantity)::int AS units FROM inventory_reservation GROUP BY 1, 2),
moved AS (
    SELECT variant_id, location_id, coalesce(sum(quantity) FILTER (WHERE condition = 'sellable'), 0)::int AS sellable,
           coalesce(sum(quantity) FILTER (WHERE condition = 'damaged'), 0)::int AS damaged,
           coalesce(sum(quantity) FILTER (WHERE condition = 'quarantine'), 0)::int AS quarantine
    FROM inventory_movement m
    WHERE %(ids)s::uuid[] IS NULL OR (variant_id, location_id) IN (
        SELECT variant_id, location_id FROM inventory_stock WHERE id = ANY(%(ids)s::uuid[]))
    GROUP BY 1, 2)
SELECT s.id, v.sku, l.name AS place, s.on_hand, s.damaged, s.quarantine, s.reserved, s.allocated,
       coalesce(m.sellable, 0) AS right_on_hand, coalesce(m.damaged, 0) AS right_damaged,
       coalesce(m.quarantine, 0) AS right_quarantine, coalesce(p.units, 0) AS right_reserved,
       coalesce(w.units, 0) AS right_allocated
FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN moved m ON (m.variant_id, m.location_id) = (s.variant_id, s.location_id)
LEFT JOIN pinned p ON (p.variant_id, p.location_id) = (s.variant_id, s.location_id)
LEFT JOIN work w ON (w.variant_id, w.location_id) = (s.variant_id, s.location_id)
WHERE (%(ids)s::uuid[] IS NULL OR s.id = ANY(%(ids)s::uuid[]))
  AND (s.on_hand, s.damaged, s.quarantine, s.reserved, s.allocated)
   <> (coalesce(m.sellable, 0), coalesce(m.damaged, 0), coalesce(m.quarantine, 0), coalesce(p.units, 0), coalesce(w.units, 0))
ORDER BY s.variant_id, s.location_id
"""

Work = Mapping[tuple[UUID, UUID], int]
"""Units in open work, by variant and location."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A stock row that disagrees with its documents: what each count is and what it should be."""

    stock_id: UUID
    sku: str
    place: str
    counts: tuple[tuple[str, int, int], ...]

    def __str__(self) -> str:
        told = ", ".join(f"{name} {is_now} should be {should}" for name, is_now, should in self.counts)
        return f"{self.sku} at {self.place}: {told}"


def drifted(work: Work, stock_ids: Sequence[UUID] | None = None) -> list[Drift]:
    """Every stock row, or those named, that does not follow from pins, movements and work."""
    given = {
        "ids": None if stock_ids is None else list(stock_ids),
        "variants": [variant for variant, _ in work],
        "locations": [place for _, place in work],
        "units": list(work.values()),
    }
    return [Drift(row.id, row.sku, row.place, tuple(_counts(row))) for row in rows(DRIFTED, given)]


def _counts(row: Any) -> Iterator[tuple[str, int, int]]:
    for name in COUNTS:
        is_now, should = getattr(row, name), getattr(row, f"right_{name}")
        if is_now != should:
            yield name, is_now, should


MEND = "UPDATE inventory_stock SET {changes} WHERE id = %(id)s"  # names of columns only


def mend(found: Sequence[Drift], *, actor: Actor) -> None:
    """Set the counts right, each with a row on its timeline; a place that is short by it becomes a shortfall.

    The caller has the rows locked and has read `found` since.
    """
    run("SELECT set_config('oms.repair', 'on', true)")
    for drift in found:
        changes = ", ".join(f"{name} = %({name})s" for name, _, _ in drift.counts)
        run(MEND.format(changes=changes), {name: should for name, _, should in drift.counts} | {"id": drift.stock_id})
    run("SELECT set_config('oms.repair', 'off', true)")
    told = (
        Row(d.stock_id, "stock.repaired", data={name: [is_now, should] for name, is_now, should in d.counts})
        for d in found
    )
    record_many(told, actor=actor)
    for stock in Stock.objects.filter(pk__in=[d.stock_id for d in found]):
        shortfalls.judge(stock, actor=actor)
