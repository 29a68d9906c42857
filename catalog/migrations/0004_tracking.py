
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_pre_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='shelf_days',
            field=models.IntegerField(db_default=0, default=0, help_text="days that must be left to a lot's last day for it to be sold"),
        ),
        migrations.AddField(
            model_name='variant',
            name='tracks_expiry',
            field=models.BooleanField(db_default=False, default=False, help_text='each lot has its last day'),
        ),
        migrations.AddField(
            model_name='variant',
            name='tracks_lots',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='variant',
            name='tracks_serials',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('shelf_days__gte', 0), models.Q(('tracks_expiry', False), ('tracks_lots', True), _connector='OR')), name='variant_tracks'),
        ),
    ]
