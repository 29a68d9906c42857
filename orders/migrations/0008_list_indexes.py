from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform

OPEN = ("placed", "on_hold", "backordered", "processing", "partially_shipped")


class Migration(migrations.Migration):
    """Each filter of the list of orders is answered in the order of the list, however many orders there are."""

    atomic = False

    dependencies = [("orders", "0007_channel_time_zone")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=["status", "placed_at", "id"], name="order_status_placed")),
        AddIndexConcurrently("order", models.Index(fields=["channel", "placed_at", "id"], name="order_channel_placed")),
        AddIndexConcurrently(
            "order",
            models.Index(
                KeyTransform("country", "shipping_address"), F("placed_at"), F("id"), name="order_country_placed"
            ),
        ),
        AddIndexConcurrently("order", models.Index(fields=["total", "id"], name="order_total")),
        AddIndexConcurrently(
            "order",
            models.Index(fields=["promise_latest", "id"], condition=Q(status__in=OPEN), name="order_open_promise"),
        ),
        AddIndexConcurrently(
            "order",
            models.Index(fields=["total", "id"], condition=Q(status__in=OPEN), name="order_open_total"),
        ),
        AddIndexConcurrently(
            "orderline",
            models.Index(fields=["order"], condition=Q(backordered__gt=0), name="order_line_backordered"),
        ),
        RemoveIndexConcurrently("order", "order_status"),
        RemoveIndexConcurrently("order", "order_channel"),
    ]
