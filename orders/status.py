"""An order's status is derived from its lines and holds, by this one expression, wherever it is asked for."""

SUMS = """
l.order_id, sum(l.quantity) AS ordered, sum(l.draft) AS draft, sum(l.backordered) AS backordered,
sum(l.allocated + l.released + l.picked + l.packed) AS working, sum(l.shipped) AS shipped,
sum(l.delivered) AS delivered, sum(l.cancelled) AS cancelled
"""
LINE_SUMS = f"SELECT {SUMS} FROM orders_orderline l WHERE l.order_id = ANY(%(ids)s) GROUP BY l.order_id"  # noqa: S608 - a constant

STATUS = """
CASE
    WHEN s.cancelled = s.ordered THEN 'cancelled'
    WHEN s.delivered = s.ordered - s.cancelled THEN CASE WHEN o.is_settled THEN 'completed' ELSE 'delivered' END
    WHEN s.shipped = s.ordered - s.cancelled THEN 'shipped'
    WHEN s.shipped > 0 THEN 'partially_shipped'
    WHEN EXISTS (SELECT FROM orders_hold h WHERE h.order_id = o.id AND h.status = 'open') THEN 'on_hold'
    WHEN s.draft > 0 THEN 'draft'
    WHEN s.working > 0 THEN 'processing'
    WHEN s.backordered > 0 THEN 'backordered'
    ELSE 'placed'
END
"""
