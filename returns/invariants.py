"""What must always be true of returns, re-derived from their lines, the orders and the ledger."""

from core.invariants import sql_invariant

sql_invariant(
    "returns",
    "returned units are those of received returns",
    "SELECT count(*) FROM orders_orderline WHERE returned > 0",
    """
    WITH back AS (
        SELECT r.order_line_id, sum(r.quantity) AS units FROM returns_returnline r
        JOIN returns_return p ON p.id = r.parent_id WHERE p.status = 'received' AND r.start IS NOT NULL GROUP BY 1)
    SELECT format('%s %s: %s returned, its returns say %s', o.number, l.sku, l.returned, coalesce(b.units, 0))
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id LEFT JOIN back b ON b.order_line_id = l.id
    WHERE l.returned <> coalesce(b.units, 0)
    """,
)
sql_invariant(
    "returns",
    "the units of a line are numbered once as they come back",
    "SELECT count(*) FROM returns_returnline",
    """
    SELECT format('line %s: units from %s on came back, though %s did before', order_line_id, start, before)
    FROM (
        SELECT order_line_id, start, coalesce(sum(quantity) OVER (
                   PARTITION BY order_line_id ORDER BY start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM returns_returnline WHERE start IS NOT NULL) numbered
    WHERE start <> before
    """,
)
sql_invariant(
    "returns",
    "every received return is in the ledger with its exact amount",
    "SELECT count(*) FROM returns_return WHERE status = 'received'",
    """
    WITH owed AS (
        SELECT parent_id, sum(net + tax + freight_net + freight_tax) AS amount FROM returns_returnline
        WHERE start IS NOT NULL GROUP BY 1),
    booked AS (
        SELECT e.source, -sum(l.amount) FILTER (WHERE l.role = 'refund_payable') AS amount
        FROM accounting_journalentry e JOIN accounting_journalline l ON l.entry_id = e.id
        WHERE e.event = 'return_accepted' GROUP BY 1)
    SELECT format('%s: %s credited and %s booked', p.rma, coalesce(w.amount, 0), coalesce(b.amount, 0))
    FROM returns_return p LEFT JOIN owed w ON w.parent_id = p.id LEFT JOIN booked b ON b.source = p.id
    WHERE p.status = 'received' AND coalesce(w.amount, 0) <> coalesce(b.amount, 0)
    """,
)
sql_invariant(
    "returns",
    "returned goods are in the stock movements",
    "SELECT count(*) FROM returns_return WHERE status = 'received'",
    """
    WITH moved AS (SELECT source, sum(quantity) AS units FROM inventory_movement WHERE reason = 'return' GROUP BY 1),
    back AS (
        SELECT r.parent_id, sum(r.quantity) AS units FROM returns_returnline r
        JOIN orders_orderline l ON l.id = r.order_line_id WHERE r.start IS NOT NULL AND l.is_stocked GROUP BY 1)
    SELECT format('%s: %s goods came back, %s were taken in', p.rma, coalesce(b.units, 0), coalesce(m.units, 0))
    FROM returns_return p LEFT JOIN back b ON b.parent_id = p.id LEFT JOIN moved m ON m.source = p.id
    WHERE p.status = 'received' AND coalesce(b.units, 0) <> coalesce(m.units, 0)
    """,
)
sql_invariant(
    "returns",
    "a unit is sent as long as the last parcel that took it has not come back",
    "SELECT count(*) FROM inventory_serialnumber",
    """
    SELECT format('%s of %s is %s; its last parcel has left: %s, and came back: %s', s.code, v.sku, s.state,
                  coalesce(k.has_left, false), coalesce(k.is_back, false))
    FROM inventory_serialnumber s JOIN catalog_variant v ON v.id = s.variant_id
    LEFT JOIN LATERAL (
        SELECT k.has_left, EXISTS (SELECT FROM returns_returnedserial r WHERE r.picked_id = k.id) AS is_back
        FROM fulfillment_pickedserial k WHERE k.serial_id = s.id ORDER BY k.id DESC LIMIT 1) k ON true
    WHERE (s.state = 'sent') <> (coalesce(k.has_left, false) AND NOT coalesce(k.is_back, false))
    """,
)
sql_invariant(
    "returns",
    "units come back with the line that they left with, and no more than came back at all",
    "SELECT count(*) FROM returns_returnedserial",
    """
    SELECT format('return line %s of %s units names %s, of other order lines: %s', l.id, l.quantity, count(*),
                  bool_or(w.order_line_id <> l.order_line_id OR NOT k.has_left))
    FROM returns_returnedserial r JOIN returns_returnline l ON l.id = r.line_id
    JOIN fulfillment_pickedserial k ON k.id = r.picked_id
    JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    GROUP BY l.id, l.quantity
    HAVING count(*) > l.quantity OR bool_or(w.order_line_id <> l.order_line_id OR NOT k.has_left)
    """,
)
