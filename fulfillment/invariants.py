"""What must always be true of work and parcels, re-derived from lines, stock and the ledger."""

from core.db import rows
from core.invariants import Result, invariant, sql_invariant
from core.money import exponent

sql_invariant(
    "fulfillment",
    "allocated stock is what the open work of its location has to send",
    "SELECT count(*) FROM inventory_stock",
    """
    WITH work AS (
        SELECT ol.variant_id, f.location_id, sum(w.quantity - w.cancelled) AS units
        FROM fulfillment_fulfillmentline w JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
        JOIN orders_orderline ol ON ol.id = w.order_line_id
        WHERE f.status IN ('planned', 'released', 'accepted', 'picking', 'packed') AND ol.is_stocked
        GROUP BY 1, 2)
    SELECT format('%s at %s: %s allocated, %s in open work', v.sku, l.code, coalesce(s.allocated, 0), coalesce(w.units, 0))
    FROM inventory_stock s FULL JOIN work w USING (variant_id, location_id)
    JOIN catalog_variant v ON v.id = variant_id JOIN inventory_location l ON l.id = location_id
    WHERE coalesce(s.allocated, 0) <> coalesce(w.units, 0)
    """,
)
sql_invariant(
    "fulfillment",
    "what counts against a cap or holds a fence is ordered and not cancelled, by the channel itself",
    "SELECT count(*) FROM inventory_capdraw",
    """
    WITH drawn AS (
        SELECT d.demand_key, d.quantity, c.channel_id, c.variant_id, 0 AS gone
        FROM inventory_capdraw d JOIN inventory_cap c ON c.id = d.cap_id
        UNION ALL
        SELECT d.demand_key, sum(d.quantity), f.channel_id, s.variant_id, 1
        FROM inventory_fencedraw d JOIN inventory_fence f ON f.id = d.fence_id JOIN inventory_stock s ON s.id = f.stock_id
        GROUP BY d.demand_key, f.channel_id, s.variant_id)
    SELECT format('%s %s: %s drawn of %s ordered, %s cancelled, %s shipped', o.number, l.sku, d.quantity, l.quantity,
                  l.cancelled, l.shipped)
    FROM drawn d JOIN orders_orderline l ON l.id = d.demand_key JOIN orders_order o ON o.id = l.order_id
    WHERE d.quantity > l.quantity - l.cancelled - d.gone * l.shipped
       OR d.channel_id <> o.channel_id OR d.variant_id <> l.variant_id
    """,
)
sql_invariant(
    "fulfillment",
    "who waits for units does so through the order's own channel",
    "SELECT count(*) FROM inventory_supplypin",
    """
    SELECT format('%s %s waits through another channel, or through none', o.number, l.sku)
    FROM inventory_supplypin p JOIN orders_orderline l ON l.id = p.demand_key JOIN orders_order o ON o.id = l.order_id
    WHERE p.channel_id IS DISTINCT FROM o.channel_id
    """,
)
sql_invariant(
    "fulfillment",
    "the buckets of a line are what its fulfilment orders say",
    "SELECT count(*) FROM orders_orderline",
    """
    WITH work AS (
        SELECT w.order_line_id,
               sum(CASE f.status WHEN 'planned' THEN w.quantity - w.cancelled ELSE 0 END) AS allocated,
               sum(CASE WHEN f.status IN ('released', 'accepted', 'picking')
                        THEN w.quantity - w.cancelled - w.picked ELSE 0 END) AS released,
               sum(CASE WHEN f.status IN ('released', 'accepted', 'picking') THEN w.picked ELSE 0 END) AS picked,
               sum(CASE f.status WHEN 'packed' THEN w.quantity - w.cancelled ELSE 0 END) AS packed
        FROM fulfillment_fulfillmentline w JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
        WHERE f.status NOT IN ('shipped', 'delivered', 'cancelled') GROUP BY 1)
    SELECT format('%s %s: %s/%s/%s/%s allocated/released/picked/packed, its work says %s/%s/%s/%s', o.number, l.sku,
                  l.allocated, l.released, l.picked, l.packed, coalesce(w.allocated, 0), coalesce(w.released, 0),
                  coalesce(w.picked, 0), coalesce(w.packed, 0))
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id LEFT JOIN work w ON w.order_line_id = l.id
    WHERE (l.allocated, l.released, l.picked, l.packed)
       <> (coalesce(w.allocated, 0), coalesce(w.released, 0), coalesce(w.picked, 0), coalesce(w.packed, 0))
    """,
)
sql_invariant(
    "fulfillment",
    "shipped and delivered units are those of the parcels",
    "SELECT count(*) FROM orders_orderline",
    """
    WITH sent AS (
        SELECT c.order_line_id, sum(c.quantity) AS shipped,
               sum(CASE s.status WHEN 'delivered' THEN c.quantity ELSE 0 END) AS delivered
        FROM fulfillment_shipmentline c JOIN fulfillment_shipment s ON s.id = c.shipment_id
        WHERE s.status NOT IN ('draft', 'labelled', 'voided') GROUP BY 1)
    SELECT format('%s %s: %s shipped, %s delivered; its parcels say %s and %s', o.number, l.sku, l.shipped, l.delivered,
                  coalesce(s.shipped, 0), coalesce(s.delivered, 0))
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id LEFT JOIN sent s ON s.order_line_id = l.id
    WHERE (l.shipped, l.delivered) <> (coalesce(s.shipped, 0), coalesce(s.delivered, 0))
    """,
)
sql_invariant(
    "fulfillment",
    "work and its parcel agree",
    "SELECT count(*) FROM fulfillment_fulfillmentorder",
    """
    SELECT format('%s: work %s is %s, its parcel %s', o.number, f.id, f.status, coalesce(s.status, 'missing'))
    FROM fulfillment_fulfillmentorder f JOIN orders_order o ON o.id = f.order_id
    LEFT JOIN fulfillment_shipment s ON s.fulfillment_order_id = f.id AND s.status <> 'voided'
    WHERE CASE f.status WHEN 'packed' THEN coalesce(s.status, '') NOT IN ('draft', 'labelled')
                        WHEN 'shipped' THEN s.id IS NULL OR s.status IN ('draft', 'labelled', 'delivered')
                        WHEN 'delivered' THEN s.status IS DISTINCT FROM 'delivered'
                        ELSE s.id IS NOT NULL END
    """,
)
sql_invariant(
    "fulfillment",
    "every order that waits for routing is on its way there",
    "SELECT count(*) FROM orders_order WHERE status = 'placed'",
    """
    SELECT format('%s is ready, and no order.ready event is waiting, being handled, or recent', o.number)
    FROM orders_order o
    WHERE o.status = 'placed' AND o.updated_at < now() - interval '15 minutes'
      AND NOT EXISTS (SELECT FROM orders_hold h WHERE h.order_id = o.id AND h.status = 'open')
      AND NOT EXISTS (
          SELECT FROM core_event e
          WHERE e.about = o.id AND e.kind = 'order.ready'
            AND (e.dispatched_at IS NULL
                 OR EXISTS (SELECT FROM core_delivery d WHERE d.event_id = e.id AND d.done_at IS NULL)))
    """,
)

_OWED = """
WITH places AS (SELECT * FROM unnest(%(currencies)s::text[], %(digits)s::int[]) AS p(currency, digits)),
parts AS (
    SELECT c.shipment_id,
           round(a.amount * (c.start + c.quantity) / l.quantity, p.digits)
           - round(a.amount * c.start / l.quantity, p.digits) AS amount
    FROM fulfillment_shipmentline c JOIN orders_orderline l ON l.id = c.order_line_id
    JOIN orders_order o ON o.id = l.order_id JOIN places p ON p.currency = o.currency
    CROSS JOIN LATERAL (VALUES (l.net, l.tax), (l.freight_net, l.freight_tax)) AS of(net, tax)
    CROSS JOIN LATERAL unnest(CASE WHEN of.net + of.tax < l.quantity * 10 ^ (-p.digits)
                                   THEN ARRAY[of.net, of.tax] ELSE ARRAY[of.net + of.tax] END) AS a(amount)
    WHERE c.start IS NOT NULL),
owed AS (SELECT shipment_id, sum(amount) AS amount FROM parts GROUP BY 1),
booked AS (
    SELECT e.source, e.event, sum(l.amount) FILTER (WHERE l.role = 'accounts_receivable') AS receivable,
           sum(l.debit) AS cost
    FROM accounting_journalentry e JOIN accounting_journalline l ON l.entry_id = e.id
    WHERE e.event IN ('goods_shipped', 'carrier_cost') GROUP BY 1, 2)
SELECT format('parcel %%s: %%s owed and %%s booked; carrier cost %%s and %%s booked', s.tracking_number, w.amount,
              coalesce(g.receivable, 0), s.cost, coalesce(f.cost, 0)) AS sentence
FROM fulfillment_shipment s LEFT JOIN owed w ON w.shipment_id = s.id
LEFT JOIN booked g ON g.source = s.id AND g.event = 'goods_shipped'
LEFT JOIN booked f ON f.source = s.id AND f.event = 'carrier_cost'
WHERE s.status NOT IN ('draft', 'labelled', 'voided')
  AND (w.amount IS DISTINCT FROM coalesce(g.receivable, 0) OR s.cost <> coalesce(f.cost, 0))
"""


@invariant("fulfillment", "every parcel that left is in the ledger with its exact amount")
def parcels_are_booked() -> Result:
    """The receivable of each parcel is the sum of its units' shares, and its carrier's cost is accrued."""
    currencies = [row.currency for row in rows("SELECT DISTINCT currency FROM orders_order")]
    (count,) = rows("SELECT count(*) FROM fulfillment_shipment WHERE shipped_at IS NOT NULL")[0]
    places = {"currencies": currencies, "digits": [exponent(c) for c in currencies]}
    return Result(count, [row.sentence for row in rows(_OWED, places)])


sql_invariant(
    "fulfillment",
    "the units of a line are numbered once as they leave",
    "SELECT count(*) FROM fulfillment_shipmentline",
    """
    SELECT format('line %s: units from %s on leave in a parcel, though %s went before', order_line_id, start, before)
    FROM (
        SELECT order_line_id, start, coalesce(sum(quantity) OVER (
                   PARTITION BY order_line_id ORDER BY start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM fulfillment_shipmentline WHERE start IS NOT NULL) numbered
    WHERE start <> before
    """,
)
sql_invariant(
    "fulfillment",
    "lots that were picked are of what was picked",
    "SELECT count(*) FROM fulfillment_pickedlot",
    """
    SELECT format('line %s of %s: %s picked, %s of them by lots, of another article: %s', w.id, o.sku, w.picked,
                  sum(k.quantity), bool_or(l.variant_id <> o.variant_id))
    FROM fulfillment_pickedlot k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN orders_orderline o ON o.id = w.order_line_id JOIN inventory_lot l ON l.id = k.lot_id
    GROUP BY w.id, o.sku, w.picked HAVING sum(k.quantity) > w.picked OR bool_or(l.variant_id <> o.variant_id)
    """,
)
sql_invariant(
    "fulfillment",
    "the lots of a parcel left with it",
    "SELECT count(*) FROM fulfillment_pickedlot",
    """
    SELECT format('lot %s of work %s, which is %s: it has left is %s', k.lot_id, f.id, f.status, k.has_left)
    FROM fulfillment_pickedlot k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
    WHERE k.has_left <> (f.status IN ('shipped', 'delivered'))
    """,
)
sql_invariant(
    "fulfillment",
    "what a parcel took of a lot, its movement names",
    "SELECT count(*) FROM fulfillment_pickedlot WHERE has_left",
    """
    SELECT format('shipment %s took %s of lot %s, its movements say %s', x.id, x.units, x.lot_id, coalesce(m.units, 0))
    FROM (
        SELECT s.id, k.lot_id, sum(k.quantity) AS units FROM fulfillment_pickedlot k
        JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
        JOIN fulfillment_shipment s ON s.fulfillment_order_id = w.fulfillment_order_id AND s.status <> 'voided'
        WHERE k.has_left GROUP BY s.id, k.lot_id) x
    LEFT JOIN (
        SELECT source, lot_id, -sum(quantity) AS units FROM inventory_holdingmove
        WHERE movement_id IS NOT NULL AND lot_id IS NOT NULL GROUP BY source, lot_id) m
      ON m.source = x.id AND m.lot_id = x.lot_id
    WHERE coalesce(m.units, 0) < x.units
    """,
)

sql_invariant(
    "fulfillment",
    "what a line waits for is pinned for it, in stock or in line, or was let go while the order is held",
    "SELECT count(*) FROM orders_orderline WHERE is_stocked AND reserved + backordered > 0",
    """
    WITH pinned AS (
        SELECT demand_key, sum(here) AS here, sum(coming) AS coming FROM (
            SELECT demand_key, quantity AS here, 0 AS coming FROM inventory_reservation
            UNION ALL SELECT demand_key, 0, quantity FROM inventory_supplypin) p GROUP BY demand_key)
    SELECT format('%s %s: %s reserved and %s backordered, %s pinned and %s in line', o.number, l.sku, l.reserved,
                  l.backordered, coalesce(p.here, 0), coalesce(p.coming, 0))
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
    LEFT JOIN pinned p ON p.demand_key = l.id LEFT JOIN orders_keeping k ON k.order_id = o.id
    WHERE l.is_stocked AND NOT c.is_history
      AND (coalesce(p.here, 0) < l.reserved OR coalesce(p.here + p.coming, 0) > l.reserved + l.backordered
           OR k.let_go_at IS NULL AND coalesce(p.here + p.coming, 0) < l.reserved + l.backordered)
    """,
)
sql_invariant(
    "fulfillment",
    "what people have in hand of a lot lies there",
    "SELECT count(*) FROM fulfillment_pickedlot WHERE NOT has_left",
    """
    SELECT format('%s of lot %s of %s are in hand at %s, %s lie there', k.units, l.code, v.sku, p.code,
                  coalesce(h.units, 0))
    FROM (
        SELECT k.lot_id, f.location_id, sum(k.quantity) AS units FROM fulfillment_pickedlot k
        JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
        JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
        WHERE NOT k.has_left GROUP BY k.lot_id, f.location_id) k
    JOIN inventory_lot l ON l.id = k.lot_id JOIN catalog_variant v ON v.id = l.variant_id
    JOIN inventory_location p ON p.id = k.location_id
    LEFT JOIN LATERAL (
        SELECT sum(x.units) AS units FROM inventory_holding x JOIN inventory_stock s ON s.id = x.stock_id
        WHERE x.lot_id = k.lot_id AND s.location_id = k.location_id AND x.condition = 'sellable' AND l.state = 'open') h
      ON true
    WHERE k.units > coalesce(h.units, 0) AND NOT EXISTS (
        SELECT FROM core_event e WHERE e.about = k.lot_id AND e.kind IN ('lot.short', 'lot.closed')
           AND (e.dispatched_at IS NULL
                OR EXISTS (SELECT FROM core_delivery d WHERE d.event_id = e.id AND d.done_at IS NULL)))
    """,
)

sql_invariant(
    "fulfillment",
    "units that people have in hand by their serial numbers lie where the work is done",
    "SELECT count(*) FROM fulfillment_pickedserial WHERE NOT has_left",
    """
    SELECT format('%s of %s is %s, and in hand for %s at %s, whose work is %s', s.code, v.sku, s.state, o.number, p.code,
                  f.status)
    FROM fulfillment_pickedserial k JOIN inventory_serialnumber s ON s.id = k.serial_id
    JOIN catalog_variant v ON v.id = s.variant_id JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id JOIN orders_order o ON o.id = f.order_id
    JOIN inventory_location p ON p.id = f.location_id
    WHERE NOT k.has_left
      AND (s.state <> 'here' OR s.location_id <> f.location_id OR f.status NOT IN ('picking', 'packed'))
    """,
)
sql_invariant(
    "fulfillment",
    "no line has more serial numbers than units, nor those of another article",
    "SELECT count(*) FROM fulfillment_pickedserial",
    """
    SELECT format('line %s of %s: %s picked, %s of them by serial numbers, of another article: %s', w.id, o.sku, w.picked,
                  count(*), bool_or(s.variant_id <> o.variant_id))
    FROM fulfillment_pickedserial k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN orders_orderline o ON o.id = w.order_line_id JOIN inventory_serialnumber s ON s.id = k.serial_id
    GROUP BY w.id, o.sku, w.picked HAVING count(*) > w.picked OR bool_or(s.variant_id <> o.variant_id)
    """,
)
sql_invariant(
    "fulfillment",
    "the units of a parcel left with it",
    "SELECT count(*) FROM fulfillment_pickedserial",
    """
    SELECT format('unit %s of work %s, which is %s: it has left is %s', k.serial_id, f.id, f.status, k.has_left)
    FROM fulfillment_pickedserial k JOIN fulfillment_fulfillmentline w ON w.id = k.fulfillment_line_id
    JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
    WHERE k.has_left <> (f.status IN ('shipped', 'delivered'))
    """,
)
