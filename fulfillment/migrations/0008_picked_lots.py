import django.db.models.deletion
from django.db import migrations, models

import core.ids

GUARDS = """
CREATE FUNCTION fulfillment_pickedlot_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the lots of a parcel that has left stay as they are'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'pickedlot_kept';
END $$;
CREATE TRIGGER pickedlot_kept BEFORE UPDATE OR DELETE ON fulfillment_pickedlot FOR EACH ROW
    WHEN (OLD.has_left) EXECUTE FUNCTION fulfillment_pickedlot_kept();
CREATE FUNCTION fulfillment_pickedlot_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line uuid;
BEGIN
    IF TG_TABLE_NAME = 'fulfillment_pickedlot' THEN line := NEW.fulfillment_line_id; ELSE line := NEW.id; END IF;
    IF EXISTS (
        SELECT FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedlot k ON k.fulfillment_line_id = w.id
        WHERE w.id = line GROUP BY w.id HAVING sum(k.quantity) > w.picked) THEN
        RAISE EXCEPTION 'more units of lots than are picked'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pickedlot_fits';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pickedlot_fits AFTER INSERT OR UPDATE ON fulfillment_pickedlot DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fulfillment_pickedlot_fits();
CREATE CONSTRAINT TRIGGER line_pickedlot_fits AFTER UPDATE ON fulfillment_fulfillmentline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.picked < OLD.picked)
    EXECUTE FUNCTION fulfillment_pickedlot_fits();
"""
NO_GUARDS = """
DROP TRIGGER line_pickedlot_fits ON fulfillment_fulfillmentline;
DROP TRIGGER pickedlot_fits ON fulfillment_pickedlot;
DROP FUNCTION fulfillment_pickedlot_fits;
DROP TRIGGER pickedlot_kept ON fulfillment_pickedlot;
DROP FUNCTION fulfillment_pickedlot_kept;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('fulfillment', '0008_backorders_wait'),
        ('inventory', '0020_holdings'),
    ]

    operations = [
        migrations.CreateModel(
            name='PickedLot',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('quantity', models.IntegerField()),
                ('has_left', models.BooleanField(default=False)),
                ('fulfillment_line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='fulfillment.fulfillmentline')),
                ('lot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='picked', to='inventory.lot')),
            ],
            options={
                'indexes': [models.Index(fields=['lot', 'id'], name='pickedlot_of_lot'), models.Index(condition=models.Q(('has_left', False)), fields=['lot'], name='pickedlot_in_hand')],
                'constraints': [models.UniqueConstraint(fields=('fulfillment_line', 'lot'), name='pickedlot_once'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='pickedlot_positive')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
