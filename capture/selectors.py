"""What a clerk looks up while taking an order: products by name or number."""

from typing import Any

from core.db import rows

MOST_FOUND = 8

SEARCH = """
SELECT v.id, v.sku, v.barcode, p.names, pr.amount
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT amount FROM catalog_price WHERE variant_id = v.id AND price_list_id = %(list)s AND valid_from <= now()
    ORDER BY valid_from DESC LIMIT 1) pr ON true
WHERE v.is_active AND (v.sku ILIKE %(start)s OR v.barcode = %(q)s OR p.names::text ILIKE %(middle)s)
ORDER BY v.sku ILIKE %(start)s DESC, v.sku LIMIT %(most)s
"""


def products(text: str, channel: Any) -> list[Any]:
    """Variants whose SKU begins with, whose barcode is, or whose name contains the text."""
    text = text.strip()
    if len(text) < 2:
        return []
    plain = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    params = {
        "q": text,
        "start": f"{plain}%",
        "middle": f"%{plain}%",
        "list": channel.price_list_id,
        "most": MOST_FOUND,
    }
    return rows(SEARCH, params)
