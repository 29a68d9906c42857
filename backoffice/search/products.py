"""Products: by SKU and barcode, whole or by their beginning, and by any part of a name in any language."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice.search.asked import Asked
from backoffice.search.hits import EXACT, Group, Hit
from core import search
from core.db import rows
from core.search.terms import above

PRODUCT = "product"
MOST_READ = 200

WHOLE = """
SELECT id, 0 AS rank FROM catalog_variant WHERE sku = ANY(%(codes)s::text[])
UNION ALL SELECT id, 0 FROM catalog_variant WHERE barcode = ANY(%(codes)s::text[]) AND barcode <> ''
"""
PARTS = """
UNION ALL SELECT f.id, 1 FROM unnest(%(lows)s::text[], %(highs)s::text[]) AS p(low, high) CROSS JOIN LATERAL (
    SELECT id FROM catalog_variant WHERE sku ~>=~ p.low AND sku ~<~ p.high ORDER BY sku USING ~<~ LIMIT %(most)s) f
UNION ALL SELECT v.id, 2 FROM (
    SELECT id FROM catalog_product WHERE catalog_folded(names::text) LIKE %(longest)s
      AND catalog_folded(names::text) LIKE ALL (%(each)s::text[]) LIMIT %(read)s) p
JOIN catalog_variant v ON v.product_id = p.id
"""
ALIKE = """
SELECT v.id, 3 AS rank FROM (
    SELECT id FROM catalog_product WHERE %(text)s <%% catalog_folded(names::text)
    ORDER BY word_similarity(%(text)s, catalog_folded(names::text)) DESC LIMIT %(most)s) p
JOIN catalog_variant v ON v.product_id = p.id
"""
SHOWN = """
SELECT v.sku, v.barcode, p.names, min(f.rank) AS rank FROM ({found}) f
JOIN catalog_variant v ON v.id = f.id JOIN catalog_product p ON p.id = v.product_id
GROUP BY v.id, p.id ORDER BY min(f.rank), v.is_active DESC, v.sku LIMIT %(most)s
"""


def group(asked: Asked, most: int, *, alike: bool = False) -> Group:
    """The best of them: one statement. `alike`: names that are spelt nearly so, for when nothing else is found."""
    sql, told = _alike(asked, most) if alike else _parts(asked, most)
    hits = [_hit(row, search.words(asked.text)) for row in rows(SHOWN.format(found=sql), told)] if sql else []
    return Group(
        kind=PRODUCT, label=_("Products"), icon="boxes", hits=hits,
        more=f"{reverse('stock')}?{urlencode({'q': asked.text})}" if len(hits) == most else "",
        more_label=_("All products that match"),
    )  # fmt: skip


def _parts(asked: Asked, most: int) -> tuple[str, dict[str, Any]]:
    words = search.words(asked.text)
    longest = max(words, key=len, default="")
    told: dict[str, Any] = {"codes": asked.codes, "most": most}
    if asked.is_too_short or len(longest) < 3:
        return WHOLE, told
    return WHOLE + PARTS, told | {
        "lows": asked.codes,
        "highs": [above(code) for code in asked.codes],
        "longest": f"%{longest}%",
        "each": [f"%{word}%" for word in words],
        "read": MOST_READ,
    }


def _alike(asked: Asked, most: int) -> tuple[str, dict[str, Any]]:
    text = " ".join(search.words(asked.text))
    return (ALIKE, {"text": text, "most": most}) if len(text) >= 4 and asked.has_letters else ("", {})


def _hit(row: Any, typed: Sequence[str]) -> Hit:
    names = row.names if isinstance(row.names, dict) else {}
    name = str(names.get((get_language() or "en")[:2]) or next(iter(names.values()), ""))
    return Hit(
        url=reverse("stock-item", args=[row.sku]), title=name or row.sku,
        note=" · ".join(filter(None, (row.sku, row.barcode))), why=_other_name(name, names, typed),
        rank=EXACT if row.rank == 0 else row.rank + 1,
    )  # fmt: skip


def _other_name(shown: str, names: Mapping[str, str], typed: Sequence[str]) -> str:
    """The name in another language, where that one and not the one shown has what was typed."""
    if any(word in search.fold(shown) for word in typed):
        return ""
    return next((str(name) for name in names.values() if all(word in search.fold(name) for word in typed)), "")
