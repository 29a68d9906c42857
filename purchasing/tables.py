"""The lists of purchase orders and of vendors."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.lists import FORTHCOMING, Choice, Column, Flag, ListSpec, Period, Several, Sort, Tab, registry
from core.permissions import locations_of
from core.templatetags.ui import state, when
from core.wording import PURCHASE_ORDER
from inventory.selectors import place_codes
from purchasing.models import PurchaseLine, PurchaseOrder, Vendor
from purchasing.selectors import VIEW, visible, with_sums
from purchasing.states import OPEN


def address(order: PurchaseOrder) -> str:
    """The page of an order."""
    return reverse("purchase-order", args=[order.number])


def _number(order: PurchaseOrder) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(order), order.number)


def _came(order: Any) -> str:
    return f"{order.received + order.damaged} / {order.ordered}"


def _late() -> Q:
    """Orders whose day has passed, though something of them has not come."""
    return Q(status__in=OPEN, expected_on__lt=timezone.localdate())


def _search(found: QuerySet[PurchaseOrder], text: str) -> QuerySet[PurchaseOrder]:
    line = PurchaseLine.objects.filter(purchase_order=OuterRef("pk"), variant__sku__iexact=text)
    vendor = Q(vendor__name__icontains=text) | Q(vendor__code__iexact=text)
    return found.filter(Q(number__iexact=text) | vendor | Exists(line))


def vendor_codes() -> list[tuple[str, str]]:
    """All vendors to choose from by their codes."""
    return list(Vendor.objects.order_by("name").values_list("code", "name"))


ORDERS = registry.register(
    ListSpec(
        name="purchase-orders",
        model=PurchaseOrder,
        title=_("Purchase orders"),
        subtitle=_("What is bought from whom, what has come of it and what is still waited for"),
        subtitle_limited=_("What is bought for your places"),
        nothing_yet=_("What you order from a vendor stands here, until the last of it has come."),
        template="purchasing/orders.html",
        permission=VIEW,
        base=lambda user: with_sums(visible(user)),
        limited=lambda user: locations_of(user, VIEW) is not None,
        bulk=("purchasing.send",),
        columns=(
            Column(name="number", label=_("Purchase order"), value=lambda o: o.number, cell=_number, fixed=True),
            Column(
                name="state", label=_("State"), value=lambda o: str(PURCHASE_ORDER[o.status].text),
                cell=lambda o: state(o.status, "purchase_order"), phone="end",
            ),
            Column(name="vendor", label=_("Vendor"), value=lambda o: o.vendor.name, phone="full"),
            Column(name="place", label=_("Place"), value=lambda o: o.location.name, phone="full", css="muted"),
            Column(name="came", label=_("Received"), value=_came, numeric=True, phone="named"),
            Column(name="open", label=_("Waited for"), value=lambda o: o.open, numeric=True, phone="hide"),
            Column(
                name="expected", label=pgettext_lazy("goods", "Expected"), value=lambda o: o.expected_on,
                cell=lambda o: when(o.expected_on), phone="named",
            ),
            Column(
                name="made", label=_("Made"), value=lambda o: o.created_at, cell=lambda o: when(o.created_at),
                sort="created_at", first="-", phone="hide", css="muted whitespace-nowrap",
            ),
            Column(name="currency", label=_("Currency"), value=lambda o: o.currency, phone="hide", shown=False),
            Column(name="damaged", label=_("Damaged"), value=lambda o: o.damaged, numeric=True, phone="hide", shown=False),
        ),
        filters=(
            Several(name="status", label=_("State"), choices=[(name, word.text) for name, word in PURCHASE_ORDER.items()]),
            Flag(name="late", label=_("Late"), effect=lambda _yes: _late()),
            Choice(name="vendor", label=_("Vendor"), choices=vendor_codes, field="vendor__code"),
            Choice(name="place", label=_("Place"), choices=place_codes, field="location__code"),
            Period(
                name="expected", label=pgettext_lazy("goods", "Expected"), field="expected_on", timed=False,
                named=FORTHCOMING, also=Q(status__in=OPEN),
            ),
        ),
        tabs=(
            Tab(name="all", label=_("All")),
            Tab(name="drafts", label=_("Drafts"), query="status=draft", small=True),
            Tab(name="open", label=_("Waited for"), query="status=sent&status=partly_received", small=True),
            Tab(name="late", label=_("Late"), query="late=1", small=True),
        ),
        sort="-made",
        sorts=(Sort(label=_("Newest first"), by="-made"), Sort(label=_("Oldest first"), by="made")),
        search=_search,
        search_hint=_("Number, vendor, SKU"),
        link=address,
        route="purchase-orders",
        icon="shopping-cart",
    )
)  # fmt: skip


def vendor_address(vendor: Vendor) -> str:
    """The page of a vendor."""
    return reverse("vendor", args=[vendor.code])


def _vendor(vendor: Vendor) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', vendor_address(vendor), vendor.name)


VENDORS = registry.register(
    ListSpec(
        name="vendors",
        model=Vendor,
        title=_("Vendors"),
        subtitle=_("Who we buy from, in which currency, and how long they take"),
        nothing_yet=_("Set a vendor up to order from it."),
        template="purchasing/vendors.html",
        permission=VIEW,
        base=lambda user: Vendor.objects.all(),
        columns=(
            Column(name="name", label=_("Vendor"), value=lambda v: v.name, cell=_vendor, fixed=True),
            Column(name="code", label=_("Code"), value=lambda v: v.code, sort="code", phone="end", css="num"),
            Column(name="city", label=_("City"), value=lambda v: v.city, phone="full"),
            Column(name="country", label=_("Country"), value=lambda v: v.country, phone="hide"),
            Column(name="currency", label=_("Currency"), value=lambda v: v.currency, phone="hide"),
            Column(name="lead", label=_("Days until goods come"), value=lambda v: v.lead_days, numeric=True, phone="named"),
            Column(name="email", label=_("E-mail"), value=lambda v: v.email, phone="hide", css="muted"),
        ),
        filters=(
            Choice(
                name="active", label=_("We buy from it"), choices=[("yes", _("Yes")), ("no", _("No"))],
                effect=lambda yes: Q(is_active=yes == "yes"),
            ),
        ),
        sort="code",
        sorts=(Sort(label=_("By code"), by="code"), Sort(label=_("By code, backwards"), by="-code")),
        search=lambda found, text: found.filter(Q(code__istartswith=text) | Q(name__icontains=text)),
        search_hint=_("Name or code"),
        link=vendor_address,
        route="vendors",
        icon="factory",
        newer=_("Back"),
        older=_("Further"),
    )
)  # fmt: skip
