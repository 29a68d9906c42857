"""RMA numbers come from a sequence."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("returns", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE returns_rma START 10001 CACHE 1", "DROP SEQUENCE returns_rma"),
    ]
