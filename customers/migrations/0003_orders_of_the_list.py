from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0002_version")]

    operations = [
        AddIndexConcurrently(
            model_name="customer", index=models.Index(fields=["last_name", "id"], name="customer_by_name")
        ),
        AddIndexConcurrently(
            model_name="customer", index=models.Index(fields=["created_at", "id"], name="customer_by_age")
        ),
    ]
