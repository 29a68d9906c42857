"""Lots are looked up as they are scanned, whatever their case; and what a lot came from by the lot."""

from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0040_lots_on_their_way")]

    operations = [
        AddIndexConcurrently("lot", models.Index(OpClass(Upper("code"), "text_pattern_ops"), name="lot_scanned")),
        AddIndexConcurrently(
            "holdingmove",
            models.Index(
                fields=["lot"],
                condition=models.Q(lot__isnull=False, movement__isnull=False, quantity__gt=0),
                name="holdingmove_brought",
            ),
        ),
    ]
