from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("returns", "0003_no_second_index")]

    operations = [
        AddIndexConcurrently("return", models.Index(fields=["created_at", "id"], name="return_by_age")),
        AddIndexConcurrently("return", models.Index(fields=["status", "id"], name="return_by_state")),
    ]
