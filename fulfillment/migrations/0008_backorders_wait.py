"""Units that were backordered before supply was known stand in line for it: few rows, found by an index of their own."""

from django.db import migrations

FORWARD = """
INSERT INTO inventory_supplypin (id, demand_key, variant_id, pool_id, supply_id, quantity, ordered_at)
SELECT gen_random_uuid(), l.id, l.variant_id, c.pool_id, NULL, l.backordered, o.placed_at
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id JOIN orders_channel c ON c.id = o.channel_id
WHERE l.backordered > 0 AND l.is_stocked AND NOT c.is_history
  AND NOT EXISTS (SELECT FROM inventory_supplypin p WHERE p.demand_key = l.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0007_awaited"),
        ("inventory", "0010_supply"),
        ("orders", "0008_list_indexes"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
