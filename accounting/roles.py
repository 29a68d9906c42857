"""What an account is for. Postings name roles; a chart of accounts maps each role to one of its accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The purposes that postings book to; one account serves each (see `ChartRole`)."""

    ACCOUNTS_RECEIVABLE = "accounts_receivable", _("Accounts receivable")
    PAYMENT_CLEARING = "payment_clearing", _("Payment clearing")
    CUSTOMER_DEPOSITS = "customer_deposits", _("Customer deposits")
    REVENUE = "revenue", _("Revenue")
    SHIPPING_REVENUE = "shipping_revenue", _("Shipping revenue")
    TAX_PAYABLE = "tax_payable", _("Tax payable")
    COST_OF_GOODS_SOLD = "cost_of_goods_sold", _("Cost of goods sold")
    INVENTORY = "inventory", _("Inventory")
    INVENTORY_IN_TRANSIT = "inventory_in_transit", _("Inventory in transit")
    OPENING_EQUITY = "opening_equity", _("Opening equity")
    GOODS_RECEIVED_NOT_INVOICED = "goods_received_not_invoiced", _("Goods received not invoiced")
    PRICE_VARIANCE = "price_variance", _("Purchase price variance")
    FREIGHT_OUT = "freight_out", _("Freight out")
    FREIGHT_PAYABLE = "freight_payable", _("Freight payable")
    RETURNS_AND_ALLOWANCES = "returns_and_allowances", _("Returns and allowances")
    FREIGHT_REFUNDED = "freight_refunded", _("Freight refunded")
    REFUND_PAYABLE = "refund_payable", _("Refund payable")
    WRITE_DOWN = "write_down", _("Write-down of goods")
    SHRINKAGE = "shrinkage", _("Shrinkage")
    COUNT_GAIN = "count_gain", _("Count gain")
    VENDOR_ACCRUAL = "vendor_accrual", _("Accrued vendor bills")
    BANK = "bank", _("Bank")
    FX_DIFFERENCE = "fx_difference", _("Exchange difference")
    GOODWILL = "goodwill", _("Goodwill credits")


class Happening(models.TextChoices):
    """The business events that post. With the source document's id it names an entry, once."""

    GOODS_SHIPPED = "goods_shipped", _("Goods shipped")
    PAYMENT_CAPTURED = "payment_captured", _("Payment captured")
    DEPOSIT_RECEIVED = "deposit_received", _("Deposit received")
    DEPOSIT_APPLIED = "deposit_applied", _("Deposit applied")
    COST_OF_GOODS = "cost_of_goods", _("Cost of goods shipped")
    CARRIER_COST = "carrier_cost", _("Carrier cost accrued")
    DROP_SHIP_COST = "drop_ship_cost", _("Drop-ship cost accrued")
    OPENING_STOCK = "opening_stock", _("Opening stock")
    GOODS_RECEIVED = "goods_received", _("Goods received")
    RETURN_ACCEPTED = "return_accepted", _("Return accepted")
    GOODS_BACK = "goods_back", _("Returned goods back in stock")
    REFUND_PAID = "refund_paid", _("Refund paid")
    REFUND_OFFSET = "refund_offset", _("Refund set against the receivable")
    STOCK_COUNT = "stock_count", _("Stock count")
    TRANSFER_SENT = "transfer_sent", _("Transfer sent")
    TRANSFER_RECEIVED = "transfer_received", _("Transfer received")
    TRANSFER_LOST = "transfer_lost", _("Lost in transit")
    GOODS_WRITTEN_DOWN = "goods_written_down", _("Goods written down")
    GOODS_REVALUED = "goods_revalued", _("Goods revalued")
    REVERSAL = "reversal", _("Reversal")
