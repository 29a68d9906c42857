"""Room on each page for the updates that an order and its lines go through, so that they touch no index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_fewer_indexes")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE orders_orderline SET (fillfactor = 45); ALTER TABLE orders_order SET (fillfactor = 50)",
            "ALTER TABLE orders_orderline RESET (fillfactor); ALTER TABLE orders_order RESET (fillfactor)",
        ),
    ]
