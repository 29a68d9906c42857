"""Shortfalls: stock rows on which more is promised than is on hand. Callers hold the rows locked."""

from collections.abc import Sequence
from uuid import UUID

from core.actors import Actor
from core.db import rows
from core.incidents import open_incident, resolve_many
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


def judge(stock: Stock, *, actor: Actor) -> None:
    """After a correction: tell that less is left than is promised, or that all is covered again."""
    short = stock.reserved + stock.allocated - stock.on_hand
    if short > 0:
        open_incident(KIND, about=stock.pk, location_id=stock.location_id, data={"units": short}, actor=actor)
        publish([StockShort(about=stock.pk, units=short)])
    else:
        _resolve([stock.pk], actor, COVERED)


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
