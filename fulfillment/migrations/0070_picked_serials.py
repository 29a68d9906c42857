import django.db.models.deletion
from django.db import migrations, models

import core.ids

GUARDS = """
CREATE FUNCTION fulfillment_pickedserial_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the units of a parcel that has left stay as they are'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'pickedserial_kept';
END $$;
CREATE TRIGGER pickedserial_kept BEFORE UPDATE OR DELETE ON fulfillment_pickedserial FOR EACH ROW
    WHEN (OLD.has_left) EXECUTE FUNCTION fulfillment_pickedserial_kept();
CREATE FUNCTION fulfillment_pickedserial_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line uuid;
BEGIN
    IF TG_TABLE_NAME = 'fulfillment_pickedserial' THEN line := NEW.fulfillment_line_id; ELSE line := NEW.id; END IF;
    IF EXISTS (
        SELECT FROM fulfillment_fulfillmentline w JOIN fulfillment_pickedserial k ON k.fulfillment_line_id = w.id
        WHERE w.id = line GROUP BY w.id HAVING count(*) > w.picked) THEN
        RAISE EXCEPTION 'more serial numbers than units are picked'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pickedserial_fits';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pickedserial_fits AFTER INSERT OR UPDATE ON fulfillment_pickedserial
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fulfillment_pickedserial_fits();
CREATE CONSTRAINT TRIGGER line_pickedserial_fits AFTER UPDATE ON fulfillment_fulfillmentline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.picked < OLD.picked)
    EXECUTE FUNCTION fulfillment_pickedserial_fits();
"""
NO_GUARDS = """
DROP TRIGGER line_pickedserial_fits ON fulfillment_fulfillmentline;
DROP TRIGGER pickedserial_fits ON fulfillment_pickedserial;
DROP FUNCTION fulfillment_pickedserial_fits;
DROP TRIGGER pickedserial_kept ON fulfillment_pickedserial;
DROP FUNCTION fulfillment_pickedserial_kept;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('fulfillment', '0060_waits_by_channel'),
        ('inventory', '0070_serial_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='PickedSerial',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('has_left', models.BooleanField(default=False)),
                ('fulfillment_line', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='serials', to='fulfillment.fulfillmentline')),
                ('serial', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='picked', to='inventory.serialnumber')),
            ],
            options={
                'indexes': [models.Index(fields=['serial', 'id'], name='pickedserial_of_serial')],
                'constraints': [models.UniqueConstraint(fields=('fulfillment_line', 'serial'), name='pickedserial_once'), models.UniqueConstraint(condition=models.Q(('has_left', False)), fields=('serial',), name='pickedserial_in_one_hand')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
