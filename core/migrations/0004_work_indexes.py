"""The indexes that relays ask by, made while everything goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0003_work_in_lines")]

    operations = [
        AddIndexConcurrently(
            "delivery",
            models.Index(
                fields=["handler", "due_at"], condition=Q(done_at=None, parked_at=None), name="delivery_to_do"
            ),
        ),
        AddIndexConcurrently(
            "delivery",
            models.Index(fields=["line", "event"], condition=Q(done_at=None) & ~Q(line=""), name="delivery_in_line"),
        ),
        AddIndexConcurrently(
            "delivery",
            models.Index(
                fields=["handler", "parked_at"],
                condition=Q(done_at=None, parked_at__isnull=False),
                name="delivery_parked",
            ),
        ),
        RemoveIndexConcurrently("delivery", "delivery_due"),
    ]
