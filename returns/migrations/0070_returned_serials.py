import django.db.models.deletion
from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):

    dependencies = [
        ('fulfillment', '0070_picked_serials'),
        ('returns', '0004_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnedSerial',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='serials', to='returns.returnline')),
                ('picked', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='returned', to='fulfillment.pickedserial')),
            ],
        ),
    ]
