"""Order numbers come from a sequence: no row is shared by unrelated orders."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE orders_number START 100001 CACHE 1", "DROP SEQUENCE orders_number"),
    ]
