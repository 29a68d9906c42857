"""Looks at the whole database in one statement each: what is still to do, and whether anything has changed."""

from typing import Any

from core.db import rows

EVENTS = """
SELECT e.id, e.kind, e.about, e.payload FROM core_delivery d JOIN core_event e ON e.id = d.event_id
WHERE d.id = ANY(%(ids)s) ORDER BY e.id
"""
TIME_PASSES = """
UPDATE core_delivery SET due_at = statement_timestamp(), attempts = 0, parked_at = NULL, claim = NULL WHERE done_at IS NULL
"""
LEFT_OVER = """
SELECT 'delivery to ' || handler || ': ' || error AS what FROM core_delivery WHERE done_at IS NULL
UNION ALL SELECT t.kind || ' is ' || t.status || ': ' || t.error FROM payments_transaction t WHERE t.status IN ('pending', 'unknown')
UNION ALL SELECT 'payment is ' || p.status || ': ' || p.error FROM payments_payment p
WHERE p.status IN ('unknown') OR p.status = 'pending' AND p.tender = 'card'
UNION ALL SELECT i.data->>'work' || ' failed: ' || (i.data->>'error') FROM core_incident i WHERE i.kind = 'stuck'
"""
TABLES = (
    "core_event", "core_delivery", "core_incident", "core_timelineentry", "core_idempotencykey", "orders_order",
    "orders_orderline", "orders_hold", "orders_keeping", "orders_keepingrule", "inventory_stock", "inventory_movement", "inventory_reservation",
    "inventory_bin", "inventory_lot", "inventory_holding", "inventory_holdingmove",
    "inventory_fence", "inventory_fencedraw", "inventory_cap", "inventory_capdraw",
    "inventory_location", "inventory_stockfeed", "inventory_feedmessage", "inventory_feedchunk", "inventory_lastlevel",
    "inventory_supply", "inventory_supplypin", "catalog_variant", "inventory_tally", "inventory_tallyentry",
    "inventory_transfer", "inventory_transferline", "inventory_transferstep", "inventory_transferstepline", "inventory_transfersteplot",
    "inventory_stockcount", "inventory_countbin", "inventory_countline", "inventory_countentry",
    "purchasing_vendor", "purchasing_vendorterms", "purchasing_purchaseorder", "purchasing_purchaseline", "purchasing_receipt", "purchasing_receiptline",
    "fulfillment_fulfillmentorder", "fulfillment_fulfillmentline", "fulfillment_pickedlot", "fulfillment_pickedserial", "inventory_serialnumber", "returns_returnedserial", "fulfillment_shipment", "fulfillment_shipmentline",
    "fulfillment_trackingevent", "payments_payment", "payments_transaction", "returns_return", "returns_returnline",
    "accounting_journalentry", "accounting_journalline", "customers_customer",
)  # fmt: skip
_PHOTOGRAPH = " UNION ALL ".join(
    f"SELECT count(*) AS many, coalesce(max(xmin::text::bigint), 0) AS newest FROM {table}" for table in TABLES
)


def photograph() -> list[Any]:
    """All tables by how many rows they have and who last wrote one: the same as long as nothing has changed."""
    return [tuple(row) for row in rows(_PHOTOGRAPH)]
