"""What must always be true of transfers: every unit that left is received, in transit or written off, in the books too."""

from core.invariants import sql_invariant

_LINES = "SELECT count(*) FROM inventory_transferline"

sql_invariant(
    "inventory",
    "what became of a transfer's units is the sum of its steps",
    _LINES,
    """
    SELECT format('%s, %s: %s/%s/%s/%s stored, %s/%s/%s/%s by steps', t.number, v.sku, l.sent, l.received, l.damaged,
                  l.written_off, s.sent, s.received, s.damaged, s.written_off)
    FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
    JOIN catalog_variant v ON v.id = l.variant_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'send'), 0) AS sent,
               coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'receive'), 0) AS received,
               coalesce(sum(x.damaged) FILTER (WHERE p.kind = 'receive'), 0) AS damaged,
               coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'write_off'), 0) AS written_off
        FROM inventory_transferstepline x JOIN inventory_transferstep p ON p.id = x.step_id WHERE x.line_id = l.id) s
    WHERE (l.sent, l.received, l.damaged, l.written_off) <> (s.sent, s.received, s.damaged, s.written_off)
    """,
)
sql_invariant(
    "inventory",
    "a transfer's movements are its steps",
    "SELECT count(*) FROM inventory_transferstep",
    """
    SELECT format('a step of %s: %s units by its lines, %s by movements', t.number, b.units, coalesce(m.units, 0))
    FROM inventory_transferstep p JOIN inventory_transfer t ON t.id = p.transfer_id
    CROSS JOIN LATERAL (
        SELECT CASE p.kind WHEN 'send' THEN -1 WHEN 'receive' THEN 1 ELSE 0 END * coalesce(sum(sellable + damaged), 0) AS units
        FROM inventory_transferstepline WHERE step_id = p.id) b
    LEFT JOIN LATERAL (
        SELECT sum(quantity) AS units FROM inventory_movement
        WHERE source = p.id AND reason = 'transfer'
          AND location_id = CASE p.kind WHEN 'send' THEN t.origin_id ELSE t.target_id END) m ON true
    WHERE b.units <> coalesce(m.units, 0)
    """,
)
sql_invariant(
    "inventory",
    "what is in transit is supply at its target, on its day",
    _LINES,
    """
    SELECT format('%s, %s: %s in transit, %s supply', t.number, v.sku, l.in_transit, coalesce(y.units, 0))
    FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
    JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN (SELECT source, sum(quantity - arrived) AS units, min(due) AS first, max(due) AS last,
                      min(location_id::text) AS place
               FROM inventory_supply WHERE state = 'expected' AND kind = 'transfer' GROUP BY source) y ON y.source = l.id
    WHERE l.in_transit <> coalesce(y.units, 0) OR y.first <> t.due_on OR y.last <> t.due_on
       OR y.place <> t.target_id::text
    """,
)
sql_invariant(
    "inventory",
    "the books value what is in transit",
    _LINES,
    """
    SELECT format('%s EUR in transit by the books, %s by the transfers', b.value, w.value)
    FROM (SELECT coalesce(sum(debit - credit), 0) AS value FROM accounting_journalline
          WHERE role = 'inventory_in_transit') b,
         (SELECT coalesce(sum(CASE WHEN in_transit > 0 THEN value - round(value * (sent - in_transit) / sent, 2)
                                   ELSE 0 END), 0) AS value
          FROM inventory_transferline WHERE sent > 0) w
    WHERE b.value <> w.value
    """,
)
sql_invariant(
    "inventory",
    "the state of a transfer is what its lines say",
    "SELECT count(*) FROM inventory_transfer",
    """
    SELECT format('%s is %s with %s sent, %s in transit and %s written off', t.number, t.status, l.sent, l.moving, l.lost)
    FROM inventory_transfer t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(in_transit), 0) AS moving,
               coalesce(sum(received + damaged), 0) AS came, coalesce(sum(written_off), 0) AS lost
        FROM inventory_transferline WHERE transfer_id = t.id) l
    WHERE CASE t.status
        WHEN 'in_transit' THEN l.moving = 0 OR l.came > 0 OR l.lost > 0
        WHEN 'partly_received' THEN l.moving = 0 OR l.came = 0
        WHEN 'received' THEN l.moving > 0 OR l.came = 0 OR l.lost > 0
        WHEN 'short' THEN l.moving > 0 OR l.lost = 0
        ELSE l.sent > 0 END
    """,
)
sql_invariant(
    "inventory",
    "the lots of a transfer's step are those of its holdings",
    "SELECT count(*) FROM inventory_transfersteplot",
    """
    WITH told AS (
        SELECT p.id AS step, k.lot_id AS lot, sum(k.sellable + k.damaged) AS units
        FROM inventory_transfersteplot k JOIN inventory_transferstepline x ON x.id = k.step_line_id
        JOIN inventory_transferstep p ON p.id = x.step_id AND p.kind <> 'write_off' GROUP BY p.id, k.lot_id),
    held AS (
        SELECT p.id AS step, h.lot_id AS lot, abs(sum(h.quantity)) AS units
        FROM inventory_transferstep p JOIN inventory_movement m ON m.source = p.id
        JOIN inventory_holdingmove h ON h.movement_id = m.id JOIN inventory_lot l ON l.id = h.lot_id
        WHERE p.id IN (SELECT step FROM told) AND (p.kind = 'send' OR l.code <> 'UNKNOWN') GROUP BY p.id, h.lot_id)
    SELECT format('%s, lot %s: %s units by the step, %s by the holdings', t.number, l.code, coalesce(told.units, 0),
                  coalesce(held.units, 0))
    FROM told FULL JOIN held USING (step, lot) JOIN inventory_transferstep p ON p.id = step
    JOIN inventory_transfer t ON t.id = p.transfer_id JOIN inventory_lot l ON l.id = lot
    WHERE coalesce(told.units, 0) <> coalesce(held.units, 0) AND (l.code <> 'UNKNOWN' OR p.kind = 'send')
    """,
)
sql_invariant(
    "inventory",
    "what left by lot is in transit by lot until it arrives or is lost",
    "SELECT count(*) FROM inventory_transferline WHERE sent > 0",
    """
    SELECT format('%s, %s: %s in transit, %s of them of lots', t.number, v.sku, l.in_transit, k.units)
    FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
    JOIN catalog_variant v ON v.id = l.variant_id
    CROSS JOIN LATERAL (
        SELECT sum(CASE p.kind WHEN 'send' THEN 1 ELSE -1 END * (k.sellable + k.damaged)) AS units,
               sum(k.sellable) FILTER (WHERE p.kind = 'send') AS sent
        FROM inventory_transferstepline x JOIN inventory_transferstep p ON p.id = x.step_id
        JOIN inventory_transfersteplot k ON k.step_line_id = x.id WHERE x.line_id = l.id) k
    WHERE k.units <> l.in_transit OR k.sent <> l.sent
    """,
)
