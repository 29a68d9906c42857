from django.db import migrations, models


class Migration(migrations.Migration):
    """Units that become damaged are written down."""

    dependencies = [("accounting", "0030_buying_and_moving")]

    operations = [
        migrations.AlterField(
            model_name="journalentry",
            name="event",
            field=models.CharField(choices=[('goods_shipped', 'Goods shipped'), ('payment_captured', 'Payment captured'), ('deposit_received', 'Deposit received'), ('deposit_applied', 'Deposit applied'), ('cost_of_goods', 'Cost of goods shipped'), ('carrier_cost', 'Carrier cost accrued'), ('drop_ship_cost', 'Drop-ship cost accrued'), ('opening_stock', 'Opening stock'), ('goods_received', 'Goods received'), ('return_accepted', 'Return accepted'), ('goods_back', 'Returned goods back in stock'), ('refund_paid', 'Refund paid'), ('refund_offset', 'Refund set against the receivable'), ('stock_count', 'Stock count'), ('transfer_sent', 'Transfer sent'), ('transfer_received', 'Transfer received'), ('transfer_lost', 'Lost in transit'), ('goods_written_down', 'Goods written down'), ('reversal', 'Reversal')], max_length=40, verbose_name="event"),
        ),
    ]
