"""The list of lost sales: what was wanted and could not be had."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from capture.models import RefusedDemand
from catalog.models import Variant
from catalog.selectors import named
from core.lists import Choice, Column, ListSpec, Period, Reference, Several, Sort, Tab, registry
from core.money import display
from core.templatetags.ui import when
from orders.models import Channel

LOST, SOLD = "lost", "sold"
DOORS = {
    "api": gettext_lazy("Order of another system"),
    "batch": gettext_lazy("Order in a batch"),
    "form": gettext_lazy("Order form"),
    "quote": gettext_lazy("Quote"),
}


def _in_state(state: str) -> Q:
    return Q(lost__gt=0) if state == LOST else Q(lost=0)


def _channels() -> list[tuple[str, str]]:
    return list(Channel.objects.order_by("name").values_list("code", "name"))


def _sku_of(variant_id: Any) -> str:
    return Variant.objects.filter(pk=variant_id).values_list("sku", flat=True).first() or "—"


def _sku(row: RefusedDemand) -> SafeString:
    return format_html(
        '<a class="ref" href="{}">{}</a>', reverse("stock-item", args=[row.variant.sku]), row.variant.sku
    )


def _outcome(row: RefusedDemand) -> str:
    if row.order is None:
        return _("Not sold")
    return _("Taken later: %(order)s") % {"order": row.order.number}


def _outcome_cell(row: RefusedDemand) -> SafeString | str:
    if row.order is None:
        return _outcome(row)
    return format_html('<a class="plain" href="{}">{}</a>', reverse("order", args=[row.order.number]), _outcome(row))


def _units(name: str, label: Any, css: str = "muted", **more: Any) -> Column:
    return Column(name=name, label=label, value=lambda r: getattr(r, name), numeric=True, css=css, **more)


def _search(found: QuerySet[RefusedDemand], text: str) -> QuerySet[RefusedDemand]:
    products = Variant.objects.filter(named(text)).values("pk")
    return found.filter(Q(variant__in=products) | Q(external_id=text))


LOST_SALES = registry.register(
    ListSpec(
        name="lost-sales",
        model=RefusedDemand,
        title=gettext_lazy("Lost sales"),
        subtitle=gettext_lazy("What customers wanted and could not have for want of stock"),
        nothing_yet=gettext_lazy("An order or quote that is refused because there is too little stock stands here with what it wanted."),
        none_fits=gettext_lazy("No sale was lost like this"),
        template="capture/lost_sales.html",
        permission="insight.view",
        base=lambda user: RefusedDemand.objects.select_related("variant__product", "channel", "order"),
        opens="state=lost&day=last-30-days",
        columns=(
            Column(
                name="at", label=gettext_lazy("At"), value=lambda r: r.at, cell=lambda r: when(r.at), sort="at",
                phone="end", css="muted whitespace-nowrap",
            ),
            Column(name="sku", label=gettext_lazy("SKU"), value=lambda r: r.variant.sku, cell=_sku, fixed=True),
            Column(name="product", label=gettext_lazy("Product"), value=lambda r: r.variant.product.name(), phone="full"),
            Column(name="channel", label=gettext_lazy("Channel"), value=lambda r: r.channel.name, phone="full", css="muted"),
            _units("wanted", gettext_lazy("Wanted"), phone="named"),
            _units("had", gettext_lazy("Could be had"), phone="named"),
            _units("lost", pgettext_lazy("units", "Lost"), css="font-medium", phone="named"),
            Column(
                name="value", label=gettext_lazy("Lost value"), value=lambda r: r.lost_value,
                cell=lambda r: display(r.lost_value, settings.FUNCTIONAL_CURRENCY), numeric=True, phone="named",
            ),
            Column(name="outcome", label=gettext_lazy("What came of it"), value=_outcome, cell=_outcome_cell, phone="full"),
            Column(name="door", label=gettext_lazy("Came in by"), value=lambda r: str(DOORS[r.door]), phone="hide", css="muted"),
            Column(
                name="external", label=gettext_lazy("Their number"), value=lambda r: r.external_id, phone="hide",
                shown=False,
            ),
        ),
        filters=(
            Choice(
                name="state", label=gettext_lazy("State"),
                choices=[(LOST, pgettext_lazy("sales", "Lost")), (SOLD, gettext_lazy("Sold later"))], effect=_in_state,
            ),
            Period(name="day", since="since", until="until", label=gettext_lazy("Refused"), field="at"),
            Several(name="channel", label=gettext_lazy("Channel"), choices=_channels, field="channel__code"),
            Several(name="door", label=gettext_lazy("Came in by"), choices=list(DOORS.items())),
            Reference(name="product", label=gettext_lazy("Product"), field="variant_id", said=_sku_of),
        ),
        tabs=(
            Tab(name="lost", label=pgettext_lazy("sales", "Lost"), query="state=lost", counted=False),
            Tab(name="sold", label=gettext_lazy("Sold later"), query="state=sold", counted=False),
            Tab(name="all", label=gettext_lazy("All"), counted=False),
        ),
        sort="-at",
        sorts=(
            Sort(label=gettext_lazy("Newest first"), by="-at"), Sort(label=gettext_lazy("Oldest first"), by="at"),
        ),
        search=_search,
        search_hint=gettext_lazy("SKU, name, their number"),
        route="lost-sales",
        icon="package-x",
        newer=gettext_lazy("Newer"),
        older=gettext_lazy("Older"),
    )
)  # fmt: skip
