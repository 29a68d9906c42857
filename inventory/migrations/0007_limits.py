"""Units set aside, caps, safety by rule. The sums that other rows keep are kept by the database."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.utils.timezone
from django.db import migrations, models

import core.ids

FORWARD = """
CREATE FUNCTION inventory_fence_draws_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE inventory_fence SET taken = taken - OLD.quantity WHERE id = OLD.fence_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE inventory_fence SET taken = taken + NEW.quantity WHERE id = NEW.fence_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fence_draws_added AFTER INSERT OR UPDATE OR DELETE ON inventory_fencedraw
    FOR EACH ROW EXECUTE FUNCTION inventory_fence_draws_added();

CREATE FUNCTION inventory_fences_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.unused <> 0 THEN
        UPDATE inventory_stock SET fenced = fenced - OLD.unused WHERE id = OLD.stock_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.unused <> 0 THEN
        UPDATE inventory_stock SET fenced = fenced + NEW.unused WHERE id = NEW.stock_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fences_added AFTER INSERT OR UPDATE OR DELETE ON inventory_fence
    FOR EACH ROW EXECUTE FUNCTION inventory_fences_added();

CREATE FUNCTION inventory_fence_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a fence has given changes by its draws only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER fence_taken BEFORE UPDATE ON inventory_fence FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND NEW.taken <> OLD.taken) EXECUTE FUNCTION inventory_fence_taken();

CREATE FUNCTION inventory_stock_fenced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is set aside at a stock row changes by its fences only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stock_fenced BEFORE UPDATE ON inventory_stock FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND NEW.fenced <> OLD.fenced) EXECUTE FUNCTION inventory_stock_fenced();

CREATE FUNCTION inventory_cap_draws_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE inventory_cap SET used = used - OLD.quantity WHERE id = OLD.cap_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE inventory_cap SET used = used + NEW.quantity WHERE id = NEW.cap_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cap_draws_added AFTER INSERT OR UPDATE OR DELETE ON inventory_capdraw
    FOR EACH ROW EXECUTE FUNCTION inventory_cap_draws_added();

CREATE FUNCTION inventory_cap_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'what is used of a cap changes by its draws only'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.used > OLD.used AND NEW.used > NEW.most THEN
        RAISE EXCEPTION 'the cap is %, % cannot be sold', NEW.most, NEW.used
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cap_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cap_used BEFORE UPDATE ON inventory_cap FOR EACH ROW
    WHEN (NEW.used <> OLD.used) EXECUTE FUNCTION inventory_cap_used();
"""

BACKWARD = """
DROP TRIGGER cap_used ON inventory_cap;
DROP FUNCTION inventory_cap_used;
DROP TRIGGER cap_draws_added ON inventory_capdraw;
DROP FUNCTION inventory_cap_draws_added;
DROP TRIGGER stock_fenced ON inventory_stock;
DROP FUNCTION inventory_stock_fenced;
DROP TRIGGER fence_taken ON inventory_fence;
DROP FUNCTION inventory_fence_taken;
DROP TRIGGER fences_added ON inventory_fence;
DROP FUNCTION inventory_fences_added;
DROP TRIGGER fence_draws_added ON inventory_fencedraw;
DROP FUNCTION inventory_fence_draws_added;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_by_beginning'),
        ('inventory', '0006_repair'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cap',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel_id', models.UUIDField()),
                ('most', models.IntegerField()),
                ('used', models.IntegerField(db_default=0, default=0)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='CapDraw',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('demand_key', models.UUIDField()),
                ('quantity', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Fence',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel_id', models.UUIDField()),
                ('units', models.IntegerField()),
                ('taken', models.IntegerField(db_default=0, default=0)),
                ('gone', models.IntegerField(db_default=0, default=0)),
                ('unused', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Greatest(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('units'), '-', models.F('taken')), '-', models.F('gone')), 0), output_field=models.IntegerField())),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='FenceDraw',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('demand_key', models.UUIDField()),
                ('quantity', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='SafetyRule',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('location_kind', models.TextField(blank=True, default='')),
                ('category', models.TextField(blank=True, default='')),
                ('units', models.IntegerField(default=0)),
                ('days', models.SmallIntegerField(default=0)),
                ('weeks', models.SmallIntegerField(default=8)),
            ],
        ),
        migrations.AddField(
            model_name='stock',
            name='fenced',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='stock',
            name='safety_from',
            field=models.TextField(blank=True, choices=[('hand', 'Hand'), ('rule', 'Rule')], db_default='', default=''),
        ),
        migrations.AddField(
            model_name='stock',
            name='withheld',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name='stock',
            constraint=models.CheckConstraint(condition=models.Q(('fenced__gte', 0)), name='stock_fenced'),
        ),
        migrations.AddField(
            model_name='cap',
            name='variant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='catalog.variant'),
        ),
        migrations.AddField(
            model_name='capdraw',
            name='cap',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='draws', to='inventory.cap'),
        ),
        migrations.AddField(
            model_name='fence',
            name='stock',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='fences', to='inventory.stock'),
        ),
        migrations.AddField(
            model_name='fencedraw',
            name='fence',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='draws', to='inventory.fence'),
        ),
        migrations.AddField(
            model_name='safetyrule',
            name='location',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='inventory.location'),
        ),
        migrations.AddConstraint(
            model_name='cap',
            constraint=models.UniqueConstraint(fields=('variant', 'channel_id'), name='cap_once'),
        ),
        migrations.AddConstraint(
            model_name='cap',
            constraint=models.CheckConstraint(condition=models.Q(('most__gte', 0), ('used__gte', 0)), name='cap_not_negative'),
        ),
        migrations.AddIndex(
            model_name='capdraw',
            index=models.Index(fields=['cap'], name='cap_draws'),
        ),
        migrations.AddConstraint(
            model_name='capdraw',
            constraint=models.UniqueConstraint(fields=('demand_key', 'cap'), name='cap_draw_once'),
        ),
        migrations.AddConstraint(
            model_name='capdraw',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='cap_draw_positive'),
        ),
        migrations.AddConstraint(
            model_name='fence',
            constraint=models.UniqueConstraint(fields=('stock', 'channel_id'), name='fence_once'),
        ),
        migrations.AddConstraint(
            model_name='fence',
            constraint=models.CheckConstraint(condition=models.Q(('gone__gte', 0), ('taken__gte', 0), ('units__gt', 0)), name='fence_not_negative'),
        ),
        migrations.AddIndex(
            model_name='fencedraw',
            index=models.Index(fields=['fence'], name='fence_draws'),
        ),
        migrations.AddConstraint(
            model_name='fencedraw',
            constraint=models.UniqueConstraint(fields=('demand_key', 'fence'), name='fence_draw_once'),
        ),
        migrations.AddConstraint(
            model_name='fencedraw',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='fence_draw_positive'),
        ),
        migrations.AddConstraint(
            model_name='safetyrule',
            constraint=models.UniqueConstraint(fields=('location', 'location_kind', 'category'), name='safety_rule_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='safetyrule',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 0), ('days__lte', 365), ('units__gte', 0), ('weeks__gte', 1), ('weeks__lte', 52)), name='safety_rule_within'),
        ),
        migrations.AddConstraint(
            model_name='safetyrule',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0), ('days__gt', 0), _connector='OR'), name='safety_rule_keeps_something'),
        ),
        migrations.AddConstraint(
            model_name='safetyrule',
            constraint=models.CheckConstraint(condition=models.Q(('location', None), ('location_kind', ''), _connector='OR'), name='safety_rule_one_place'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
