"""What the database itself keeps true about purchases: what came is what the receipts say, and these are never changed."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE purchasing_order_number START 1001;
CREATE SEQUENCE purchasing_receipt_number START 1001;

CREATE FUNCTION purchasing_receipt_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE purchasing_purchaseline l SET received = l.received + n.received, damaged = l.damaged + n.damaged
    FROM (SELECT line_id, sum(received) AS received, sum(damaged) AS damaged FROM new_rows GROUP BY line_id) n
    WHERE l.id = n.line_id;
    IF EXISTS (SELECT FROM new_rows n JOIN purchasing_receipt r ON r.id = n.receipt_id
               JOIN purchasing_purchaseline l ON l.id = n.line_id
               WHERE l.purchase_order_id <> r.purchase_order_id) THEN
        RAISE EXCEPTION 'a receipt brings lines of its own order only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'receiptline_of_its_order';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_applied AFTER INSERT ON purchasing_receiptline
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION purchasing_receipt_applied();

CREATE FUNCTION purchasing_receipt_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'receipts are never changed: correct the stock instead'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER receipt_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON purchasing_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION purchasing_receipt_kept();
CREATE TRIGGER receiptline_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON purchasing_receiptline
    FOR EACH STATEMENT EXECUTE FUNCTION purchasing_receipt_kept();

CREATE FUNCTION purchasing_line_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what came of a purchase line changes by receipts only'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER line_counted_update BEFORE UPDATE ON purchasing_purchaseline FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND (NEW.received, NEW.damaged) IS DISTINCT FROM (OLD.received, OLD.damaged))
    EXECUTE FUNCTION purchasing_line_counted();
CREATE TRIGGER line_counted_insert BEFORE INSERT ON purchasing_purchaseline FOR EACH ROW
    WHEN ((NEW.received, NEW.damaged) <> (0, 0)) EXECUTE FUNCTION purchasing_line_counted();
"""
BACKWARD = """
DROP TRIGGER line_counted_insert ON purchasing_purchaseline;
DROP TRIGGER line_counted_update ON purchasing_purchaseline;
DROP FUNCTION purchasing_line_counted;
DROP TRIGGER receiptline_kept ON purchasing_receiptline;
DROP TRIGGER receipt_kept ON purchasing_receipt;
DROP FUNCTION purchasing_receipt_kept;
DROP TRIGGER receipt_applied ON purchasing_receiptline;
DROP FUNCTION purchasing_receipt_applied;
DROP SEQUENCE purchasing_receipt_number;
DROP SEQUENCE purchasing_order_number;
"""


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
