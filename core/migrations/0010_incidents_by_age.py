from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0009_saved_views")]

    operations = [
        AddIndexConcurrently(
            model_name="incident", index=models.Index(fields=["opened_at", "id"], name="incident_by_age")
        ),
        AddIndexConcurrently(
            model_name="incident",
            index=models.Index(fields=["opened_at", "id"], condition=models.Q(resolved_at=None), name="incident_open"),
        ),
    ]
