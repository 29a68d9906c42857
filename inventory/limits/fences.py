"""Fences at work: a channel's promises take from what is set aside for it before they take common units, and what is
given up comes back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.db import rows, run
from core.ids import new_id
from inventory.free import FREE


@dataclass(frozen=True, slots=True)
class Change:
    """Units more or less that are promised to a demand at a stock row; `gone` when they have left.

    More units take from the fence of `channel_id`, without one from what is common.
    """

    stock_id: UUID
    demand_key: UUID
    units: int
    channel_id: UUID | None = None
    gone: bool = False


def settle(changes: Sequence[Change]) -> list[UUID]:
    """Let fences give and take back, after the promises at their stock rows have changed.

    The caller has the stock rows locked. Returns those that promise more common units now than they have: what was done
    must then be given up.
    """
    stocks = sorted({change.stock_id for change in changes})
    _take_back([change for change in changes if change.units < 0])
    more = [change for change in changes if change.units > 0]
    common = _give(more, rows(UNUSED, {"stocks": stocks})) if more else set()
    return [row.id for row in rows(OVERDRAWN, {"stocks": sorted(common)})] if common else []


DRAWS = """
SELECT d.id, d.fence_id, f.stock_id, d.demand_key, d.quantity
FROM inventory_fence f JOIN inventory_fencedraw d ON d.fence_id = f.id
WHERE f.stock_id = ANY(%(stocks)s) AND d.demand_key = ANY(%(keys)s)
"""
GONE = """
UPDATE inventory_fence f SET gone = f.gone + w.q FROM unnest(%(fences)s::uuid[], %(units)s::int[]) AS w(id, q) WHERE f.id = w.id
"""
END = "DELETE FROM inventory_fencedraw WHERE id = ANY(%(ids)s)"
SHRINK = """
UPDATE inventory_fencedraw d SET quantity = d.quantity - w.q FROM unnest(%(ids)s::uuid[], %(units)s::int[]) AS w(id, q)
WHERE d.id = w.id
"""


def _take_back(changes: Sequence[Change]) -> None:
    """What a demand holds of a fence goes back first; what has left is gone for good."""
    wanted = {"stocks": [c.stock_id for c in changes], "keys": [c.demand_key for c in changes]}
    draws = {(d.stock_id, d.demand_key): d for d in rows(DRAWS, wanted)} if changes else {}
    back: dict[UUID, int] = defaultdict(int)
    gone: dict[UUID, int] = defaultdict(int)
    for change in changes:
        if draw := draws.get((change.stock_id, change.demand_key)):
            units = min(-change.units, draw.quantity - back[draw.id])
            back[draw.id] += units
            gone[draw.fence_id] += units if change.gone else 0
    held = {draw.id: draw.quantity for draw in draws.values()}
    if any(gone.values()):
        run(GONE, {"fences": list(gone), "units": list(gone.values())})
    if ended := [draw for draw, units in back.items() if units == held[draw]]:
        run(END, {"ids": ended})
    if smaller := {draw: units for draw, units in back.items() if 0 < units < held[draw]}:
        run(SHRINK, {"ids": list(smaller), "units": list(smaller.values())})


UNUSED = "SELECT id, stock_id, channel_id, unused FROM inventory_fence WHERE stock_id = ANY(%(stocks)s) AND unused > 0"
DRAW = """
INSERT INTO inventory_fencedraw (id, fence_id, demand_key, quantity)
SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::uuid[], %(keys)s::uuid[], %(units)s::int[])
ON CONFLICT (demand_key, fence_id) DO UPDATE SET quantity = inventory_fencedraw.quantity + excluded.quantity
"""


def _give(changes: Iterable[Change], unused: Sequence[Any]) -> set[UUID]:
    """Draw from the channels' fences; returns the stock rows of which common units are taken too."""
    fences = {(fence.stock_id, fence.channel_id): fence.id for fence in unused}
    left = {fence.id: fence.unused for fence in unused}
    drawn: dict[tuple[UUID, UUID], int] = defaultdict(int)
    common: set[UUID] = set()
    for change in changes:
        fence = fences.get((change.stock_id, change.channel_id)) if change.channel_id else None
        units = min(change.units, left[fence]) if fence else 0
        if fence and units:
            left[fence] -= units
            drawn[(fence, change.demand_key)] += units
        if units < change.units:
            common.add(change.stock_id)
    if drawn:
        run(
            DRAW,
            {
                "ids": [new_id() for _ in drawn],
                "fences": [fence for fence, _ in drawn],
                "keys": [key for _, key in drawn],
                "units": list(drawn.values()),
            },
        )
    return common


OVERDRAWN = f"""
SELECT s.id FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
WHERE s.id = ANY(%(stocks)s) AND {FREE} < 0
"""  # noqa: S608 - constants
