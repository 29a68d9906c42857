"""What must always be true of stock, re-derived from movements and reservations."""

from core.invariants import sql_invariant
from inventory.counts import invariants as counts
from inventory.feeds import invariants as feeds
from inventory.holdings import invariants as holdings
from inventory.limits import invariants as limits
from inventory.supply import invariants as supply
from inventory.transfers import invariants as transfers
from inventory.valuation import invariants as valuation

__all__ = ["counts", "feeds", "holdings", "limits", "supply", "transfers", "valuation"]

sql_invariant(
    "inventory",
    "stock equals its movements",
    "SELECT count(*) FROM inventory_stock",
    """
    SELECT format('%s at %s: %s/%s/%s stored, %s/%s/%s by movements', v.sku, l.code, s.on_hand, s.damaged,
                  s.quarantine, coalesce(m.sellable, 0), coalesce(m.damaged, 0), coalesce(m.quarantine, 0))
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    LEFT JOIN (
        SELECT variant_id, location_id, sum(quantity) FILTER (WHERE condition = 'sellable') AS sellable,
               sum(quantity) FILTER (WHERE condition = 'damaged') AS damaged,
               sum(quantity) FILTER (WHERE condition = 'quarantine') AS quarantine
        FROM inventory_movement GROUP BY variant_id, location_id) m
      ON m.variant_id = s.variant_id AND m.location_id = s.location_id
    WHERE (s.on_hand, s.damaged, s.quarantine)
       <> (coalesce(m.sellable, 0), coalesce(m.damaged, 0), coalesce(m.quarantine, 0))
    """,
)
sql_invariant(
    "inventory",
    "reserved equals the pins",
    "SELECT count(*) FROM inventory_stock",
    """
    SELECT format('%s at %s: %s reserved, %s pinned', v.sku, l.code, s.reserved, coalesce(r.pinned, 0))
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    LEFT JOIN (SELECT variant_id, location_id, sum(quantity) AS pinned FROM inventory_reservation GROUP BY 1, 2) r
      ON r.variant_id = s.variant_id AND r.location_id = s.location_id
    WHERE s.reserved <> coalesce(r.pinned, 0)
    """,
)
sql_invariant(
    "inventory",
    "every pin is legal and has its stock row",
    "SELECT count(*) FROM inventory_reservation",
    """
    SELECT format('reservation %s is pinned outside its pool or where there is no stock row', r.id)
    FROM inventory_reservation r
    WHERE NOT EXISTS (SELECT FROM inventory_poollocation p WHERE p.pool_id = r.pool_id AND p.location_id = r.location_id)
       OR NOT EXISTS (
           SELECT FROM inventory_stock s WHERE s.variant_id = r.variant_id AND s.location_id = r.location_id)
    """,
)
sql_invariant(
    "inventory",
    "what is promised is on hand, or a shortfall is open",
    "SELECT count(*) FROM inventory_stock",
    """
    SELECT format('%s at %s: %s promised of %s on hand, and nobody was told', v.sku, l.code, s.reserved + s.allocated,
                  s.on_hand)
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    WHERE s.reserved + s.allocated > s.on_hand
      AND NOT EXISTS (SELECT FROM core_incident i WHERE i.about = s.id AND i.kind = 'shortfall' AND i.resolved_at IS NULL)
    """,
)
sql_invariant(
    "inventory",
    "an open shortfall is a real one",
    "SELECT count(*) FROM core_incident WHERE kind = 'shortfall' AND resolved_at IS NULL",
    """
    SELECT format('%s at %s: a shortfall is open though %s are promised of %s on hand', v.sku, l.code,
                  s.reserved + s.allocated, s.on_hand)
    FROM core_incident i JOIN inventory_stock s ON s.id = i.about
    JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    WHERE i.kind = 'shortfall' AND i.resolved_at IS NULL AND s.reserved + s.allocated <= s.on_hand
    """,
)
