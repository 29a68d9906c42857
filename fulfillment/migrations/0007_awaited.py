from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

MOVING = (
    "draft",
    "labelled",
    "shipped",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "available_for_pickup",
    "exception",
    "lost",
    "returned_to_sender",
)


class Migration(migrations.Migration):
    """Parcels that have left are awaited too: whatever is overdue stands in one index, by the day it was expected."""

    atomic = False

    dependencies = [("fulfillment", "0006_lists")]

    operations = [
        AddIndexConcurrently(
            "shipment",
            models.Index(fields=["status", "expected_on"], condition=Q(status__in=MOVING), name="shipment_awaited"),
        ),
        RemoveIndexConcurrently("shipment", "shipment_moving"),
    ]
