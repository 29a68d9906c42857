"""Rows of work and parcels change several times in their first days: pages keep room, so that indexes need not follow."""

from django.db import migrations

TABLES = ("fulfillmentorder", "fulfillmentline", "shipment", "shipmentline")


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0002_numbers")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE fulfillment_{table} SET (fillfactor = 60)",
            f"ALTER TABLE fulfillment_{table} RESET (fillfactor)",
        )
        for table in TABLES
    ]
