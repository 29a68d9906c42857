"""A stock row that is made while its article begins to ask for lots is broken down too; and units that are in quarantine
for the sake of their lot are marked as such."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION inventory_stock_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Waits for whoever switches lots on just now, and keeps others from it until this row is there to be seen.
    PERFORM FROM catalog_variant WHERE id = NEW.variant_id FOR SHARE;
    UPDATE inventory_stock SET is_detailed = true
    WHERE id = NEW.id AND NOT is_detailed
      AND EXISTS (SELECT FROM catalog_variant WHERE id = NEW.variant_id AND tracks_lots);
    RETURN NULL;
END $$;
CREATE TRIGGER stock_begun AFTER INSERT ON inventory_stock FOR EACH ROW WHEN (NOT NEW.is_detailed)
    EXECUTE FUNCTION inventory_stock_begun();

ALTER TABLE inventory_holdingmove DISABLE TRIGGER holdingmove_kept;
UPDATE inventory_holdingmove p SET note = 'lot' FROM inventory_movement m, inventory_lot l
WHERE m.id = p.movement_id AND m.reason = 'condition' AND l.id = p.lot_id AND p.note = ''
  AND starts_with(m.note, l.code || ': ');
ALTER TABLE inventory_holdingmove ENABLE TRIGGER holdingmove_kept;
"""
BACKWARD = """
DROP TRIGGER stock_begun ON inventory_stock;
DROP FUNCTION inventory_stock_begun;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0041_lot_indexes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
