from django.db import migrations


class Migration(migrations.Migration):
    """Each delivery changes three times and is then left alone: room in its page, and an early clean-up, whatever lies there
    already. Vacuum's own measure, a fifth of the table, would come later and later as history grows."""

    dependencies = [("core", "0004_work_indexes")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE core_delivery SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0,"
            " autovacuum_vacuum_threshold = 20000)",
            "ALTER TABLE core_delivery RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
        ),
    ]
