from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_preferences")]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("terms", ArrayField(base_field=models.TextField(db_collation="C"), size=None)),
            ],
        ),
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "term", "about", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.TextField()),
                ("term", models.TextField(db_collation="C")),
                ("about", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[("word", models.TextField(db_collation="C", primary_key=True, serialize=False))],
            options={
                "indexes": [GinIndex(fields=["word"], name="search_word_parts", opclasses=["gin_trgm_ops"])],
            },
        ),
    ]
