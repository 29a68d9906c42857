"""What changed stock and the promises on it, read from the documents that made the changes: nothing is written for it."""

from django.db import migrations, models

FORWARD = """
CREATE VIEW fulfillment_stockchange AS
SELECT m.id, m.at, m.variant_id, m.location_id, 'on_hand' AS kind, m.reason AS what, m.condition,
       CASE m.condition WHEN 'sellable' THEN m.quantity END AS on_hand,
       CASE m.condition WHEN 'sellable' THEN NULL ELSE m.quantity END AS set_aside, NULL::int AS reserved,
       CASE m.reason WHEN 'shipment' THEN m.quantity END AS allocated, '' AS before, '' AS after, m.note, m.actor,
       m.source, NULL::uuid AS order_id
FROM inventory_movement m
UNION ALL
SELECT md5(t.id::text || l.id::text)::uuid, t.at, l.variant_id, NULL,
       CASE WHEN t.action IN ('order.placed', 'order.taken_up') THEN 'reserved'
            WHEN t.action = 'order.repinned' THEN 'moved' ELSE 'given_back' END,
       t.action, '', NULL, NULL,
       CASE WHEN t.action = 'order.placed' AND NOT EXISTS (
           SELECT FROM core_timelineentry w
           WHERE w.about = l.order_id AND w.action IN ('order.taken_up', 'incident.backorder')) THEN l.quantity END, NULL,
       CASE t.action WHEN 'order.repinned' THEN t.data ->> 'from' ELSE '' END,
       CASE t.action WHEN 'order.repinned' THEN t.data ->> 'to' ELSE '' END,
       CASE WHEN t.action = 'order.repinned' THEN t.data ->> 'units' ELSE coalesce(t.data ->> 'reason', '') END,
       t.actor, t.id, l.order_id
FROM orders_orderline l JOIN core_timelineentry t ON t.about = l.order_id
WHERE l.is_stocked AND (
    t.action IN ('order.placed', 'order.taken_up', 'order.cancel', 'order.cancel_part', 'order.unplanned')
    OR t.action = 'order.repinned' AND t.data ->> 'sku' = l.sku)
UNION ALL
SELECT w.id, f.created_at, l.variant_id, f.location_id, 'allocated', 'order.routed', '', NULL, NULL, NULL, w.quantity,
       '', '', '', '', f.id, l.order_id
FROM orders_orderline l JOIN fulfillment_fulfillmentline w ON w.order_line_id = l.id
JOIN fulfillment_fulfillmentorder f ON f.id = w.fulfillment_order_id
WHERE l.is_stocked
UNION ALL
SELECT t.id, t.at, s.variant_id, s.location_id,
       CASE WHEN t.action IN ('stock.safety', 'stock.repaired') THEN 'safety' ELSE 'limits' END, t.action, '', NULL, NULL, NULL, NULL, t.before, t.after, '',
       t.actor, s.id, NULL
FROM inventory_stock s JOIN core_timelineentry t ON t.about = s.id
WHERE t.action IN ('stock.safety', 'stock.repaired', 'stock.fence', 'stock.withhold', 'stock.sell_again')
UNION ALL
SELECT md5(t.id::text || s.id::text)::uuid, t.at, s.variant_id, s.location_id, 'held', t.action, '', NULL, NULL, NULL,
       NULL, t.before, t.after, '', t.actor, t.about, NULL
FROM inventory_stock s JOIN inventory_stockfeedplace p ON p.location_id = s.location_id
JOIN core_timelineentry t ON t.about = p.feed_id WHERE t.action = 'incident.feed_silent'
"""
BACKWARD = "DROP VIEW fulfillment_stockchange"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_by_beginning"),
        ("core", "0013_begun"),
        ("fulfillment", "0008_picked_lots"),
        ("inventory", "0032_transfer_guards"),
        ("orders", "0008_list_indexes"),
    ]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.CreateModel(
            name="StockChange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("kind", models.TextField()),
                ("what", models.TextField()),
                ("condition", models.TextField()),
                ("on_hand", models.IntegerField(null=True)),
                ("set_aside", models.IntegerField(null=True)),
                ("reserved", models.IntegerField(null=True)),
                ("allocated", models.IntegerField(null=True)),
                ("before", models.TextField()),
                ("after", models.TextField()),
                ("note", models.TextField()),
                ("actor", models.TextField()),
                ("source", models.UUIDField()),
            ],
            options={"db_table": "fulfillment_stockchange", "managed": False},
        ),
    ]
