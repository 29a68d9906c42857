from django.db import migrations, models


class Migration(migrations.Migration):
    """With a default of the database's own: no row is written, and old code may go on inserting."""

    dependencies = [("orders", "0006_payment_hours")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="time_zone",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="of its customers' letters and pages; empty: the company's",
            ),
        ),
    ]
