from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """A SKU is found by its beginning, in capitals or not."""

    atomic = False

    dependencies = [("catalog", "0002_names_by_parts")]

    operations = [
        AddIndexConcurrently(
            "variant", models.Index(OpClass(Upper("sku"), "text_pattern_ops"), name="variant_by_beginning")
        ),
    ]
