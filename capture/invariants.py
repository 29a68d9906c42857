"""What must always be true of refused demand: a sale that was not lost is an order of the same name."""

from core.invariants import sql_invariant

sql_invariant(
    "capture",
    "refused demand that was sold later names its order",
    "SELECT count(*) FROM capture_refuseddemand WHERE order_id IS NOT NULL",
    """
    SELECT format('refused demand %s of %s says that %s has %s of it; the order has %s', r.id,
                  coalesce(nullif(r.external_id, ''), r.key), o.number, r.sold, l.units)
    FROM capture_refuseddemand r JOIN orders_order o ON o.id = r.order_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS units FROM orders_orderline
        WHERE order_id = o.id AND variant_id = r.variant_id) l
    WHERE o.channel_id <> r.channel_id OR r.external_id NOT IN ('', o.external_id) OR r.sold <> l.units
    """,
)
