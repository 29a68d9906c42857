"""The list of returns."""

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.lists import Choice, Column, ListSpec, Period, Several, Sort, Tab
from core.templatetags.ui import state, when
from core.wording import RETURN
from inventory.selectors import place_codes
from orders.selectors import with_number
from returns.models import Return, ReturnLine

OPEN = ("requested", "approved", "in_transit")
"""Returns that are still to come."""


def address(found: Return) -> str:
    """The order's page, where its returns stand."""
    return reverse("order", args=[found.order.number]) + "#returns"


def _rma(found: Return) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(found), found.rma)


def _order(found: Return) -> SafeString:
    number = found.order.number
    return format_html('<a class="plain num" href="{}">{}</a>', reverse("order", args=[number]), number)


def _search(found: QuerySet[Return], text: str) -> QuerySet[Return]:
    return found.filter(Q(rma=text.upper()) | Q(order_id=with_number(text.upper())))


def _with_units(found: list[Return]) -> None:
    counted = ReturnLine.objects.filter(parent__in=found).values("parent_id").annotate(n=Sum("quantity"))
    units = {row["parent_id"]: row["n"] for row in counted}
    for each in found:
        each.units = units.get(each.pk, 0)  # type: ignore[attr-defined]


RETURNS = ListSpec(
    name="returns",
    model=Return,
    title=_("Returns"),
    subtitle=_("What comes back, from which order, and where it is"),
    nothing_yet=_("A return stands here when a customer announces it, or when goods are taken back at a counter."),
    permission="orders.view",
    base=lambda user: Return.objects.select_related("order", "location"),
    columns=(
        Column(name="rma", label=_("Return"), value=lambda r: r.rma, cell=_rma, sort="rma", fixed=True),
        Column(
            name="at",
            label=_("Announced"),
            value=lambda r: r.created_at,
            cell=lambda r: when(r.created_at),
            sort="created_at",
            first="-",
            phone="end",
            css="muted whitespace-nowrap",
        ),
        Column(name="order", label=_("Order"), value=lambda r: r.order.number, cell=_order, css="whitespace-nowrap"),
        Column(
            name="customer", label=_("Customer"), value=lambda r: r.order.customer_name or r.order.email, phone="full"
        ),
        Column(name="units", label=_("Units"), value=lambda r: getattr(r, "units", None), numeric=True, phone="named"),
        Column(
            name="state",
            label=_("State"),
            value=lambda r: str(RETURN[r.status].text) if r.status in RETURN else r.status,
            cell=lambda r: state(r.status, "return"),
        ),
        Column(name="place", label=_("Place"), value=lambda r: r.location.name if r.location else "", phone="hide"),
        Column(
            name="received",
            label=_("Received"),
            value=lambda r: r.received_at,
            cell=lambda r: when(r.received_at),
            phone="hide",
        ),
        Column(name="external", label=_("Number elsewhere"), value=lambda r: r.external_id, phone="hide", shown=False),
    ),
    filters=(
        Several(name="status", label=_("State"), choices=[(status, word.text) for status, word in RETURN.items()]),
        Choice(
            name="place",
            label=_("Place"),
            choices=place_codes,
            field="location__code",
        ),
        Period(name="day", since="since", until="until", label=_("Announced"), field="created_at"),
    ),
    tabs=(
        Tab(name="all", label=_("All")),
        Tab(
            name="open",
            label=_("Still to come"),
            query="status=approved&status=in_transit&status=requested",
            small=True,
        ),
        Tab(name="received", label=_("Received"), query="status=received", counted=False),
    ),
    sort="-at",
    sorts=(
        Sort(label=_("Newest first"), by="-at"),
        Sort(label=_("Oldest first"), by="at"),
        Sort(label=_("By number"), by="rma"),
    ),
    search=_search,
    search_hint=_("Number of the return or the order"),
    link=address,
    prepare=_with_units,
    route="returns",
    icon="undo-2",
)
