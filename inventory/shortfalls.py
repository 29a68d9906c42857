"""Shortfalls: stock rows on which more is promised than is on hand. Callers hold the rows locked."""

from collections.abc import Sequence
from uuid import UUID

from core.actors import Actor
from core.db import rows
from core.incidents import Found, open_many, resolve_many
from core.outbox import publish
from inventory.events import StockShort
from inventory.models import Stock

KIND = "shortfall"
COVERED = "stock covers what is promised again"
CURED = """
SELECT s.id FROM inventory_stock s
JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS w(variant_id, location_id) USING (variant_id, location_id)
JOIN core_incident i ON i.about = s.id AND i.kind = 'shortfall' AND i.resolved_at IS NULL
WHERE s.reserved + s.allocated <= s.on_hand
"""

JUDGED = """
SELECT s.id, s.location_id, s.reserved + s.allocated - s.on_hand AS short, i.id IS NOT NULL AS is_open
FROM inventory_stock s
LEFT JOIN core_incident i ON i.about = s.id AND i.kind = 'shortfall' AND i.resolved_at IS NULL
WHERE s.id = ANY(%(ids)s) AND (s.reserved + s.allocated > s.on_hand OR i.id IS NOT NULL)
"""


def judge(stock: Stock, *, actor: Actor) -> None:
    """After a correction: tell that less is left than is promised, or that all is covered again."""
    judge_many([stock.pk], actor=actor)


def judge_many(stock_ids: Sequence[UUID], *, actor: Actor) -> None:
    """The same of many rows at once, in as many statements as of one."""
    judged = rows(JUDGED, {"ids": list(stock_ids)})
    short = [row for row in judged if row.short > 0]
    open_many(KIND, (Found(row.id, row.location_id, {"units": row.short}) for row in short), actor=actor)
    publish([StockShort(about=row.id, units=row.short) for row in short])
    _resolve([row.id for row in judged if row.is_open and row.short <= 0], actor, COVERED)


def resolve_arrived(places: Sequence[tuple[UUID, UUID]], *, actor: Actor) -> None:
    """After units came to these (variant, location): resolve what is short no more."""
    variants, locations = [variant for variant, _ in places], [location for _, location in places]
    cured = [row.id for row in rows(CURED, {"variants": variants, "locations": locations})]
    _resolve(cured, actor, COVERED)


def resolve_given_back(stock_ids: Sequence[UUID], *, actor: Actor) -> None:
    """Promises on these stock rows were given back until what is on hand covers the rest."""
    _resolve(stock_ids, actor, "fewer units are promised: what is on hand covers them")


def _resolve(stock_ids: Sequence[UUID], actor: Actor, how: str) -> None:
    if stock_ids:
        resolve_many(KIND, stock_ids, actor=actor, resolution=how)
