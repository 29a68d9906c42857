from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

TO_WATCH = ("pending", "requires_action", "unknown", "failed", "expired")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0003_attempts")]

    operations = [
        AddIndexConcurrently("payment", models.Index(fields=["created_at", "id"], name="payment_by_age")),
        AddIndexConcurrently(
            "payment",
            models.Index(fields=["status", "order"], condition=Q(status__in=TO_WATCH), name="payment_to_watch"),
        ),
    ]
