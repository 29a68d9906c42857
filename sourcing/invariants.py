"""What must always hold in sourcing."""

from core.invariants import sql_invariant

sql_invariant(
    "sourcing",
    "every decision belongs to an order",
    "SELECT count(*) FROM sourcing_decision",
    """
    SELECT format('decision %s names order %s, which does not exist', d.id, d.order_id)
    FROM sourcing_decision d LEFT JOIN orders_order o ON o.id = d.order_id WHERE o.id IS NULL
    """,
)
