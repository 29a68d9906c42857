from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

OPEN = ("planned", "released", "accepted", "picking", "packed")
MOVING = (
    "draft",
    "labelled",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "available_for_pickup",
    "exception",
    "lost",
    "returned_to_sender",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("fulfillment", "0005_labels_later")]

    operations = [
        AddIndexConcurrently(
            "fulfillmentorder",
            models.Index(fields=["status", "order"], condition=Q(status__in=OPEN), name="fulfillment_open"),
        ),
        AddIndexConcurrently("shipment", models.Index(fields=["created_at", "id"], name="shipment_by_age")),
        AddIndexConcurrently(
            "shipment", models.Index(fields=["status", "id"], condition=Q(status__in=MOVING), name="shipment_moving")
        ),
    ]
