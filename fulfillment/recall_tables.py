"""The list of a recall: every order that has units of a lot, its parcel, its customer."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import Choice, Column, ListSpec, Reference, Sort, Tab, Text, registry
from core.templatetags.ui import state
from fulfillment.models import PickedLot
from fulfillment.recall import CUSTOMERS, holders, with_parcels
from inventory.models import Lot

GONE, HERE = "gone", "here"


def _work(found: PickedLot) -> Any:
    return found.fulfillment_line.fulfillment_order


def _order(found: PickedLot) -> SafeString:
    number = _work(found).order.number
    return format_html('<a class="ref" href="{}">{}</a>', reverse("order", args=[number]), number)


def _lot(found: PickedLot) -> SafeString:
    return format_html(
        '<a class="plain num" href="{}">{}</a>', reverse("stock-lot", args=[found.lot_id]), found.lot.code
    )


def _parcel(found: Any) -> str:
    parcel = getattr(found, "parcel", None)
    return (parcel.tracking_number or "") if parcel else ""


def _shipped(found: Any) -> Any:
    parcel = getattr(found, "parcel", None)
    return parcel.shipped_at if parcel else None


def _customer(found: PickedLot) -> str:
    order = _work(found).order
    return str(order.customer_name or order.email)


def _name_of(lot_id: Any) -> str:
    return Lot.objects.filter(pk=lot_id).values_list("code", flat=True).first() or ""


def _phone(found: PickedLot) -> str:
    customer = _work(found).order.customer
    return customer.phone if customer else ""


RECALL = registry.register(
    ListSpec(
        name="recall",
        model=PickedLot,
        title=_("Recall"),
        subtitle=_("Every order that has units of a lot, its parcel and its customer"),
        nothing_yet=_("Units that were picked by lot stand here with their orders."),
        permission=CUSTOMERS,
        base=holders,
        columns=(
            Column(name="order", label=_("Order"), value=lambda k: _work(k).order.number, cell=_order, fixed=True),
            Column(name="units", label=_("Units"), value=lambda k: k.quantity, numeric=True, phone="end"),
            Column(name="customer", label=_("Customer"), value=_customer, phone="full"),
            Column(name="email", label=_("E-mail"), value=lambda k: _work(k).order.email, phone="hide"),
            Column(name="phone", label=_("Telephone"), value=_phone, phone="hide"),
            Column(
                name="state", label=_("State"), value=lambda k: _work(k).status,
                cell=lambda k: state(_work(k).status, "fulfillment"),
            ),
            Column(name="parcel", label=_("Parcel"), value=_parcel, phone="full", css="num"),
            Column(name="shipped", label=_("Sent"), value=_shipped, phone="hide"),
            Column(name="place", label=_("Place"), value=lambda k: _work(k).location.name, phone="hide"),
            Column(name="lot", label=_("Lot"), value=lambda k: k.lot.code, cell=_lot, sort="id"),
            Column(name="sku", label=_("SKU"), value=lambda k: k.lot.variant.sku, phone="hide"),
            Column(name="vendor_lot", label=_("The vendor’s name of the lot"), value=lambda k: k.lot.vendor_lot, shown=False),
        ),
        filters=(
            Reference(name="lot_id", label=_("Lot"), field="lot", said=_name_of),
            Text(name="vendor_lot", label=_("The vendor’s name of the lot"), field="lot__vendor_lot"),
            Choice(
                name="where", label=_("Where"), choices=[(GONE, _("Sent")), (HERE, _("Still here"))],
                effect=lambda where: Q(has_left=where == GONE),
            ),
        ),
        tabs=(
            Tab(name="all", label=_("All")),
            Tab(name=HERE, label=_("Still here"), query=f"where={HERE}"),
        ),
        sort="-lot",
        sorts=(Sort(label=_("Newest first"), by="-lot"), Sort(label=_("Oldest first"), by="lot")),
        search=lambda found, text: found.filter(lot__in=Lot.objects.filter(Q(code__iexact=text) | Q(vendor_lot=text))),
        search_hint=_("Lot, or the vendor’s name of it"),
        link=lambda found: reverse("order", args=[_work(found).order.number]),
        prepare=with_parcels,
        route="recall",
        icon="undo-2",
    )
)  # fmt: skip
