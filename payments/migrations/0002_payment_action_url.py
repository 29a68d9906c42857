from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="action_url",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="where the customer authenticates while the payment requires an action",
            ),
        ),
    ]
