"""What must always be true of limits."""

from core.invariants import sql_invariant

sql_invariant(
    "inventory",
    "what is set aside equals the unused fences",
    "SELECT count(*) FROM inventory_stock WHERE fenced > 0 OR id IN (SELECT stock_id FROM inventory_fence)",
    """
    SELECT format('%s at %s: %s set aside, its fences hold %s', v.sku, l.code, s.fenced, coalesce(f.unused, 0))
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    LEFT JOIN (SELECT stock_id, sum(unused) AS unused FROM inventory_fence GROUP BY 1) f ON f.stock_id = s.id
    WHERE s.fenced <> coalesce(f.unused, 0)
    """,
)
sql_invariant(
    "inventory",
    "what fences have given equals what demands hold of them, and no more than these are promised there",
    "SELECT count(*) FROM inventory_fence",
    """
    SELECT format('fence %s: %s taken, demands hold %s, %s are promised there', f.id, f.taken, coalesce(d.held, 0),
                  s.reserved + s.allocated)
    FROM inventory_fence f JOIN inventory_stock s ON s.id = f.stock_id
    LEFT JOIN (SELECT fence_id, sum(quantity) AS held FROM inventory_fencedraw GROUP BY 1) d ON d.fence_id = f.id
    WHERE f.taken <> coalesce(d.held, 0) OR f.taken > s.reserved + s.allocated
    """,
)
sql_invariant(
    "inventory",
    "what is used of caps equals the sales counted",
    "SELECT count(*) FROM inventory_cap",
    """
    SELECT format('cap %s: %s used, %s counted', c.id, c.used, coalesce(d.counted, 0))
    FROM inventory_cap c
    LEFT JOIN (SELECT cap_id, sum(quantity) AS counted FROM inventory_capdraw GROUP BY 1) d ON d.cap_id = c.id
    WHERE c.used <> coalesce(d.counted, 0)
    """,
)
