"""Reads of what lies where within a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from core.db import rows
from inventory.models import Bin, Condition, Holding, HoldingMove, Stock

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Spot:
    """Units of a stock row in a condition, a bin and a lot; of what lies in no bin and has no lot, the rest."""

    condition: str
    units: int
    bin: str = ""
    bin_id: UUID | None = None
    lot: str = ""
    lot_id: UUID | None = None
    expires_on: date | None = None
    lot_state: str = ""

    @property
    def key(self) -> str:
        """What a form says to name it."""
        return "/".join((self.condition, str(self.bin_id or ""), str(self.lot_id or "")))


SPOTS = """
SELECT h.condition, h.units, coalesce(b.code, '') AS bin, h.bin_id, coalesce(l.code, '') AS lot, h.lot_id, l.expires_on,
       coalesce(l.state, '') AS lot_state
FROM inventory_holding h LEFT JOIN inventory_bin b ON b.id = h.bin_id LEFT JOIN inventory_lot l ON l.id = h.lot_id
WHERE h.stock_id = %(stock)s
ORDER BY array_position(ARRAY['sellable', 'damaged', 'quarantine'], h.condition), l.expires_on NULLS LAST, l.code,
         b.kind = 'pick' DESC NULLS LAST, b.walk, b.code
"""


def spots(stock: Stock) -> list[Spot]:
    """Where the units of a stock row lie, in the order in which they go; with those that lie in no bin."""
    found = [Spot(*row) for row in rows(SPOTS, {"stock": stock.pk})] if stock.is_detailed else []
    counts = ((Condition.SELLABLE, stock.on_hand), (Condition.DAMAGED, stock.damaged), (Condition.QUARANTINE, stock.quarantine))  # fmt: skip
    for condition, units in counts:
        if rest := units - sum(s.units for s in found if s.condition == condition):
            found.append(Spot(str(condition), rest))
    return found


def moves_of(stock_id: UUID) -> QuerySet[HoldingMove]:
    """The newest moves of a stock row's holdings, with the movements that they are parts of."""
    found = HoldingMove.objects.filter(stock_id=stock_id).select_related("bin", "lot", "movement")
    return found.order_by("-at", "-id")[:SHOWN]


def all_bins() -> QuerySet[Bin]:
    """Bins with their place."""
    return Bin.objects.select_related("location")


def with_contents(bins: Sequence[Any]) -> None:
    """Give each bin the `articles` and `units` in it, in one statement for those of a page."""
    held = Holding.objects.filter(bin__in=[found.pk for found in bins]).order_by().values("bin")
    sums = held.annotate(articles=Count("stock", distinct=True), all_units=Sum("units"))
    found = {key: (articles, units) for key, articles, units in sums.values_list("bin", "articles", "all_units")}
    for each in bins:
        each.articles, each.units = found.get(each.pk, (0, 0))


def contents(bin_id: UUID) -> QuerySet[Holding]:
    """What lies in a bin, by SKU."""
    found = Holding.objects.filter(bin_id=bin_id).select_related("stock__variant__product", "lot")
    return found.order_by("stock__variant__sku", "condition", "lot__code")


FIRST_BINS = """
SELECT DISTINCT ON (s.variant_id) s.variant_id, b.code, h.units, b.walk
FROM inventory_stock s JOIN inventory_holding h ON h.stock_id = s.id AND h.condition = 'sellable'
JOIN inventory_bin b ON b.id = h.bin_id LEFT JOIN inventory_lot l ON l.id = h.lot_id
WHERE s.is_detailed AND s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)
ORDER BY s.variant_id, l.expires_on NULLS LAST, l.received_on NULLS LAST, l.code, b.kind = 'pick' DESC, b.walk, b.code
"""


def first_bins(location_id: UUID, variant_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The bin (code, units, walk) that people go to for each variant, where it lies in one."""
    found = rows(FIRST_BINS, {"place": location_id, "variants": list(variant_ids)})
    return {row.variant_id: row for row in found}
