import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0010_serials'),
        ('inventory', '0062_count_entry_actor'),
    ]

    operations = [
        migrations.CreateModel(
            name='SerialNumber',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.TextField()),
                ('state', models.TextField(choices=[('here', 'Here'), ('sent', 'Sent'), ('gone', 'Gone')], default='here')),
                ('reason', models.TextField(blank=True, default='', help_text='why it is gone')),
                ('location', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.location')),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='serials', to='catalog.variant')),
            ],
            options={
                'indexes': [models.Index(django.contrib.postgres.indexes.OpClass('code', 'text_pattern_ops'), name='serial_scanned'), models.Index(condition=models.Q(('state', 'here')), fields=['location', 'id'], name='serial_at_place')],
                'constraints': [models.UniqueConstraint(fields=('variant', 'code'), name='serial_once'), models.CheckConstraint(condition=models.Q(('code__regex', '^[!-`{-~]{1,64}$')), name='serial_spelt'), models.CheckConstraint(condition=models.Q(('state__in', ['here', 'sent', 'gone'])), name='serial_state'), models.CheckConstraint(condition=models.Q(models.Q(('location__isnull', False), ('state', 'here')), models.Q(models.Q(('state', 'here'), _negated=True), ('location__isnull', True)), _connector='OR'), name='serial_lies_somewhere'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'gone'), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('state', 'gone'), _negated=True), ('reason', '')), _connector='OR'), name='serial_gone_why')],
            },
        ),
    ]
