"""Stock that has risen while somebody waits for it: told in the transaction that made it so, for those who serve them."""

from collections.abc import Collection
from uuid import UUID

from core.db import rows
from core.outbox import publish
from inventory.supply.events import StockRisen

WANTED = "EXISTS (SELECT FROM inventory_supplypin w WHERE w.variant_id = s.variant_id)"
"""Whether somebody waits for units of the variant of a stock row `s`."""
RISEN = f"""
SELECT s.id FROM inventory_stock s
JOIN unnest(%(variants)s::uuid[], %(locations)s::uuid[]) AS r(variant_id, location_id) USING (variant_id, location_id)
WHERE {WANTED}
"""  # noqa: S608 - constants


def tell_risen(places: Collection[tuple[UUID, UUID]]) -> None:
    """More is free at these (variant, location) than before."""
    if places:
        wanted = {"variants": [variant for variant, _ in places], "locations": [place for _, place in places]}
        tell_rows([row.id for row in rows(RISEN, wanted)])


def tell_rows(stock_ids: Collection[UUID]) -> None:
    """More is free of these stock rows, which somebody waits for."""
    publish([StockRisen(about=stock_id) for stock_id in stock_ids])
