from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_tracking'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='tracks_serials',
            field=models.BooleanField(db_default=False, default=False, help_text='each unit is packed by its serial number'),
        ),
    ]
