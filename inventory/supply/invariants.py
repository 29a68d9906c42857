"""What must always be true of supply and of those who wait."""

from core.invariants import sql_invariant

sql_invariant(
    "inventory",
    "what is committed of a supply is what its pins say, and is still to come",
    "SELECT count(*) FROM inventory_supply",
    """
    SELECT format('supply %s of %s: %s committed, %s pinned, %s of %s arrived, %s', y.reference, v.sku, y.committed,
                  coalesce(p.units, 0), y.arrived, y.quantity, y.state)
    FROM inventory_supply y JOIN catalog_variant v ON v.id = y.variant_id
    LEFT JOIN (SELECT supply_id, sum(quantity) AS units FROM inventory_supplypin GROUP BY 1) p ON p.supply_id = y.id
    WHERE y.committed <> coalesce(p.units, 0) OR y.committed > greatest(0, y.quantity - y.arrived)
       OR (y.state = 'closed' AND y.committed > 0)
    """,
)
sql_invariant(
    "inventory",
    "a supply of which everything has come is closed",
    "SELECT count(*) FROM inventory_supply",
    """
    SELECT format('supply %s: %s of %s arrived, and it is still expected', reference, arrived, quantity)
    FROM inventory_supply WHERE state = 'expected' AND arrived >= quantity
    """,
)
sql_invariant(
    "inventory",
    "every pin of a supply is legal",
    "SELECT count(*) FROM inventory_supplypin",
    """
    SELECT format('demand %s waits for supply %s of another variant, or outside its pool', p.demand_key, y.reference)
    FROM inventory_supplypin p JOIN inventory_supply y ON y.id = p.supply_id
    WHERE y.variant_id <> p.variant_id OR NOT EXISTS (
        SELECT FROM inventory_poollocation l WHERE l.pool_id = p.pool_id AND l.location_id = y.location_id)
    """,
)
