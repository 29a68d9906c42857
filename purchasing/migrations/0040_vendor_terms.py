"""On which terms a vendor brings an article, and what of a purchase was promised before it was ordered."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("purchasing", "0020_receipt_rate"),
        ("inventory", "0080_supply_to_order"),
        ("catalog", "0003_by_beginning"),
    ]
    operations = [
        migrations.CreateModel(
            name="VendorTerms",
            fields=[
                ("id", models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("lead_days", models.SmallIntegerField()),
                ("order_until", models.TimeField(null=True)),
                ("price", models.DecimalField(decimal_places=4, max_digits=14)),
                ("minimum", models.IntegerField(default=1)),
                ("pack", models.IntegerField(default=1)),
                ("promised_units", models.IntegerField(default=0)),
                ("allowed", models.IntegerField(default=0)),
                ("version", models.IntegerField(default=1)),
                ("location", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="vendor_terms", to="inventory.location")),
                ("variant", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="vendor_terms", to="catalog.variant")),
                ("vendor", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="terms", to="purchasing.vendor")),
            ],
            options={
                "verbose_name_plural": "vendor terms",
                "constraints": [
                    models.UniqueConstraint(fields=("vendor", "variant", "location"), name="vendorterms_once"),
                    models.CheckConstraint(condition=Q(lead_days__gte=0, lead_days__lte=365, price__gte=0, minimum__gte=1, pack__gte=1), name="vendorterms_bounds"),
                    models.CheckConstraint(condition=Q(promised_units__gte=0, allowed__gte=F("promised_units")), name="vendorterms_promised"),
                ],
            },
        ),
        migrations.AddField("purchaseline", "promised", models.IntegerField(default=0, db_default=0)),
        migrations.AddConstraint(
            "purchaseline",
            models.CheckConstraint(
                condition=Q(promised__gte=0, promised__lte=F("ordered")), name="purchaseline_promised"
            ),
        ),
    ]
