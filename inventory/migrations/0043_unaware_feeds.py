"""What a feed counts as sellable though its lot is not sold."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Greatest


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0042_lots_in_a_race")]

    operations = [
        migrations.AddField("lastlevel", "apart", models.IntegerField(default=0, db_default=0)),
        migrations.RemoveConstraint("lastlevel", "lastlevel_loses_nothing"),
        AddConstraintNotValid(
            "lastlevel",
            models.CheckConstraint(
                condition=Q(stands=Greatest(0, F("counted") + F("since") + F("apart"))), name="lastlevel_loses_nothing"
            ),
        ),
        ValidateConstraint("lastlevel", "lastlevel_loses_nothing"),
    ]
