"""What must always be true of orders, re-derived from their lines and holds."""

from core.invariants import sql_invariant
from orders.status import STATUS, SUMS

sql_invariant(
    "orders",
    "the stored status is what lines and holds say",
    "SELECT count(*) FROM orders_order",
    f"""
    WITH s AS (
        SELECT {SUMS} FROM orders_orderline l GROUP BY l.order_id),
    d AS (SELECT o.number, o.status, {STATUS} AS derived FROM orders_order o JOIN s ON s.order_id = o.id)
    SELECT format('order %s is stored as %s and is %s', number, status, derived) FROM d WHERE status <> derived
    """,  # noqa: S608 - a constant
)
sql_invariant(
    "orders",
    "an order's total and tax are those of its lines",
    "SELECT count(*) FROM orders_order",
    """
    SELECT format('order %s says %s (tax %s), its lines %s (tax %s)', o.number, o.total, o.tax, l.total, l.tax)
    FROM orders_order o JOIN (
        SELECT order_id, sum(net + tax + freight_net + freight_tax) AS total, sum(tax + freight_tax) AS tax,
               sum(quantity) AS units
        FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.total <> l.total OR o.tax <> l.tax OR o.units <> l.units
    """,
)
sql_invariant(
    "orders",
    "every order has lines and its fact in the outbox",
    "SELECT count(*) FROM orders_order",
    """
    SELECT format('order %s has no lines or no order.placed event', o.number) FROM orders_order o
    WHERE NOT EXISTS (SELECT FROM orders_orderline l WHERE l.order_id = o.id)
       OR NOT EXISTS (SELECT FROM core_event e WHERE e.about = o.id AND e.kind = 'order.placed')
    """,
)
sql_invariant(
    "orders",
    "every unit of a line is in one bucket",
    "SELECT count(*) FROM orders_orderline",
    """
    SELECT format('line %s: %s ordered', id, quantity) FROM orders_orderline
    WHERE quantity <> draft + reserved + backordered + allocated + released + picked + packed + shipped + cancelled
       OR delivered > shipped OR returned > shipped
    """,
)
