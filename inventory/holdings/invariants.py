"""What must always be true of holdings, re-derived from their moves and from the stock rows."""

from core.invariants import sql_invariant

sql_invariant(
    "inventory",
    "holdings equal their moves",
    "SELECT count(*) FROM inventory_holding",
    """
    SELECT format('%s at %s, %s: %s in bin %s of lot %s, %s by the moves', v.sku, l.code, x.condition, x.units, b.code,
                  o.code, x.moved)
    FROM (
        SELECT stock_id, condition, bin_id, lot_id, sum(units) AS units, sum(moved) AS moved FROM (
            SELECT stock_id, condition, bin_id, lot_id, units, 0 AS moved FROM inventory_holding
            UNION ALL SELECT stock_id, condition, bin_id, lot_id, 0, quantity FROM inventory_holdingmove) q
        GROUP BY stock_id, condition, bin_id, lot_id HAVING sum(units) <> sum(moved)) x
    JOIN inventory_stock s ON s.id = x.stock_id JOIN catalog_variant v ON v.id = s.variant_id
    JOIN inventory_location l ON l.id = s.location_id
    LEFT JOIN inventory_bin b ON b.id = x.bin_id LEFT JOIN inventory_lot o ON o.id = x.lot_id
    """,
)
sql_invariant(
    "inventory",
    "holdings add up to the stock row",
    "SELECT count(*) FROM inventory_stock WHERE is_detailed",
    "SELECT w.wrong FROM inventory_stock s CROSS JOIN LATERAL (SELECT inventory_holdings_wrong(s.id) AS wrong) w"
    " WHERE s.is_detailed AND w.wrong IS NOT NULL",
)
sql_invariant(
    "inventory",
    "what is broken down says so",
    "SELECT count(*) FROM inventory_stock",
    """
    SELECT format('stock row %s has holdings, or asks for lots, and is not marked so', s.id)
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id
    WHERE NOT s.is_detailed
      AND (v.tracks_lots OR EXISTS (SELECT FROM inventory_holding h WHERE h.stock_id = s.id))
    """,
)
sql_invariant(
    "inventory",
    "a movement names its lots for all of its units",
    "SELECT count(*) FROM inventory_holdingmove WHERE movement_id IS NOT NULL",
    """
    SELECT format('movement %s of %s units names lots for %s', m.id, m.quantity, sum(p.quantity))
    FROM inventory_holdingmove p JOIN inventory_movement m ON m.id = p.movement_id
    WHERE p.lot_id IS NOT NULL GROUP BY m.id, m.quantity HAVING sum(p.quantity) <> m.quantity
    """,
)
sql_invariant(
    "inventory",
    "a move between bins takes as much as it gives",
    "SELECT count(*) FROM inventory_holdingmove WHERE movement_id IS NULL",
    """
    SELECT format('move %s of stock row %s makes %s units of lot %s', source, stock_id, sum(quantity), lot_id)
    FROM inventory_holdingmove m WHERE movement_id IS NULL AND lot_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM inventory_lot l WHERE l.id = m.lot_id AND l.code = 'UNKNOWN')
    GROUP BY source, stock_id, lot_id HAVING sum(quantity) <> 0
    """,
)
sql_invariant(
    "inventory",
    "nothing sellable lies in a quarantine, and nothing at all in a closed bin",
    "SELECT count(*) FROM inventory_holding WHERE bin_id IS NOT NULL",
    """
    SELECT format('%s %s units lie in bin %s, which is a %s bin, open: %s', h.units, h.condition, b.code, b.kind, b.is_active)
    FROM inventory_holding h JOIN inventory_bin b ON b.id = h.bin_id
    WHERE NOT b.is_active OR (b.kind = 'quarantine' AND h.condition = 'sellable')
    """,
)
sql_invariant(
    "inventory",
    "nothing of a lot that is not sold is sellable",
    "SELECT count(*) FROM inventory_lot WHERE state <> 'open'",
    """
    SELECT format('%s units of lot %s of %s are sellable, and the lot is %s', h.units, l.code, v.sku, l.state)
    FROM inventory_holding h JOIN inventory_lot l ON l.id = h.lot_id JOIN catalog_variant v ON v.id = l.variant_id
    WHERE l.state <> 'open' AND h.condition = 'sellable'
    """,
)
