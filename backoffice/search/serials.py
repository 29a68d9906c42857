"""Units by their serial numbers, whole or by their beginning."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.search.asked import Asked
from backoffice.search.hits import EXACT, Group, Hit
from core.db import rows
from core.search.terms import above
from inventory.serials.words import STATES

SERIAL = "serial"
WHOLE = "SELECT id, 0 AS rank FROM inventory_serialnumber WHERE code = ANY(%(codes)s::text[])"
BEGINNINGS = """
UNION ALL SELECT f.id, 1 FROM unnest(%(codes)s::text[], %(tops)s::text[]) AS p(low, high) CROSS JOIN LATERAL (
    SELECT id FROM inventory_serialnumber WHERE code ~>=~ p.low AND code ~<~ p.high ORDER BY code USING ~<~ LIMIT %(most)s) f
"""
SHOWN = """
SELECT s.id, s.code, s.state, v.sku, p.name AS place, min(f.rank) AS rank FROM ({found}) f
JOIN inventory_serialnumber s ON s.id = f.id JOIN catalog_variant v ON v.id = s.variant_id
LEFT JOIN inventory_location p ON p.id = s.location_id
GROUP BY s.id, v.id, p.id ORDER BY min(f.rank), s.code LIMIT %(most)s
"""


def group(asked: Asked, most: int) -> Group:
    """The best of them: one statement."""
    told: dict[str, Any] = {"codes": asked.codes, "most": most}
    found = WHOLE
    if not asked.is_too_short:
        found, told = WHOLE + BEGINNINGS, told | {"tops": [above(code) for code in asked.codes]}
    hits = [_hit(row) for row in rows(SHOWN.format(found=found), told)]
    return Group(
        kind=SERIAL, label=_("Serial numbers"), icon="scan-barcode", hits=hits,
        more=f"{reverse('serials')}?{urlencode({'q': asked.text})}" if len(hits) == most else "",
        more_label=_("All serial numbers that match"),
    )  # fmt: skip


def _hit(row: Any) -> Hit:
    return Hit(
        url=reverse("serial", args=[row.id]), title=row.code, number=True, rank=EXACT if row.rank == 0 else row.rank + 1,
        note=" · ".join(filter(None, (row.sku, str(STATES[row.state]), row.place))),
    )  # fmt: skip
