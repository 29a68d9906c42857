from django.db import migrations


class Migration(migrations.Migration):
    """Stock rows change with every order, in columns without an index: with room in their page, no index changes."""

    dependencies = [("inventory", "0002_guards")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE inventory_stock SET (fillfactor = 50)", "ALTER TABLE inventory_stock RESET (fillfactor)"
        ),
    ]
