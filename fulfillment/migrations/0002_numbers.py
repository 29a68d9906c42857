"""Tracking numbers of the built-in carrier come from a sequence."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE fulfillment_parcel START 1000001 CACHE 1", "DROP SEQUENCE fulfillment_parcel"
        ),
    ]
