"""What is not booked yet is told apart from a surplus, and the classes of articles are read once a night."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0080_supply_to_order")]
    operations = [
        migrations.AddField("countline", "unbooked", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("countline", "unbooked_of", models.TextField(blank=True, db_default="", default="")),
        migrations.AddConstraint(
            "countline",
            models.CheckConstraint(condition=models.Q(("unbooked__gte", 0)), name="countline_unbooked"),
        ),
        migrations.CreateModel(
            name="ArticleClasses",
            fields=[
                (
                    "location",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="inventory.location",
                    ),
                ),
                (
                    "a",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "b",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={"verbose_name_plural": "article classes"},
        ),
    ]
