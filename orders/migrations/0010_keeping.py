"""How long stock is kept for orders that are held, and a view of what is kept until when."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import core.ids

HOURS = {"price": 72, "fraud_review": 72, "address": 72, "duplicate": 48, "credit": 72, "manual": 168}
"""For all channels, until somebody sets others."""

VIEW = """
CREATE VIEW orders_keptorder AS
SELECT o.id, o.id AS order_id, h.held_since, h.kinds, h.keep_until, h.pay_until,
       least(h.keep_until, h.pay_until) AS until, h.let_go_at, u.units, u.waiting
FROM (
    SELECT h.order_id, min(h.opened_at) AS held_since, string_agg(h.kind, ' ' ORDER BY h.opened_at) AS kinds, k.let_go_at,
           CASE WHEN count(r.hours) > 0 THEN
               greatest(min(h.opened_at + r.hours * interval '1 hour'), k.extended_until) END AS keep_until,
           CASE WHEN count(c.payment_hours) FILTER (WHERE h.kind = 'payment') > 0 THEN
               greatest(min(h.opened_at + c.payment_hours * interval '1 hour') FILTER (WHERE h.kind = 'payment'),
                        k.extended_until) END AS pay_until
    FROM orders_hold h
    JOIN orders_order o ON o.id = h.order_id JOIN orders_channel c ON c.id = o.channel_id
    LEFT JOIN orders_keeping k ON k.order_id = h.order_id
    LEFT JOIN LATERAL (
        SELECT r.hours FROM orders_keepingrule r
        WHERE r.kind = h.kind AND (r.channel_id = o.channel_id OR r.channel_id IS NULL)
        ORDER BY r.channel_id IS NULL LIMIT 1) r ON h.kind <> 'payment'
    WHERE h.status = 'open' AND NOT c.is_history
      AND o.status IN ('placed', 'on_hold', 'backordered', 'processing', 'partially_shipped')
    GROUP BY h.order_id, k.let_go_at, k.extended_until) h
JOIN orders_order o ON o.id = h.order_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.reserved), 0)::int AS units, coalesce(sum(l.backordered), 0)::int AS waiting
    FROM orders_orderline l WHERE l.order_id = o.id AND l.is_stocked) u
"""


# What is held when the rules come is kept for a week from then on: nobody knew of a deadline. Of a payment there always
# was one, which moves only where an order is held for something else as well.
GRACE = """
INSERT INTO orders_keeping (order_id, extended_until)
SELECT DISTINCT h.order_id, now() + interval '7 days' FROM orders_hold h
WHERE h.status = 'open' AND h.kind <> 'payment'
"""


def add_rules(apps: Any, schema_editor: Any) -> None:
    """What each kind of hold is given until somebody decides otherwise."""
    rule = apps.get_model("orders", "KeepingRule")
    rule.objects.bulk_create(rule(kind=kind, hours=hours) for kind, hours in HOURS.items())


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_list_indexes")]

    operations = [
        migrations.CreateModel(
            name="KeepingRule",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("hours", models.PositiveSmallIntegerField(null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orders.channel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["kind", "channel"], nulls_distinct=False, name="keeping_rule_once"),
                    models.CheckConstraint(
                        condition=Q(hours=None) | Q(hours__gte=1, hours__lte=720), name="keeping_rule_hours"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Keeping",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="keeping",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("extended_until", models.DateTimeField(null=True)),
                ("let_go_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(let_go_at__isnull=False), fields=["let_go_at"], name="keeping_let_go"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="KeptOrder",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="kept",
                        to="orders.order",
                    ),
                ),
                ("held_since", models.DateTimeField()),
                ("kinds", models.TextField()),
                ("keep_until", models.DateTimeField(null=True)),
                ("pay_until", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("let_go_at", models.DateTimeField(null=True)),
                ("units", models.IntegerField()),
                ("waiting", models.IntegerField()),
            ],
            options={"db_table": "orders_keptorder", "managed": False},
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunSQL(GRACE, migrations.RunSQL.noop),
        migrations.RunSQL(VIEW, "DROP VIEW orders_keptorder"),
    ]
