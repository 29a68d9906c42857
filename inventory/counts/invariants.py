"""What must always be true of counts: what was posted is what was found, decided by two people, once."""

from core.invariants import sql_invariant

_LINES = "SELECT count(*) FROM inventory_countline"
_NAMED = """
    JOIN inventory_countbin b ON b.id = l.spot_id JOIN inventory_stockcount c ON c.id = b.count_id
    JOIN catalog_variant v ON v.id = l.variant_id
"""

sql_invariant(
    "inventory",
    "a count's movements equal its differences",
    _LINES,
    f"""
    SELECT format('%s, %s: a difference of %s is %s, %s posted, %s by movements', c.number, v.sku, l.difference, l.status,
                  l.posted, coalesce(m.units, 0))
    FROM inventory_countline l {_NAMED}
    LEFT JOIN (SELECT m.source, sum(m.quantity) AS units FROM inventory_movement m
               JOIN inventory_countline x ON x.id = m.source GROUP BY m.source) m ON m.source = l.id
    WHERE l.posted <> coalesce(m.units, 0) OR (l.posted <> 0 AND l.status <> 'posted')
       OR abs(l.posted) > abs(coalesce(l.difference, 0)) OR l.posted * coalesce(l.difference, 0) < 0
       OR (l.posted <> l.difference AND l.status = 'posted' AND l.difference > 0)
    """,  # noqa: S608 - constants
)
sql_invariant(
    "inventory",
    "the books value what counts posted",
    "SELECT count(*) FROM inventory_countline WHERE posted <> 0",
    f"""
    SELECT format('%s, %s: %s units posted, %s in the books', c.number, v.sku, l.posted, e.units)
    FROM inventory_countline l {_NAMED}
    JOIN LATERAL (
        SELECT sum(j.quantity) AS units FROM accounting_journalentry n
        JOIN accounting_journalline j ON j.entry_id = n.id AND j.role = 'inventory'
        WHERE n.source = l.id AND n.event = 'stock_count' HAVING count(*) > 0) e ON true
    WHERE e.units <> l.posted
    """,  # noqa: S608 - constants
)
sql_invariant(
    "inventory",
    "a line of a count is the sum of its scans",
    _LINES,
    f"""
    SELECT format('%s, %s: %s counted, %s by scans', c.number, v.sku, l.counted, e.units) FROM inventory_countline l {_NAMED}
    LEFT JOIN LATERAL (
        SELECT sum(quantity) AS units FROM inventory_countentry WHERE line_id = l.id AND round = l.round) e ON true
    WHERE l.counted IS DISTINCT FROM e.units
    """,  # noqa: S608 - constants
)
sql_invariant(
    "inventory",
    "who decides about a difference has not counted it",
    "SELECT count(*) FROM inventory_countline WHERE decided_key <> ''",
    f"""
    SELECT format('%s, %s: %s counted and decided', c.number, v.sku, l.decided_by) FROM inventory_countline l {_NAMED}
    WHERE l.decided_key <> '' AND (l.decided_key = l.counted_key OR EXISTS (
        SELECT FROM jsonb_array_elements(l.earlier) x WHERE x ->> 'key' = l.decided_key) OR EXISTS (
        SELECT FROM inventory_countentry e WHERE e.line_id = l.id AND e.actor_key = l.decided_key))
    """,  # noqa: S608 - constants
)
sql_invariant(
    "inventory",
    "a count is closed when nothing of it waits",
    "SELECT count(*) FROM inventory_stockcount",
    """
    SELECT format('%s is %s, and %s bins and %s lines wait', c.number, c.status, b.bins, b.lines)
    FROM inventory_stockcount c CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE NOT b.is_done) AS bins,
               (SELECT count(*) FROM inventory_countline l JOIN inventory_countbin x ON x.id = l.spot_id
                WHERE x.count_id = c.id AND l.status IN ('open', 'approve')) AS lines
        FROM inventory_countbin b WHERE b.count_id = c.id) b
    WHERE (c.status = 'closed' AND b.bins + b.lines > 0) OR (c.status = 'open' AND b.bins + b.lines = 0)
    """,
)
