from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0012_people_guards")]
    operations = [
        migrations.AddField("delivery", "begun", models.BooleanField(default=False, db_default=False)),
    ]
