from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What has moved at a stock row since a moment, in the place of an index that nothing reads."""

    atomic = False
    dependencies = [("inventory", "0004_stock_feeds")]
    operations = [
        AddIndexConcurrently(
            "movement", models.Index(fields=["variant", "location", "at"], name="movement_since")
        ),
        RemoveIndexConcurrently("movement", "movement_stock"),
    ]
