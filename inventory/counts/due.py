"""What is due to be counted at a place: the more an article's shipments are worth, the more often.

ABC classes: the articles that make the first 80 % of the value shipped from the place in 90 days are A, those of the next
15 % B, all others C. They are read once a night, and kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from core.db import rows, run
from inventory.models import ArticleClasses, CountRule

PERIOD = timedelta(days=90)
YOUNG = timedelta(hours=36)
"""Older classes are read anew when they are asked for: by night nobody did."""
CLASSIFY = """
WITH here AS (
    SELECT s.variant_id, v.sku, v.standard_cost FROM inventory_stock s
    JOIN catalog_variant v ON v.id = s.variant_id AND v.is_stocked
    WHERE s.location_id = %(place)s AND s.on_hand + s.damaged + s.quarantine > 0),
shipped AS (
    SELECT m.variant_id, -sum(m.quantity) AS units FROM inventory_movement m
    WHERE m.location_id = %(place)s AND m.reason = 'shipment' AND m.at > %(since)s GROUP BY 1),
worth AS (
    SELECT h.variant_id, h.sku, coalesce(x.units, 0) * coalesce(h.standard_cost, 0) AS value
    FROM here h LEFT JOIN shipped x USING (variant_id)),
ranked AS (
    SELECT variant_id, sku, value, sum(value) OVER (ORDER BY value DESC, sku) - value AS before, sum(value) OVER () AS all_of
    FROM worth)
INSERT INTO inventory_articleclasses (location_id, a, b, at)
SELECT %(place)s,
       coalesce(array_agg(variant_id) FILTER (WHERE before < 0.80 * all_of), '{}'),
       coalesce(array_agg(variant_id) FILTER (WHERE before >= 0.80 * all_of AND before < 0.95 * all_of), '{}'), %(now)s
FROM ranked WHERE value > 0
ON CONFLICT (location_id) DO UPDATE SET a = excluded.a, b = excluded.b, at = excluded.at
"""
DUE = """
WITH busy AS (
    SELECT unnest(c.articles) AS variant_id FROM inventory_stockcount c
    WHERE c.location_id = %(place)s AND c.status = 'open'
    UNION
    SELECT l.variant_id FROM inventory_countline l
    JOIN inventory_countbin b ON b.id = l.spot_id JOIN inventory_stockcount c ON c.id = b.count_id
    WHERE c.location_id = %(place)s AND c.status = 'open' AND l.status IN ('open', 'approve')),
class AS (
    SELECT unnest(a) AS variant_id, 'A' AS abc FROM inventory_articleclasses WHERE location_id = %(place)s
    UNION ALL
    SELECT unnest(b), 'B' FROM inventory_articleclasses WHERE location_id = %(place)s),
classed AS (
    SELECT s.variant_id, v.sku, coalesce(k.abc, 'C') AS abc FROM inventory_stock s
    JOIN catalog_variant v ON v.id = s.variant_id AND v.is_stocked
    LEFT JOIN class k ON k.variant_id = s.variant_id
    WHERE s.location_id = %(place)s AND s.on_hand + s.damaged + s.quarantine > 0),
last AS (
    SELECT l.variant_id, max(l.counted_at) AS at FROM inventory_countline l
    JOIN inventory_countbin b ON b.id = l.spot_id JOIN inventory_stockcount c ON c.id = b.count_id
    WHERE c.location_id = %(place)s AND l.status IN ('right', 'posted', 'declined') GROUP BY 1)
SELECT k.variant_id, k.sku, k.abc, t.at AS counted_at FROM classed k LEFT JOIN last t USING (variant_id)
WHERE NOT EXISTS (SELECT FROM busy WHERE busy.variant_id = k.variant_id)
  AND (t.at IS NULL OR t.at < %(now)s - make_interval(
    days => CASE k.abc WHEN 'A' THEN %(days_a)s::int WHEN 'B' THEN %(days_b)s::int ELSE %(days_c)s::int END))
ORDER BY t.at NULLS FIRST, k.abc, k.sku LIMIT 500
"""


@dataclass(frozen=True, slots=True)
class Due:
    """An article that is due, with its class and when it was last counted here."""

    variant_id: UUID
    sku: str
    abc: str
    counted_at: datetime | None


def classify(location_id: UUID) -> None:
    """Read the classes of a place's articles from what it sent, and keep them."""
    now = timezone.now()
    run(CLASSIFY, {"place": location_id, "now": now, "since": now - PERIOD})


def _is_classified(location_id: UUID) -> bool:
    return ArticleClasses.objects.filter(location=location_id, at__gt=timezone.now() - YOUNG).exists()


def due(location_id: UUID, rule: CountRule) -> list[Due]:
    """What is due at a place and not being counted: never counted first, then the longest ago, A before B before C."""
    if not _is_classified(location_id):
        classify(location_id)
    given = {"place": location_id, "now": timezone.now()}
    days = {"days_a": rule.days_a, "days_b": rule.days_b, "days_c": rule.days_c}
    return [Due(*row) for row in rows(DUE, given | days)]
