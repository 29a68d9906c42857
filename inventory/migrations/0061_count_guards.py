"""What the database itself keeps true about counts: what was scanned stays, and so does what became of it."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE inventory_count_number START 1001;

CREATE FUNCTION inventory_count_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was counted is never changed: count again'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER countentry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_countentry
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_count_kept();
CREATE TRIGGER countline_kept BEFORE UPDATE ON inventory_countline FOR EACH ROW
    WHEN (OLD.status IN ('right', 'posted', 'declined', 'outdated')) EXECUTE FUNCTION inventory_count_kept();
CREATE TRIGGER countline_stays BEFORE DELETE OR TRUNCATE ON inventory_countline
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_count_kept();
"""
BACKWARD = """
DROP TRIGGER countline_stays ON inventory_countline;
DROP TRIGGER countline_kept ON inventory_countline;
DROP TRIGGER countentry_kept ON inventory_countentry;
DROP FUNCTION inventory_count_kept;
DROP SEQUENCE inventory_count_number;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0060_cycle_counts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
