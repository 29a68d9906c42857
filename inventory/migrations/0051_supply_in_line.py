"""Who waits is found by what it waits for, in the order of the line."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("inventory", "0050_supply_channel"),
    ]
    operations = [
        AddIndexConcurrently(
            "supplypin",
            models.Index(fields=["variant", "supply", "ordered_at", "demand_key"], name="supplypin_by_supply"),
        ),
        RemoveIndexConcurrently("supplypin", "supplypin_in_line"),
    ]
