"""Work has a line to stand in, the time since when it is owed, and the worker it was handed to; facts name their request.

Every new column has a constant default in the database, so that no row is rewritten and the last version goes on writing.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_measures_and_heartbeats")]

    operations = [
        migrations.AddField("event", "request_id", models.TextField(db_default="", default="")),
        migrations.AddField("delivery", "claim", models.UUIDField(null=True)),
        migrations.AddField("delivery", "dropped", models.TextField(db_default="", default="")),
        migrations.AddField("delivery", "line", models.TextField(db_default="", default="")),
        migrations.AddField(
            "delivery",
            "since",
            models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now
            ),
        ),
        migrations.AlterField(
            "delivery",
            "event",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="core.event",
            ),
        ),
    ]
