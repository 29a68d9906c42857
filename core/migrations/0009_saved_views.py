import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="assignee",
            field=models.ForeignKey(
                db_index=False,
                help_text="who looks after it",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="incidents",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("list_name", models.TextField()),
                ("name", models.TextField()),
                ("query", models.TextField(blank=True, default="")),
                ("sort", models.TextField(blank=True, default="")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "audience",
                    models.TextField(
                        choices=[("own", "Own"), ("role", "Role"), ("everybody", "Everybody")], default="own"
                    ),
                ),
                ("role", models.TextField(blank=True, default="")),
                ("position", models.IntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["list_name", "audience"], name="savedview_shared")],
                "constraints": [
                    models.UniqueConstraint(
                        "owner",
                        "list_name",
                        django.db.models.functions.text.Lower("name"),
                        name="savedview_name_once",
                    ),
                    models.CheckConstraint(condition=~Q(name=""), name="savedview_named"),
                    models.CheckConstraint(
                        condition=Q(audience__in=["own", "role", "everybody"]), name="savedview_audience"
                    ),
                    models.CheckConstraint(
                        condition=Q(audience="role") & ~Q(role="") | ~Q(audience="role") & Q(role=""),
                        name="savedview_role",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListPreference",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "list_name", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("list_name", models.TextField()),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opens",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="core.savedview",
                    ),
                ),
            ],
        ),
    ]
