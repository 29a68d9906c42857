from django.db import migrations, models


class Migration(migrations.Migration):
    """Who scanned, so that two people are told apart; scans of before tell it by their line alone."""

    dependencies = [("inventory", "0061_count_guards")]
    operations = [
        migrations.AddField(
            model_name="countentry",
            name="actor_key",
            field=models.TextField(blank=True, db_default="", default="", help_text="tells people apart"),
        ),
    ]
