"""Names of products are found by any part of them, without regard to case and accents (core/search/folding.py)."""

from django.db import migrations

FUNCTION = r"""
CREATE FUNCTION catalog_folded(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.translate(
        pg_catalog.regexp_replace(pg_catalog.normalize(pg_catalog.lower(given), 'NFKD'), '[\u0300-\u036f]', '', 'g'),
        'øłđðı', 'olddi'), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss')
"""
INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS product_names_by_parts ON catalog_product
USING gin (catalog_folded(names::text) gin_trgm_ops)
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0001_initial"), ("core", "0007_search")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION catalog_folded(text)"),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS product_names_by_parts"),
    ]
