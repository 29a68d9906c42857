"""Units that are waited for learn their order's channel. What older code writes while this is rolled out, a sweep finds."""

from django.db import migrations

FORWARD = """
UPDATE inventory_supplypin p SET channel_id = o.channel_id
FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE l.id = p.demand_key AND p.channel_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0040_stock_changes"),
        ("inventory", "0050_supply_channel"),
        ("orders", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
