"""What is kept for orders that wait, and until when: what lapses soon stands first."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice import reach
from core import wording
from core.lists import Choice, Column, ListSpec, Several, Sort, Tab, registry
from core.money import display
from core.templatetags.ui import when
from orders.models import Channel, KeptOrder, Order

KEPT, GONE = "kept", "gone"


def _seen_by(user: Any) -> QuerySet[KeptOrder]:
    """Orders that are held and have a deadline; of these, for people of some places, those of their places."""
    found = KeptOrder.objects.select_related("order__channel").filter(until__isnull=False)
    mine = reach.within(user)
    return found if mine is None else found.filter(Exists(Order.objects.filter(mine, pk=OuterRef("order_id"))))


def _in_state(state: str) -> Q:
    return Q(units__gt=0) if state == KEPT else Q(units=0, let_go_at__isnull=False)


def _channels() -> list[tuple[str, str]]:
    return list(Channel.objects.order_by("name").values_list("code", "name"))


def _kinds(row: KeptOrder) -> str:
    return " · ".join(wording.hold(kind).capitalize() for kind in row.kinds.split())


def _number(row: KeptOrder) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', reverse("order", args=[row.order.number]), row.order.number)


def _end(row: KeptOrder) -> str:
    """What happens at the deadline."""
    if row.pay_until and row.until == row.pay_until:
        return str(gettext_lazy("The order is cancelled"))
    return str(gettext_lazy("Its units are free for others"))


KEPT_STOCK = registry.register(
    ListSpec(
        name="kept-stock",
        model=KeptOrder,
        title=gettext_lazy("Kept stock"),
        subtitle=gettext_lazy("Units that wait for orders which are not paid or held: what lapses soon first"),
        subtitle_limited=gettext_lazy("Orders of your locations that are not paid or held: what lapses soon first"),
        nothing_yet=gettext_lazy("Orders that are held or not paid, and whose units are kept for a time, stand here."),
        none_fits=gettext_lazy("Nothing is kept like this"),
        template="backoffice/kept_stock.html",
        permission="orders.keep",
        base=_seen_by,
        limited=reach.is_limited,
        opens="state=kept",
        columns=(
            Column(
                name="order", label=gettext_lazy("Order"), value=lambda r: r.order.number, cell=_number, fixed=True,
            ),
            Column(
                name="until", label=gettext_lazy("Kept until"), value=lambda r: r.until,
                cell=lambda r: when(r.until, "full"), sort="until", phone="end", css="whitespace-nowrap",
            ),
            Column(
                name="customer", label=gettext_lazy("Customer"),
                value=lambda r: r.order.customer_name or r.order.email, phone="full",
            ),
            Column(name="kinds", label=gettext_lazy("Held for"), value=_kinds, phone="full"),
            Column(
                name="units", label=gettext_lazy("Units kept"), value=lambda r: r.units, numeric=True, phone="named",
                css="font-medium",
            ),
            Column(name="end", label=gettext_lazy("What happens then"), value=_end, phone="full", css="muted"),
            Column(
                name="since", label=gettext_lazy("Held since"), value=lambda r: r.held_since,
                cell=lambda r: when(r.held_since, "full"), sort="held_since", phone="named",
                css="muted whitespace-nowrap",
            ),
            Column(
                name="total", label=gettext_lazy("Total"), value=lambda r: r.order.total,
                cell=lambda r: display(r.order.total, r.order.currency), numeric=True, phone="named",
            ),
            Column(
                name="channel", label=gettext_lazy("Channel"), value=lambda r: r.order.channel.name, phone="hide",
                shown=False,
            ),
        ),
        filters=(
            Choice(
                name="state", label=gettext_lazy("State"),
                choices=[(KEPT, pgettext_lazy("units", "Kept")), (GONE, gettext_lazy("No longer kept"))],
                effect=_in_state,
            ),
            Several(name="channel", label=gettext_lazy("Channel"), choices=_channels, field="order__channel__code"),
        ),
        tabs=(
            Tab(name="kept", label=pgettext_lazy("units", "Kept"), query="state=kept", counted=False),
            Tab(name="gone", label=gettext_lazy("No longer kept"), query="state=gone", counted=False),
            Tab(name="all", label=gettext_lazy("All"), counted=False),
        ),
        sort="until",
        sorts=(
            Sort(label=gettext_lazy("Lapses soonest first"), by="until"),
            Sort(label=gettext_lazy("Held longest first"), by="since"),
        ),
        route="kept-stock",
        icon="clock",
    )
)  # fmt: skip
