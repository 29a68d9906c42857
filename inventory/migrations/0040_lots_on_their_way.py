"""Lots in transit, and as a count names them. The database keeps both true."""

import django.db.models.deletion
from django.db import migrations, models

import core.ids

FORWARD = """
CREATE FUNCTION inventory_transfer_lots_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows n JOIN inventory_transferstepline x ON x.id = n.step_line_id
        JOIN inventory_transferline l ON l.id = x.line_id JOIN inventory_lot o ON o.id = n.lot_id
        WHERE o.variant_id <> l.variant_id) THEN
        RAISE EXCEPTION 'a lot of another article'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfersteplot_of_its_article';
    END IF;
    IF EXISTS (
        SELECT FROM inventory_transferstepline x JOIN inventory_transfersteplot k ON k.step_line_id = x.id
        WHERE x.id IN (SELECT step_line_id FROM new_rows)
        GROUP BY x.id HAVING sum(k.sellable) > x.sellable OR sum(k.damaged) > x.damaged) THEN
        RAISE EXCEPTION 'more units of lots than the step moved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfersteplot_fits';
    END IF;
    IF EXISTS (
        SELECT FROM inventory_transferstepline x JOIN inventory_transferstep p ON p.id = x.step_id
        JOIN inventory_transfersteplot k ON k.step_line_id = x.id
        WHERE x.line_id IN (
            SELECT y.line_id FROM new_rows n JOIN inventory_transferstepline y ON y.id = n.step_line_id)
        GROUP BY x.line_id, k.lot_id
        HAVING sum(CASE p.kind WHEN 'send' THEN 1 ELSE -1 END * (k.sellable + k.damaged)) < 0) THEN
        RAISE EXCEPTION 'more units of a lot arrived than had left'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfersteplot_from_nowhere';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_lots_fit AFTER INSERT ON inventory_transfersteplot
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION inventory_transfer_lots_fit();
CREATE TRIGGER transfersteplot_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_transfersteplot
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_transfer_step_kept();
-- What is on its way already, and nothing of it has arrived: its lots are those that left.
INSERT INTO inventory_transfersteplot (id, step_line_id, lot_id, sellable, damaged)
SELECT gen_random_uuid(), x.id, h.lot_id, -sum(h.quantity), 0
FROM inventory_transferline l JOIN inventory_transferstepline x ON x.line_id = l.id
JOIN inventory_transferstep p ON p.id = x.step_id AND p.kind = 'send'
JOIN inventory_movement m ON m.source = p.id AND m.variant_id = l.variant_id
JOIN inventory_holdingmove h ON h.movement_id = m.id AND h.lot_id IS NOT NULL
WHERE l.sent > 0 AND l.in_transit = l.sent GROUP BY x.id, h.lot_id;
"""
BACKWARD = """
DROP TRIGGER transfersteplot_kept ON inventory_transfersteplot;
DROP TRIGGER transfer_lots_fit ON inventory_transfersteplot;
DROP FUNCTION inventory_transfer_lots_fit;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0032_transfer_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='tallyentry',
            name='expires_on',
            field=models.DateField(help_text='the last day of the lot, as the label says it', null=True),
        ),
        migrations.AddField(
            model_name='tallyentry',
            name='lot',
            field=models.TextField(blank=True, db_default='', default='', help_text='its code, as the label says it'),
        ),
        migrations.CreateModel(
            name='TransferStepLot',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sellable', models.IntegerField(default=0)),
                ('damaged', models.IntegerField(default=0)),
                ('lot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transferred', to='inventory.lot')),
                ('step_line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='inventory.transferstepline')),
            ],
            options={
                'indexes': [models.Index(fields=['lot'], name='transfersteplot_of_lot')],
                'constraints': [models.UniqueConstraint(fields=('step_line', 'lot'), name='transfersteplot_once'), models.CheckConstraint(condition=models.Q(('damaged__gte', 0), ('sellable__gte', 0), models.Q(('sellable__gt', 0), ('damaged__gt', 0), _connector='OR')), name='transfersteplot_moves')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
