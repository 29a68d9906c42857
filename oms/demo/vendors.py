"""What a vendor of the demo company brings in time: three products have terms, and one of them was sold so and is to be
ordered."""

from datetime import datetime, time
from decimal import Decimal

from catalog.services import set_pre_order
from core.actors import SYSTEM
from fulfillment.routing import route
from inventory.models import Location, Stock
from oms.demo.buying import BUYER
from oms.demo.waiting import ASKED, UNITS, few, place
from orders.models import Channel, Order
from purchasing.models import Vendor
from purchasing.terms import Terms, make_terms

CODE = "CIRE"
LEAD_DAYS, PROMISED, PACK = (3, 5, 8), 24, 6


def sell_ahead(now: datetime) -> None:
    """Set it all up, once."""
    channel = Channel.objects.filter(code="web", is_active=True).first()
    vendor = Vendor.objects.filter(code=CODE).first()
    if channel is None or vendor is None or vendor.terms.exists():
        return
    scarce = few(channel)
    for (variant, _units), days in zip(scarce, LEAD_DAYS, strict=False):
        stock = Stock.objects.filter(variant=variant, location__kind=Location.Kind.WAREHOUSE).order_by("location__code")
        terms = Terms(
            days, round(variant.standard_cost * Decimal("0.96"), 2), PACK, PACK, PROMISED, order_until=time(14)
        )
        make_terms(vendor.pk, variant.sku, stock[0].location_id, terms, actor=BUYER)
    if scarce and not Order.objects.filter(external_id=ASKED).exists():
        variant, units = scarce[0]
        set_pre_order(variant.pk, True, actor=BUYER)
        route([place(ASKED, now, [(variant, units + UNITS)])], actor=SYSTEM)
