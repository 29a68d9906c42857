"""The rate at which a receipt was booked is kept on it. Of earlier ones it is that of their day."""

from decimal import Decimal

from django.db import migrations, models

FORWARD = """
ALTER TABLE purchasing_receipt DISABLE TRIGGER receipt_kept;
UPDATE purchasing_receipt r SET rate = k.rate
FROM (
    SELECT DISTINCT ON (x.id) x.id, c.rate
    FROM purchasing_receipt x JOIN purchasing_purchaseorder o ON o.id = x.purchase_order_id
    JOIN accounting_currencyrate c ON c.currency = o.currency AND c.day <= x.received_at::date
    WHERE o.currency <> 'EUR' ORDER BY x.id, c.day DESC) k
WHERE k.id = r.id;
ALTER TABLE purchasing_receipt ENABLE TRIGGER receipt_kept;
"""


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0002_guards"), ("accounting", "0004_labels")]

    operations = [
        migrations.AddField(
            "receipt",
            "rate",
            models.DecimalField(
                max_digits=18,
                decimal_places=8,
                default=Decimal(1),
                db_default=Decimal(1),
                help_text="what one unit of the order's currency was worth in EUR",
            ),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
