import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import core.ids

GUARDS = """
CREATE FUNCTION inventory_holdings_wrong(wanted uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s: %s %s by its holdings, %s on the books', v.sku, coalesce(h.units, 0), c.condition, c.units)
    FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id
    CROSS JOIN LATERAL (
        VALUES ('sellable', s.on_hand), ('damaged', s.damaged), ('quarantine', s.quarantine)) AS c(condition, units)
    CROSS JOIN LATERAL (
        SELECT sum(h.units) AS units, count(h.lot_id) AS of_lots, count(*) AS every FROM inventory_holding h
        WHERE h.stock_id = s.id AND h.condition = c.condition) h
    WHERE s.id = wanted AND CASE WHEN v.tracks_lots THEN coalesce(h.units, 0) <> c.units OR h.of_lots < h.every
                                 ELSE coalesce(h.units, 0) > c.units OR h.of_lots > 0 END
    LIMIT 1
$$;
CREATE FUNCTION inventory_holdings_agree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    IF TG_TABLE_NAME = 'catalog_variant' THEN
        SELECT inventory_holdings_wrong(s.id) INTO wrong FROM inventory_stock s
        WHERE s.variant_id = NEW.id AND inventory_holdings_wrong(s.id) IS NOT NULL LIMIT 1;
    ELSIF TG_TABLE_NAME = 'inventory_stock' THEN
        wrong := inventory_holdings_wrong(NEW.id);
    ELSE
        wrong := inventory_holdings_wrong(NEW.stock_id);
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = 'holdings_agree';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stock_holdings_agree AFTER UPDATE ON inventory_stock DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.is_detailed AND (NEW.on_hand, NEW.damaged, NEW.quarantine)
                       IS DISTINCT FROM (OLD.on_hand, OLD.damaged, OLD.quarantine))
    EXECUTE FUNCTION inventory_holdings_agree();
CREATE CONSTRAINT TRIGGER stock_holdings_begin AFTER INSERT ON inventory_stock DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.is_detailed) EXECUTE FUNCTION inventory_holdings_agree();
CREATE CONSTRAINT TRIGGER holdingmove_agrees AFTER INSERT ON inventory_holdingmove DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION inventory_holdings_agree();
CREATE CONSTRAINT TRIGGER variant_holdings_agree AFTER UPDATE ON catalog_variant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.tracks_lots <> OLD.tracks_lots) EXECUTE FUNCTION inventory_holdings_agree();

CREATE FUNCTION inventory_stock_detailed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_detailed := NEW.is_detailed OR (SELECT tracks_lots FROM catalog_variant WHERE id = NEW.variant_id);
    RETURN NEW;
END $$;
CREATE TRIGGER stock_detailed BEFORE INSERT ON inventory_stock FOR EACH ROW EXECUTE FUNCTION inventory_stock_detailed();
CREATE FUNCTION inventory_variant_detailed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stock SET is_detailed = true WHERE variant_id = NEW.id AND NOT is_detailed;
    RETURN NULL;
END $$;
CREATE TRIGGER variant_detailed AFTER UPDATE ON catalog_variant FOR EACH ROW
    WHEN (NEW.tracks_lots AND NOT OLD.tracks_lots) EXECUTE FUNCTION inventory_variant_detailed();

CREATE FUNCTION inventory_holdingmove_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows n JOIN inventory_stock s ON s.id = n.stock_id
        LEFT JOIN inventory_bin b ON b.id = n.bin_id LEFT JOIN inventory_lot l ON l.id = n.lot_id
        LEFT JOIN inventory_movement m ON m.id = n.movement_id
        WHERE b.location_id <> s.location_id OR l.variant_id <> s.variant_id OR m.condition <> n.condition
           OR (m.variant_id, m.location_id) <> (s.variant_id, s.location_id)) THEN
        RAISE EXCEPTION 'a bin, lot or movement of something else'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'holdingmove_fits';
    END IF;
    UPDATE inventory_stock s SET is_detailed = true
    WHERE s.id IN (SELECT stock_id FROM new_rows) AND NOT s.is_detailed;
    MERGE INTO inventory_holding h USING (
        SELECT stock_id, condition, bin_id, lot_id, sum(quantity)::int AS quantity FROM new_rows
        GROUP BY stock_id, condition, bin_id, lot_id HAVING sum(quantity) <> 0) m
    ON h.stock_id = m.stock_id AND h.condition = m.condition
       AND h.bin_id IS NOT DISTINCT FROM m.bin_id AND h.lot_id IS NOT DISTINCT FROM m.lot_id
    WHEN MATCHED AND h.units + m.quantity = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET units = h.units + m.quantity
    WHEN NOT MATCHED THEN INSERT (id, stock_id, condition, bin_id, lot_id, units)
        VALUES (gen_random_uuid(), m.stock_id, m.condition, m.bin_id, m.lot_id, m.quantity);
    RETURN NULL;
END $$;
CREATE TRIGGER holdingmove_applied AFTER INSERT ON inventory_holdingmove
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION inventory_holdingmove_applied();

CREATE FUNCTION inventory_holdingmove_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'moves of holdings are append-only: correct one by another'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER holdingmove_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_holdingmove
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_holdingmove_kept();
CREATE FUNCTION inventory_holding_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'holdings change by their moves only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER holding_counted BEFORE INSERT OR UPDATE OR DELETE ON inventory_holding FOR EACH ROW
    WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION inventory_holding_counted();
CREATE TRIGGER holding_not_emptied BEFORE TRUNCATE ON inventory_holding
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_holding_counted();
"""
NO_GUARDS = """
DROP TRIGGER holding_not_emptied ON inventory_holding;
DROP TRIGGER holding_counted ON inventory_holding;
DROP FUNCTION inventory_holding_counted;
DROP TRIGGER holdingmove_kept ON inventory_holdingmove;
DROP FUNCTION inventory_holdingmove_kept;
DROP TRIGGER holdingmove_applied ON inventory_holdingmove;
DROP FUNCTION inventory_holdingmove_applied;
DROP TRIGGER variant_detailed ON catalog_variant;
DROP FUNCTION inventory_variant_detailed;
DROP TRIGGER stock_detailed ON inventory_stock;
DROP FUNCTION inventory_stock_detailed;
DROP TRIGGER variant_holdings_agree ON catalog_variant;
DROP TRIGGER holdingmove_agrees ON inventory_holdingmove;
DROP TRIGGER stock_holdings_begin ON inventory_stock;
DROP TRIGGER stock_holdings_agree ON inventory_stock;
DROP FUNCTION inventory_holdings_agree;
DROP FUNCTION inventory_holdings_wrong;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_tracking'),
        ('inventory', '0010_supply'),
    ]

    operations = [
        migrations.AddField(
            model_name='stock',
            name='is_detailed',
            field=models.BooleanField(db_default=False, default=False, help_text='broken down by bin or lot (holdings)'),
        ),
        migrations.AlterField(
            model_name='movement',
            name='reason',
            field=models.TextField(choices=[('receipt', 'Receipt'), ('shipment', 'Shipment'), ('return', 'Return'), ('adjustment', 'Adjustment'), ('count', 'Count'), ('condition', 'Condition')]),
        ),
        migrations.CreateModel(
            name='Bin',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.TextField()),
                ('barcode', models.TextField(blank=True, default='')),
                ('walk', models.IntegerField(default=0)),
                ('kind', models.TextField(choices=[('pick', 'Pick'), ('reserve', 'Reserve'), ('receiving', 'Receiving'), ('quarantine', 'Quarantine')], default='pick')),
                ('is_active', models.BooleanField(default=True)),
                ('location', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bins', to='inventory.location')),
            ],
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('code', models.TextField()),
                ('expires_on', models.DateField(null=True)),
                ('received_on', models.DateField(null=True)),
                ('vendor', models.TextField(blank=True, default='')),
                ('vendor_lot', models.TextField(blank=True, default='')),
                ('state', models.TextField(choices=[('open', 'Open'), ('quarantined', 'Quarantined'), ('expired', 'Expired')], default='open')),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='catalog.variant')),
            ],
        ),
        migrations.CreateModel(
            name='HoldingMove',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('condition', models.TextField()),
                ('quantity', models.IntegerField()),
                ('source', models.UUIDField(help_text='that of the movement, or the move between bins')),
                ('note', models.TextField(blank=True, default='')),
                ('actor', models.TextField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('bin', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='inventory.bin')),
                ('movement', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='inventory.movement')),
                ('stock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holding_moves', to='inventory.stock')),
                ('lot', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='inventory.lot')),
            ],
        ),
        migrations.CreateModel(
            name='Holding',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('condition', models.TextField()),
                ('units', models.IntegerField()),
                ('bin', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holdings', to='inventory.bin')),
                ('stock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='holdings', to='inventory.stock')),
                ('lot', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holdings', to='inventory.lot')),
            ],
        ),
        migrations.AddIndex(
            model_name='bin',
            index=models.Index(fields=['location', 'walk', 'code'], name='bin_walk'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(fields=('location', 'code'), name='bin_once'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.UniqueConstraint(condition=models.Q(('barcode', ''), _negated=True), fields=('location', 'barcode'), name='bin_barcode_once'),
        ),
        migrations.AddConstraint(
            model_name='bin',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['pick', 'reserve', 'receiving', 'quarantine']), models.Q(('code', ''), _negated=True)), name='bin_named'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['code'], name='lot_code'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(condition=models.Q(('vendor_lot', ''), _negated=True), fields=['vendor_lot'], name='lot_of_vendor'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['expires_on'], name='lot_expires'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.UniqueConstraint(fields=('variant', 'code'), name='lot_once'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'quarantined', 'expired']), models.Q(('code', ''), _negated=True)), name='lot_named'),
        ),
        migrations.AddIndex(
            model_name='holdingmove',
            index=models.Index(fields=['stock', 'at'], name='holdingmove_of_stock'),
        ),
        migrations.AddIndex(
            model_name='holdingmove',
            index=models.Index(condition=models.Q(('movement__isnull', False)), fields=['movement'], name='holdingmove_of_movement'),
        ),
        migrations.AddConstraint(
            model_name='holdingmove',
            constraint=models.UniqueConstraint(condition=models.Q(('movement', None)), fields=('source', 'stock', 'condition', 'bin', 'lot'), name='holdingmove_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='holdingmove',
            constraint=models.CheckConstraint(condition=models.Q(('quantity', 0), _negated=True), name='holdingmove_moves'),
        ),
        migrations.AddConstraint(
            model_name='holdingmove',
            constraint=models.CheckConstraint(condition=models.Q(('bin__isnull', False), ('lot__isnull', False), _connector='OR'), name='holdingmove_tells'),
        ),
        migrations.AddIndex(
            model_name='holding',
            index=models.Index(condition=models.Q(('bin__isnull', False)), fields=['bin'], name='holding_bin'),
        ),
        migrations.AddIndex(
            model_name='holding',
            index=models.Index(condition=models.Q(('lot__isnull', False)), fields=['lot'], name='holding_lot'),
        ),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.UniqueConstraint(fields=('stock', 'condition', 'bin', 'lot'), name='holding_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='holding_units'),
        ),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('condition__in', ('sellable', 'damaged', 'quarantine'))), name='holding_condition'),
        ),
        migrations.AddConstraint(
            model_name='holding',
            constraint=models.CheckConstraint(condition=models.Q(('bin__isnull', False), ('lot__isnull', False), _connector='OR'), name='holding_tells'),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
