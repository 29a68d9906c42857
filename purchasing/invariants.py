"""What must always be true of purchases: their receipts are on hand and in the books, their state is what lines say."""

from core.invariants import sql_invariant

_LINES = "SELECT count(*) FROM purchasing_purchaseline"
_RECEIPTS = "SELECT count(*) FROM purchasing_receipt"

sql_invariant(
    "purchasing",
    "what came is the sum of the receipts",
    _LINES,
    """
    SELECT format('%s, %s: %s + %s damaged stored, %s + %s by receipts', o.number, v.sku, l.received, l.damaged,
                  coalesce(r.received, 0), coalesce(r.damaged, 0))
    FROM purchasing_purchaseline l JOIN purchasing_purchaseorder o ON o.id = l.purchase_order_id
    JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN (SELECT line_id, sum(received) AS received, sum(damaged) AS damaged
               FROM purchasing_receiptline GROUP BY line_id) r ON r.line_id = l.id
    WHERE (l.received, l.damaged) <> (coalesce(r.received, 0), coalesce(r.damaged, 0))
    """,
)
sql_invariant(
    "purchasing",
    "what a receipt brought stands in the movements",
    _RECEIPTS,
    """
    SELECT format('%s: %s/%s by its lines, %s/%s by movements', r.number, b.received, b.damaged,
                  coalesce(m.sellable, 0), coalesce(m.damaged, 0))
    FROM purchasing_receipt r
    JOIN (SELECT receipt_id, sum(received) AS received, sum(damaged) AS damaged
          FROM purchasing_receiptline GROUP BY receipt_id) b ON b.receipt_id = r.id
    LEFT JOIN LATERAL (
        SELECT sum(quantity) FILTER (WHERE condition <> 'damaged') AS sellable,
               sum(quantity) FILTER (WHERE condition = 'damaged') AS damaged
        FROM inventory_movement WHERE source = r.id AND reason = 'receipt') m ON true
    WHERE (b.received, b.damaged) <> (coalesce(m.sellable, 0), coalesce(m.damaged, 0))
    """,
)
sql_invariant(
    "purchasing",
    "what a receipt owes stands in the books",
    _RECEIPTS,
    """
    SELECT format('%s: %s EUR owed, %s booked', r.number, r.owed, coalesce(b.owed, 0))
    FROM purchasing_receipt r
    LEFT JOIN LATERAL (
        SELECT sum(l.credit - l.debit) AS owed FROM accounting_journalentry e
        JOIN accounting_journalline l ON l.entry_id = e.id AND l.role = 'goods_received_not_invoiced'
        WHERE e.source = r.id AND e.event = 'goods_received') b ON true
    WHERE r.owed <> coalesce(b.owed, 0)
    """,
)
sql_invariant(
    "purchasing",
    "what a receipt owes is what it brought, at the agreed cost and its own rate",
    _RECEIPTS,
    """
    SELECT format('%s: %s EUR owed, its lines say %s', r.number, r.owed, l.owed)
    FROM purchasing_receipt r CROSS JOIN LATERAL (
        SELECT round(coalesce(sum(p.unit_cost * (x.received + x.damaged)), 0) * r.rate, 2) AS owed
        FROM purchasing_receiptline x JOIN purchasing_purchaseline p ON p.id = x.line_id WHERE x.receipt_id = r.id) l
    WHERE r.owed <> l.owed
    """,
)
sql_invariant(
    "purchasing",
    "the state of a purchase order is what its lines say",
    "SELECT count(*) FROM purchasing_purchaseorder",
    """
    SELECT format('%s is %s with %s arrived and %s open', o.number, o.status, l.arrived, l.open)
    FROM purchasing_purchaseorder o
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(received + damaged), 0) AS arrived, coalesce(sum(open), 0) AS open,
               coalesce(bool_or(received + damaged < ordered), true) AS is_short
        FROM purchasing_purchaseline WHERE purchase_order_id = o.id) l
    WHERE CASE o.status
        WHEN 'draft' THEN l.arrived > 0
        WHEN 'sent' THEN l.arrived > 0 OR l.open = 0
        WHEN 'partly_received' THEN l.arrived = 0 OR l.open = 0
        WHEN 'received' THEN l.arrived = 0 OR l.open > 0 OR l.is_short
        WHEN 'closed' THEN l.arrived = 0 OR l.open > 0 OR NOT l.is_short
        ELSE l.arrived > 0 OR l.open > 0 END
    """,
)
sql_invariant(
    "purchasing",
    "what a sent order waits for is supply, on its day",
    _LINES,
    """
    SELECT format('%s, %s: %s open, %s supply', o.number, v.sku, l.open, coalesce(y.units, 0))
    FROM purchasing_purchaseline l JOIN purchasing_purchaseorder o ON o.id = l.purchase_order_id
    JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN (SELECT source, sum(quantity - arrived) AS units, min(due) AS first, max(due) AS last,
                      min(location_id::text) AS place
               FROM inventory_supply WHERE state = 'expected' AND kind = 'purchase' GROUP BY source) y ON y.source = l.id
    WHERE coalesce(y.units, 0) <> CASE WHEN o.status IN ('sent', 'partly_received') THEN l.open ELSE 0 END
       OR y.first <> o.expected_on OR y.last <> o.expected_on OR y.place <> o.location_id::text
    """,
)
sql_invariant(
    "purchasing",
    "no more stands on a vendor's terms than they allow, or was promised when they were lowered",
    "SELECT count(*) FROM purchasing_vendorterms",
    """
    SELECT format('%s of %s for %s: %s stand, %s are allowed', v.sku, n.code, l.code, sum(y.quantity), t.allowed)
    FROM purchasing_vendorterms t JOIN purchasing_vendor n ON n.id = t.vendor_id
    JOIN catalog_variant v ON v.id = t.variant_id JOIN inventory_location l ON l.id = t.location_id
    JOIN inventory_supply y ON y.source = t.id AND y.state = 'expected'
    GROUP BY t.id, v.sku, n.code, l.code HAVING sum(y.quantity) > t.allowed
    """,
)
sql_invariant(
    "purchasing",
    "what is still to be ordered is of terms, for their variant and place",
    "SELECT count(*) FROM inventory_supply WHERE order_by IS NOT NULL AND state = 'expected'",
    """
    SELECT format('supply %s of %s is still to be ordered, and no terms say so', y.id, y.reference)
    FROM inventory_supply y LEFT JOIN purchasing_vendorterms t
      ON t.id = y.source AND t.variant_id = y.variant_id AND t.location_id = y.location_id
    WHERE y.order_by IS NOT NULL AND y.state = 'expected' AND t.id IS NULL
    """,
)
# The task that tells of them runs every few minutes; a day is time for it to come back after a night of works.
sql_invariant(
    "purchasing",
    "what was promised and should have been ordered is an exception",
    "SELECT count(*) FROM inventory_supply WHERE order_by IS NOT NULL AND state = 'expected'",
    """
    SELECT format('%s of %s should have been ordered by %s, and no exception says so', y.committed, y.reference, y.order_by)
    FROM inventory_supply y
    WHERE y.state = 'expected' AND y.committed > 0 AND y.order_by < now() - interval '1 day' AND NOT EXISTS (
        SELECT FROM core_incident i WHERE i.about = y.id AND i.kind = 'order_late' AND i.resolved_at IS NULL)
    """,
)
