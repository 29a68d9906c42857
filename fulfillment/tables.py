"""The list of parcels, beside that of recalls."""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import FORTHCOMING, Choice, Column, Flag, ListSpec, Period, Several, Sort, Tab
from core.templatetags.ui import money, state, when
from core.wording import SHIPMENT
from fulfillment import recall_tables
from fulfillment.models import Shipment
from fulfillment.states import MOVING
from inventory.selectors import place_codes
from orders.selectors import with_number

TROUBLE = ("attempt_failed", "exception", "lost", "returned_to_sender")


def address(parcel: Shipment) -> str:
    """The parcel's own page."""
    return reverse("parcel", args=[parcel.pk])


def _order(parcel: Shipment) -> SafeString:
    number = parcel.order.number
    return format_html('<a class="plain num" href="{}#parcels">{}</a>', reverse("order", args=[number]), number)


def _number(parcel: Shipment) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(parcel), parcel.tracking_number or _("no number yet"))


def _overdue() -> Q:
    """Parcels under way past the day they were expected."""
    return Q(expected_on__lt=timezone.localdate(), status__in=MOVING, delivered_at=None)


def _search(found: QuerySet[Shipment], text: str) -> QuerySet[Shipment]:
    number = text.replace(" ", "").upper()
    return found.filter(Q(tracking_number__in=[text, number]) | Q(order_id=with_number(number)))


SHIPMENTS = ListSpec(
    name="parcels",
    model=Shipment,
    title=_("Parcels"),
    subtitle=_("Where each parcel is, and which of them are in trouble"),
    nothing_yet=_("A parcel stands here as soon as one is packed."),
    permission="fulfillment.view",
    base=lambda user: Shipment.objects.select_related("order", "fulfillment_order__location"),
    columns=(
        Column(name="number", label=_("Parcel"), value=lambda s: s.tracking_number or "", cell=_number, fixed=True),
        Column(
            name="made",
            label=_("Made"),
            value=lambda s: s.created_at,
            cell=lambda s: when(s.created_at),
            sort="created_at",
            first="-",
            phone="end",
            css="muted whitespace-nowrap",
        ),
        Column(name="order", label=_("Order"), value=lambda s: s.order.number, cell=_order, css="whitespace-nowrap"),
        Column(
            name="customer", label=_("Customer"), value=lambda s: s.order.customer_name or s.order.email, phone="full"
        ),
        Column(name="place", label=_("From"), value=lambda s: s.fulfillment_order.location.name, phone="hide"),
        Column(name="carrier", label=_("Carrier"), value=lambda s: s.carrier, phone="hide"),
        Column(
            name="state",
            label=_("State"),
            value=lambda s: str(SHIPMENT[s.status].text) if s.status in SHIPMENT else s.status,
            cell=lambda s: state(s.status, "shipment"),
        ),
        Column(
            name="left",
            label=_("Left"),
            value=lambda s: s.shipped_at,
            cell=lambda s: when(s.shipped_at),
            phone="hide",
        ),
        Column(
            name="expected",
            label=_("Expected"),
            value=lambda s: s.expected_on,
            cell=lambda s: when(s.expected_on),
            phone="named",
        ),
        Column(
            name="delivered",
            label=_("Delivered"),
            value=lambda s: s.delivered_at,
            cell=lambda s: when(s.delivered_at),
            phone="hide",
        ),
        Column(
            name="weight", label=_("Weight (g)"), value=lambda s: s.weight_g, numeric=True, phone="hide", shown=False
        ),
        Column(
            name="cost",
            label=_("Cost"),
            value=lambda s: s.cost,
            cell=lambda s: money(s.cost, "EUR"),
            numeric=True,
            phone="hide",
            shown=False,
        ),
    ),
    filters=(
        Several(name="status", label=_("State"), choices=[(status, word.text) for status, word in SHIPMENT.items()]),
        Flag(name="overdue", label=_("Overdue"), effect=lambda _yes: _overdue()),
        Choice(
            name="place",
            label=_("From"),
            choices=place_codes,
            field="fulfillment_order__location__code",
        ),
        Period(name="day", since="since", until="until", label=_("Made"), field="created_at"),
        Period(
            name="expected",
            label=_("Expected"),
            field="expected_on",
            timed=False,
            named=FORTHCOMING,
            also=Q(status__in=MOVING),
        ),
    ),
    tabs=(
        Tab(name="all", label=_("All")),
        Tab(
            name="trouble", label=_("In trouble"), query="&".join(f"status={status}" for status in TROUBLE), small=True
        ),
        Tab(name="unlabelled", label=_("Without a label"), query="status=draft", small=True),
        Tab(name="overdue", label=_("Overdue"), query="overdue=1"),
        Tab(name="way", label=_("Under way"), query="status=in_transit&status=out_for_delivery", counted=False),
    ),
    sort="-made",
    sorts=(Sort(label=_("Newest first"), by="-made"), Sort(label=_("Oldest first"), by="made")),
    search=_search,
    search_hint=_("Tracking number or order number"),
    link=address,
    route="parcels",
    icon="package",
)
RECALL = recall_tables.RECALL
