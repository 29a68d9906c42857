"""The built-in roles; grants name roles that exist; somebody is always left who may manage people."""

from django.db import migrations

GUARDS = """
INSERT INTO core_role (id, code, name, description, built_in, manages_people, version)
SELECT gen_random_uuid(), code, '', '', true, code = 'admin', 1
FROM unnest(ARRAY['clerk', 'store', 'warehouse', 'planner', 'operations', 'finance', 'manager', 'admin']) AS code
ON CONFLICT (code) DO NOTHING;

DELETE FROM core_grant WHERE role NOT IN (SELECT code FROM core_role);
ALTER TABLE core_grant ADD CONSTRAINT grant_role FOREIGN KEY (role) REFERENCES core_role (code) NOT VALID;
ALTER TABLE core_grant VALIDATE CONSTRAINT grant_role;

CREATE FUNCTION core_keep_built_in_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.built_in THEN
            RAISE EXCEPTION 'The role % is built in: it can be changed and reset, but stays', OLD.code
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'role_built_in_stays';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.code <> NEW.code OR OLD.built_in <> NEW.built_in THEN
        RAISE EXCEPTION 'The role % keeps its code', OLD.code
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'role_keeps_code';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER built_in_role_stays BEFORE UPDATE OR DELETE ON core_role
    FOR EACH ROW EXECUTE FUNCTION core_keep_built_in_role();

-- Looked at when the transaction ends, one transaction after the other: two that each take one of the last two
-- administrators away would otherwise both see the one that the other takes.
CREATE FUNCTION core_require_administrator() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('core.administrator'));
    IF NOT EXISTS (
        SELECT FROM core_grant g
        JOIN core_role r ON r.code = g.role AND r.manages_people
        JOIN auth_user u ON u.id = g.user_id AND u.is_active
        WHERE g.location_id IS NULL
    ) AND NOT EXISTS (SELECT FROM auth_user WHERE is_superuser AND is_active) THEN
        RAISE EXCEPTION 'Nobody would be left who may manage people'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrator_left';
    END IF;
END $$;

CREATE FUNCTION core_grant_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM core_role WHERE code = OLD.role AND manages_people)
       AND NOT EXISTS (SELECT FROM auth_user WHERE id = OLD.user_id AND NOT is_active) THEN
        PERFORM core_require_administrator();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER administrator_left AFTER UPDATE OR DELETE ON core_grant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.location_id IS NULL) EXECUTE FUNCTION core_grant_taken();

CREATE FUNCTION core_role_weakened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM core_grant g JOIN auth_user u ON u.id = g.user_id AND u.is_active
               WHERE g.role = OLD.code AND g.location_id IS NULL) THEN
        PERFORM core_require_administrator();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER administrator_left AFTER UPDATE ON core_role
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.manages_people AND NOT NEW.manages_people)
    EXECUTE FUNCTION core_role_weakened();

CREATE FUNCTION core_person_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_superuser OR EXISTS (
        SELECT FROM core_grant g JOIN core_role r ON r.code = g.role AND r.manages_people
        WHERE g.user_id = OLD.id AND g.location_id IS NULL) THEN
        PERFORM core_require_administrator();
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER administrator_left AFTER UPDATE ON auth_user
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.is_active AND (NOT NEW.is_active OR OLD.is_superuser AND NOT NEW.is_superuser))
    EXECUTE FUNCTION core_person_gone();
CREATE CONSTRAINT TRIGGER administrator_left_at_all AFTER DELETE ON auth_user
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_active AND OLD.is_superuser)
    EXECUTE FUNCTION core_person_gone();
"""

UNGUARDED = """
DROP TRIGGER administrator_left_at_all ON auth_user;
DROP TRIGGER administrator_left ON auth_user;
DROP FUNCTION core_person_gone();
DROP TRIGGER administrator_left ON core_role;
DROP FUNCTION core_role_weakened();
DROP TRIGGER administrator_left ON core_grant;
DROP FUNCTION core_grant_taken();
DROP FUNCTION core_require_administrator();
DROP TRIGGER built_in_role_stays ON core_role;
DROP FUNCTION core_keep_built_in_role();
ALTER TABLE core_grant DROP CONSTRAINT grant_role;
DELETE FROM core_role WHERE built_in;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0011_people"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunSQL(GUARDS, UNGUARDED)]
