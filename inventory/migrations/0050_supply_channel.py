"""Who waits for units knows the channel it ordered through; None is what older code writes while this is rolled out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0043_unaware_feeds"),
    ]
    operations = [
        migrations.AddField("supplypin", "channel_id", models.UUIDField(null=True)),
    ]
