"""The database keeps the journal: entries balance, come with all their lines at once, and never change."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION accounting_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The journal is immutable: % of % is refused; post a reversal instead', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- A function keeps its plan for the whole session: one made while the journal was empty would scan it ever after.
CREATE FUNCTION accounting_check_lines() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    bad record;
BEGIN
    -- Lines are numbered from 0 and (entry, position) is unique, so a statement that must bring line 0 of every entry
    -- it touches can be the only one that ever does.
    SELECT l.entry_id, sum(l.debit) - sum(l.credit) AS difference INTO bad
    FROM fresh l GROUP BY l.entry_id
    HAVING sum(l.debit) <> sum(l.credit) OR min(l.position) <> 0 OR max(l.position) <> count(*) - 1
    LIMIT 1;
    IF FOUND AND bad.difference <> 0 THEN
        RAISE EXCEPTION 'Journal entry % is out of balance by %', bad.entry_id, bad.difference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journalentry_balances';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'All lines of journal entry % must come in one statement, numbered from 0', bad.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journalentry_complete';
    END IF;
    PERFORM 1 FROM (SELECT DISTINCT entry_id FROM fresh) l
        WHERE (SELECT true FROM accounting_journalentry e WHERE e.id = l.entry_id) IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'A journal line names no entry' USING ERRCODE = 'foreign_key_violation';
    END IF;
    PERFORM 1 FROM (SELECT DISTINCT account_id FROM fresh) l
        WHERE (SELECT true FROM accounting_account a WHERE a.id = l.account_id) IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'A journal line names no account' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION accounting_check_entries() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    bare uuid;
BEGIN
    SELECT e.id INTO bare FROM fresh e
    -- A scalar subquery stays an index probe per row; NOT EXISTS may become a scan of the whole journal.
    WHERE (SELECT true FROM accounting_journalline l WHERE l.entry_id = e.id AND l.position = 0) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Journal entry % has no lines; insert it and them in one statement', bare
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journalentry_has_lines';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION accounting_keep_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounting_journalline WHERE account_id = OLD.id) THEN
        RAISE EXCEPTION 'Account % has journal lines and cannot be removed', OLD.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER lines_balance AFTER INSERT ON accounting_journalline
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION accounting_check_lines();
CREATE TRIGGER lines_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_journalline
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse_change();
CREATE TRIGGER entries_have_lines AFTER INSERT ON accounting_journalentry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION accounting_check_entries();
CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON accounting_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounting_refuse_change();
CREATE TRIGGER account_with_lines_stays BEFORE DELETE ON accounting_account
    FOR EACH ROW EXECUTE FUNCTION accounting_keep_account();
"""

UNGUARDED = """
DROP TRIGGER account_with_lines_stays ON accounting_account;
DROP TRIGGER entries_never_change ON accounting_journalentry;
DROP TRIGGER entries_have_lines ON accounting_journalentry;
DROP TRIGGER lines_never_change ON accounting_journalline;
DROP TRIGGER lines_balance ON accounting_journalline;
DROP FUNCTION accounting_keep_account();
DROP FUNCTION accounting_check_entries();
DROP FUNCTION accounting_check_lines();
DROP FUNCTION accounting_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounting", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDED)]
