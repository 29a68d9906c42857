"""The demo company on a small scale: the same functions, fewer orders. Something stands at every stage."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from accounting.models import JournalEntry
from catalog.services import set_serials
from core.actors import SYSTEM, Actor
from core.ids import new_id
from core.incidents import open_incident
from fulfillment.models import FulfillmentLine, FulfillmentOrder, Shipment
from integrations.services import create_api_key
from inventory.counts import counting as count
from inventory.counts.counting import What
from inventory.models import CountLine, FeedMessage, Holding, Lot, SerialNumber, StockCount, Supply, Transfer
from inventory.tallies import counting
from inventory.tallies.counting import Entry
from oms.demo.build import build
from oms.demo.feeds import PARTNER, TILLS
from oms.demo.supplies import LATE
from orders.models import Order
from orders.tracking import token_of
from purchasing.models import PurchaseOrder, VendorTerms
from returns.models import Return

PASSWORD = "demo"
ORDERS = 160
DAYS_AT_A_TIME = 15
PACKED_BY_TESTS = ("JARD-04", "HOUS-01")
"""Products of the tests' own orders, which are packed without serial numbers."""


@dataclass(frozen=True)
class Company:
    """The key of its API with all scopes, and by name the addresses of things worth looking at."""

    api_key: str
    places: dict[str, str]


def open_company() -> Company:
    """Sets the company up in the database that Django is led to."""
    with override_settings(DEMO_PASSWORD=PASSWORD):
        build(ORDERS, timezone.now(), lambda done: None, days_at_a_time=DAYS_AT_A_TIME)
    places = _orders() | _work() | _others() | _feeds() | _bins() | _supplied()
    places |= _counts() | _numbered()
    return Company(create_api_key("browser", ["all"], actor=SYSTEM), places)


def _orders() -> dict[str, str]:
    completed = Order.objects.filter(status="completed")
    found: dict[str, Any] = {
        "order-held": Order.objects.filter(status="on_hold", holds__kind="fraud_review"),
        "order-waiting": Order.objects.filter(status="on_hold", holds__kind="payment"),
        "order-in-work": Order.objects.filter(fulfillment_orders__status="picking"),
        "order-under-way": Order.objects.filter(shipments__status="in_transit"),
        "order-returned": completed.filter(pk__in=Return.objects.filter(received_at__isnull=False).values("order")),
        "order-cancelled": Order.objects.filter(status="cancelled"),
    }
    orders = {name: choice.order_by("id").last() for name, choice in found.items()}
    under_way, in_work = orders["order-under-way"], orders["order-in-work"]
    return {name: f"/orders/{order.number}/" for name, order in orders.items() if order} | {
        "tracking": f"/t/{token_of(under_way.pk, under_way.tracking_version)}/" if under_way else "",
        "postcode": under_way.shipping_address["postal_code"] if under_way else "",
        "customer": f"/customers/{under_way.customer_id}/" if under_way else "",
        "customer-edit": f"/customers/{under_way.customer_id}/edit/" if under_way else "",
        "cancel-in-work": f"/orders/{in_work.number}/cancel/" if in_work else "",
        "stock-limits": f"/stock-limits/{completed.latest('id').lines.values_list('sku', flat=True)[0]}/",
        "stock-item": f"/stock/{completed.latest('id').lines.values_list('sku', flat=True)[0]}/",
        "stock-changes": f"/stock-changes/?product={completed.latest('id').lines.values_list('variant', flat=True)[0]}",
    }


def _work() -> dict[str, str]:
    stages = {"pick": "picking", "accept": "released", "ship": "packed", "done": "shipped"}
    work = {name: FulfillmentOrder.objects.filter(status=state).last() for name, state in stages.items()}
    parcel = Shipment.objects.filter(status="in_transit").last()
    return {f"work-{name}": f"/work/{piece.pk}/" for name, piece in work.items() if piece} | {
        "parcel": f"/work/parcels/{parcel.pk}/" if parcel else ""
    }


def _numbered() -> dict[str, str]:
    """A box that is picked, whose article has begun to ask for serial numbers."""
    unpicked = FulfillmentLine.objects.filter(quantity__gt=F("picked") + F("cancelled"))
    picked = FulfillmentOrder.objects.filter(status="picking").exclude(lines__in=unpicked)
    lines = FulfillmentLine.objects.filter(fulfillment_order__in=picked, picked__gt=0)
    line = lines.exclude(order_line__sku__in=PACKED_BY_TESTS).latest("id")
    set_serials(line.order_line.variant_id, True, actor=SYSTEM)
    return {"work-numbers": f"/work/{line.fulfillment_order_id}/"}


def _others() -> dict[str, str]:
    parcel = Shipment.objects.select_related("fulfillment_order").filter(status="in_transit").latest("id")
    work = parcel.fulfillment_order
    trouble = open_incident("parcel_exception", about=work.order_id, actor=SYSTEM, location_id=work.location_id)
    return {
        "journal-entry": f"/ledger/{JournalEntry.objects.latest('id').pk}/",
        "exception": f"/exceptions/{trouble.pk}/",
    }


def _supplied() -> dict[str, str]:
    orders = {order.status: order for order in PurchaseOrder.objects.order_by("-id")}
    moves = {transfer.status: transfer for transfer in Transfer.objects.order_by("-id")}
    terms = VendorTerms.objects.select_related("vendor").order_by("id")[0]
    sent, partly, coming = orders["sent"], orders["partly_received"], moves["in_transit"]
    for about, lines in ((sent, sent.lines), (coming, coming.lines)):
        line = lines.select_related("variant").order_by("position")[0]
        for units, condition in ((3, "sellable"), (1, "damaged")):
            entry = Entry(line.variant.sku, new_id(), units, condition)
            counting.count(about.pk, "receive", entry, actor=SYSTEM)
    page, move = f"/purchase-orders/{sent.number}/", f"/transfers/{coming.number}/"
    return {
        "purchase-order": f"/purchase-orders/{partly.number}/",
        "purchase-order-change": f"{page}change/",
        "purchase-order-receive": f"{page}receive/",
        "purchase-order-finish": f"{page}receive/finish/",
        "vendor": f"/vendors/{terms.vendor.code}/",
        "vendor-terms": f"/vendors/{terms.vendor.code}/terms/{terms.pk}/",
        "vendor-terms-new": f"/vendors/{terms.vendor.code}/terms/new/",
        "vendor-change": f"/vendors/{sent.vendor.code}/change/",
        "transfer": f"/transfers/{moves['partly_received'].number}/",
        "transfer-change": f"/transfers/{moves['draft'].number}/change/",
        "transfer-count": f"{move}receive/count/",
        "transfer-finish": f"{move}receive/finish/",
    }


def _feeds() -> dict[str, str]:
    message = FeedMessage.objects.filter(refused__gt=0).latest("id")
    return {
        "supply-late": f"/inbound/{Supply.objects.get(reference=LATE).pk}/",
        "stock-feed": f"/stock-feeds/{TILLS}/",
        "stock-feed-change": f"/stock-feeds/{TILLS}/change/",
        "stock-feed-silent": f"/stock-feeds/{PARTNER}/",
        "stock-message": f"/stock-feeds/messages/{message.pk}/",
    }


def _counts() -> dict[str, str]:
    differs = CountLine.objects.filter(status="approve").latest("id")
    manager = Actor.of(get_user_model().objects.get(username="manager"))
    under_way = StockCount.objects.filter(status="open", bins__is_done=False).distinct().latest("id")
    spot = count.take(under_way.bins.filter(taken_key="").earliest("bin__walk").pk, actor=manager)
    found = spot.lines.select_related("variant").order_by("id").first()
    if found is not None:
        what = What(found.variant_id, found.lot_id, found.condition)
        count.count(spot.pk, what, count.Entry(new_id(), 3), actor=manager)
    page = f"/counts/{under_way.number}/"
    return {
        "count-bin": f"{page}bins/{spot.pk}/",
        "count": f"/counts/{differs.spot.count.number}/",
        "count-floor": f"{page}bins/",
        "count-line": f"/counts/differences/{differs.pk}/",
    }


def _bins() -> dict[str, str]:
    held = (
        Holding.objects.filter(condition="damaged", bin__isnull=False)
        .select_related("stock__variant", "bin")
        .earliest("id")
    )
    lot = Lot.objects.filter(state="quarantined").latest("id")
    return {
        "stock-cost": f"/stock/{held.stock.variant.sku}/cost/",
        "stock-at": f"/stock/{held.stock.variant.sku}/at/{held.stock.location_id}/",
        "stock-lot": f"/stock-lots/{lot.pk}/",
        "recall": f"/recall/?lot_id={lot.pk}",
        "serial": f"/serials/{SerialNumber.objects.filter(state='here').latest('id').pk}/",
        "stock-item-numbered": f"/stock/{SerialNumber.objects.latest('id').variant.sku}/",
        "stock-bin": f"/stock-bins/{held.bin_id}/",
    }
