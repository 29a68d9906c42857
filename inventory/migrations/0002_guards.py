"""What the database itself keeps true about stock: on hand comes from movements, promises never rise above it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION inventory_movement_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        SELECT variant_id, location_id,
               coalesce(sum(quantity) FILTER (WHERE condition = 'sellable'), 0) AS sellable,
               coalesce(sum(quantity) FILTER (WHERE condition = 'damaged'), 0) AS damaged,
               coalesce(sum(quantity) FILTER (WHERE condition = 'quarantine'), 0) AS quarantine
        FROM new_rows GROUP BY variant_id, location_id),
    updated AS (
        UPDATE inventory_stock s
        SET on_hand = s.on_hand + m.sellable, damaged = s.damaged + m.damaged, quarantine = s.quarantine + m.quarantine
        FROM moved m WHERE s.variant_id = m.variant_id AND s.location_id = m.location_id
        RETURNING s.variant_id, s.location_id)
    INSERT INTO inventory_stock (id, variant_id, location_id, on_hand, damaged, quarantine, reserved, allocated, safety)
    SELECT gen_random_uuid(), m.variant_id, m.location_id, m.sellable, m.damaged, m.quarantine, 0, 0, 0 FROM moved m
    WHERE NOT EXISTS (SELECT FROM updated u WHERE u.variant_id = m.variant_id AND u.location_id = m.location_id);
    RETURN NULL;
END $$;
CREATE TRIGGER movement_applied AFTER INSERT ON inventory_movement
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION inventory_movement_applied();

CREATE FUNCTION inventory_movement_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock movements are append-only: correct one by another movement'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER movement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_movement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_movement_kept();

CREATE FUNCTION inventory_stock_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'on hand, damaged and quarantine change by stock movements only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stock_counted_update BEFORE UPDATE ON inventory_stock FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND (NEW.on_hand, NEW.damaged, NEW.quarantine)
          IS DISTINCT FROM (OLD.on_hand, OLD.damaged, OLD.quarantine))
    EXECUTE FUNCTION inventory_stock_counted();
CREATE TRIGGER stock_counted_insert BEFORE INSERT ON inventory_stock FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND (NEW.on_hand, NEW.damaged, NEW.quarantine) <> (0, 0, 0))
    EXECUTE FUNCTION inventory_stock_counted();

CREATE FUNCTION inventory_stock_promised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'only % on hand: % cannot be promised', NEW.on_hand, NEW.reserved + NEW.allocated
        USING ERRCODE = 'check_violation', CONSTRAINT = 'stock_promised';
END $$;
CREATE TRIGGER stock_promised_update BEFORE UPDATE ON inventory_stock FOR EACH ROW
    WHEN (NEW.reserved + NEW.allocated > OLD.reserved + OLD.allocated AND NEW.reserved + NEW.allocated > NEW.on_hand)
    EXECUTE FUNCTION inventory_stock_promised();
CREATE TRIGGER stock_promised_insert BEFORE INSERT ON inventory_stock FOR EACH ROW
    WHEN (NEW.reserved + NEW.allocated > NEW.on_hand)
    EXECUTE FUNCTION inventory_stock_promised();
"""

BACKWARD = """
DROP TRIGGER stock_promised_insert ON inventory_stock;
DROP TRIGGER stock_promised_update ON inventory_stock;
DROP FUNCTION inventory_stock_promised;
DROP TRIGGER stock_counted_insert ON inventory_stock;
DROP TRIGGER stock_counted_update ON inventory_stock;
DROP FUNCTION inventory_stock_counted;
DROP TRIGGER movement_kept ON inventory_movement;
DROP FUNCTION inventory_movement_kept;
DROP TRIGGER movement_applied ON inventory_movement;
DROP FUNCTION inventory_movement_applied;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
