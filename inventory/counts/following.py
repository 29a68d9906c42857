"""Articles of a count that are put into another bin while it goes on: that bin is counted as well.

Each bin is compared with the books of the moment at which it was counted, so units that were put somewhere else since
are neither missed where they lay nor found twice. What was put away before anybody counted it lies where nobody looks:
its new bin joins the count.
"""

from uuid import UUID

from core.actors import Actor
from core.db import require_atomic, rows
from core.timeline import record
from inventory.models import Bin, CountBin, StockCount

# A move between bins has two halves of one source; of what lies in no bin and is of no lot there is no half.
GONE_TO = """
WITH moves AS (
    SELECT s.variant_id, m.stock_id, m.source, m.bin_id, m.quantity, m.at FROM inventory_stock s
    JOIN inventory_holdingmove m ON m.stock_id = s.id AND m.movement_id IS NULL AND m.at > %(since)s
    WHERE s.location_id = %(place)s AND s.variant_id = ANY(%(variants)s)),
put AS (
    SELECT coalesce(t.variant_id, f.variant_id) AS variant_id, coalesce(t.stock_id, f.stock_id) AS stock_id,
           f.bin_id AS origin, t.bin_id AS target, coalesce(t.at, f.at) AS at
    FROM (SELECT * FROM moves WHERE quantity > 0) t
    FULL JOIN (SELECT * FROM moves WHERE quantity < 0) f ON f.source = t.source AND f.stock_id = t.stock_id)
SELECT DISTINCT p.target AS bin_id FROM put p
WHERE NOT EXISTS (SELECT FROM inventory_countbin b WHERE b.count_id = %(count)s AND b.bin_id IS NOT DISTINCT FROM p.target)
  AND (p.target IS NULL OR EXISTS (SELECT FROM inventory_holding h WHERE h.stock_id = p.stock_id AND h.bin_id = p.target))
  AND NOT EXISTS (
    SELECT FROM inventory_countbin b JOIN inventory_countline l ON l.spot_id = b.id AND l.variant_id = p.variant_id
    WHERE b.count_id = %(count)s AND b.bin_id IS NOT DISTINCT FROM p.origin AND l.counted_at < p.at)
"""


def follow(count: StockCount, *, actor: Actor) -> list[CountBin]:
    """Let the bins into which its articles were put uncounted join a count of articles. The caller has it locked."""
    require_atomic()
    if not count.articles:
        return []
    given = {"count": count.pk, "place": count.location_id, "variants": count.articles, "since": count.created_at}
    found: list[UUID | None] = [row.bin_id for row in rows(GONE_TO, given)]
    joined = CountBin.objects.bulk_create(CountBin(count=count, bin_id=bin_id) for bin_id in found)
    if joined:
        codes = (
            Bin.objects.filter(pk__in=[b for b in found if b]).order_by("walk", "code").values_list("code", flat=True)
        )
        data = {"bins": list(codes), "loose": None in found}
        record(count.pk, "stock_count.follow", actor=actor, data=data)
    return joined
