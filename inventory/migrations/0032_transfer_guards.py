"""What the database itself keeps true about transfers: what became of their units is what the steps say."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE inventory_transfer_number START 1001;

CREATE FUNCTION inventory_transfer_step_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n JOIN inventory_transferstep p ON p.id = n.step_id
               JOIN inventory_transferline l ON l.id = n.line_id
               WHERE l.transfer_id <> p.transfer_id OR (n.damaged > 0 AND p.kind <> 'receive')) THEN
        RAISE EXCEPTION 'a step moves lines of its own transfer, and damaged units are only received'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transferstepline_of_its_transfer';
    END IF;
    UPDATE inventory_transferline l
    SET sent = l.sent + n.sent, received = l.received + n.received, damaged = l.damaged + n.damaged,
        written_off = l.written_off + n.written_off
    FROM (
        SELECT x.line_id, coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'send'), 0) AS sent,
               coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'receive'), 0) AS received,
               coalesce(sum(x.damaged) FILTER (WHERE p.kind = 'receive'), 0) AS damaged,
               coalesce(sum(x.sellable) FILTER (WHERE p.kind = 'write_off'), 0) AS written_off
        FROM new_rows x JOIN inventory_transferstep p ON p.id = x.step_id GROUP BY x.line_id) n
    WHERE l.id = n.line_id;
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_step_applied AFTER INSERT ON inventory_transferstepline
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION inventory_transfer_step_applied();

CREATE FUNCTION inventory_transfer_step_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'steps of transfers are never changed: correct the stock instead'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER transferstep_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_transferstep
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_transfer_step_kept();
CREATE TRIGGER transferstepline_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON inventory_transferstepline
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_transfer_step_kept();

CREATE FUNCTION inventory_transfer_line_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what became of a transfer''s units changes by its steps only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER transferline_counted_update BEFORE UPDATE ON inventory_transferline FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND (NEW.sent, NEW.received, NEW.damaged, NEW.written_off)
          IS DISTINCT FROM (OLD.sent, OLD.received, OLD.damaged, OLD.written_off))
    EXECUTE FUNCTION inventory_transfer_line_counted();
CREATE TRIGGER transferline_counted_insert BEFORE INSERT ON inventory_transferline FOR EACH ROW
    WHEN ((NEW.sent, NEW.received, NEW.damaged, NEW.written_off) <> (0, 0, 0, 0))
    EXECUTE FUNCTION inventory_transfer_line_counted();
"""
BACKWARD = """
DROP TRIGGER transferline_counted_insert ON inventory_transferline;
DROP TRIGGER transferline_counted_update ON inventory_transferline;
DROP FUNCTION inventory_transfer_line_counted;
DROP TRIGGER transferstepline_kept ON inventory_transferstepline;
DROP TRIGGER transferstep_kept ON inventory_transferstep;
DROP FUNCTION inventory_transfer_step_kept;
DROP TRIGGER transfer_step_applied ON inventory_transferstepline;
DROP FUNCTION inventory_transfer_step_applied;
DROP SEQUENCE inventory_transfer_number;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0031_transfers")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
