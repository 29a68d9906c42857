"""Supply that may be promised before it is ordered says until when it can be ordered for its day."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("inventory", "0070_serial_numbers")]
    operations = [
        migrations.AddField("supply", "order_by", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "supply",
            models.CheckConstraint(
                condition=Q(order_by=None) | Q(kind="vendor", arrived=0), name="supply_unordered_does_not_come"
            ),
        ),
        migrations.AddConstraint(
            "supply",
            models.UniqueConstraint(
                fields=["source", "order_by", "due"],
                condition=Q(state="expected", order_by__isnull=False),
                name="supply_unordered_once",
            ),
        ),
    ]
