from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Q
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """Labels of what is about no order are found by any part of them."""

    atomic = False

    dependencies = [("accounting", "0003_chart_of_accounts"), ("core", "0007_search")]

    operations = [
        AddIndexConcurrently(
            "journalentry",
            GinIndex(
                OpClass(Upper("label"), "gin_trgm_ops"), name="journalentry_by_label", condition=Q(about__isnull=True)
            ),
        ),
    ]
