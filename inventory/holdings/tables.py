"""The lists of bins and of lots."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.lists import Choice, Column, ListSpec, Sort, Tab, registry
from core.templatetags.ui import when
from inventory.holdings.selectors import all_bins, with_contents
from inventory.holdings.words import KINDS, LOT_STATES, LOT_TONES
from inventory.models import Bin, Lot
from inventory.selectors import place_codes


def address(found: Bin) -> str:
    """The page of a bin."""
    return reverse("stock-bin", args=[found.pk])


def _code(found: Bin) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(found), found.code)


def _kind(found: Any) -> SafeString:
    tone = "grey" if not found.is_active else "amber" if found.kind == "quarantine" else "blue"
    said = KINDS[found.kind] if found.is_active else pgettext_lazy("bin", "Closed")
    return format_html('<span class="state tone-{}">{}</span>', tone, said)


BINS = registry.register(
    ListSpec(
        name="stock-bins",
        model=Bin,
        title=gettext_lazy("Bins"),
        subtitle=gettext_lazy("Where units lie within our places, in the order in which people walk"),
        nothing_yet=gettext_lazy("Set up the bins of a place, and each article is found where it lies."),
        template="inventory/bins.html",
        permission="stock.view",
        base=lambda user: all_bins(),
        prepare=with_contents,
        columns=(
            Column(name="code", label=gettext_lazy("Bin"), value=lambda b: b.code, cell=_code, fixed=True, sort="code"),
            Column(name="place", label=gettext_lazy("Place"), value=lambda b: b.location.name, phone="full"),
            Column(name="kind", label=gettext_lazy("Kind"), value=lambda b: str(KINDS[b.kind]), cell=_kind, phone="end"),
            Column(name="articles", label=gettext_lazy("Articles"), value=lambda b: b.articles, numeric=True, phone="hide"),
            Column(name="units", label=gettext_lazy("Units"), value=lambda b: b.units, numeric=True, phone="named"),
            Column(name="walk", label=gettext_lazy("Walk"), value=lambda b: b.walk, numeric=True, phone="hide", sort="walk"),
            Column(name="barcode", label=gettext_lazy("Barcode"), value=lambda b: b.barcode, phone="hide", shown=False),
        ),
        filters=(
            Choice(
                name="place",
                label=gettext_lazy("Place"),
                choices=place_codes,
                effect=lambda code: Q(location__code=code),
            ),
            Choice(name="kind", label=gettext_lazy("Kind"), choices=list(KINDS.items()), effect=lambda kind: Q(kind=kind)),
        ),
        tabs=(
            Tab(name="all", label=gettext_lazy("All")),
            Tab(name="quarantine", label=pgettext_lazy("bin", "Quarantine"), query="kind=quarantine"),
        ),
        sort="walk",
        sorts=(
            Sort(label=gettext_lazy("As people walk"), by="walk"), Sort(label=gettext_lazy("By code"), by="code"),
        ),
        search=lambda found, text: found.filter(Q(code__istartswith=text) | Q(barcode=text)),
        search_hint=gettext_lazy("Code or barcode"),
        link=address,
        route="stock-bins",
        icon="map-pin",
        newer=gettext_lazy("Back"),
        older=gettext_lazy("Further"),
    )
)  # fmt: skip


def lot_address(found: Lot) -> str:
    """The page of a lot, with everything it has reached."""
    return reverse("stock-lot", args=[found.pk])


def _lot(found: Lot) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', lot_address(found), found.code)


def _lot_state(found: Lot) -> SafeString:
    return format_html('<span class="state tone-{}">{}</span>', LOT_TONES[found.state], LOT_STATES[found.state])  # type: ignore[index]


LOTS = registry.register(
    ListSpec(
        name="stock-lots",
        model=Lot,
        title=gettext_lazy("Lots"),
        subtitle=gettext_lazy("Units that were made together: when they end, where they are, whom they have reached"),
        nothing_yet=gettext_lazy("A lot stands here once units of it are received."),
        permission="stock.view",
        base=lambda user: Lot.objects.select_related("variant__product"),
        columns=(
            Column(name="code", label=gettext_lazy("Lot"), value=lambda x: x.code, cell=_lot, fixed=True, sort="code"),
            Column(name="state", label=gettext_lazy("State"), value=lambda x: str(LOT_STATES[x.state]), cell=_lot_state, phone="end"),
            Column(name="sku", label=gettext_lazy("SKU"), value=lambda x: x.variant.sku, css="num"),
            Column(name="name", label=gettext_lazy("Product"), value=lambda x: x.variant.product.name(), phone="full"),
            Column(
                name="expires", label=gettext_lazy("Last day"), value=lambda x: x.expires_on,
                cell=lambda x: when(x.expires_on, "full") if x.expires_on else "—",
            ),
            Column(name="vendor_lot", label=gettext_lazy("The vendor’s name of the lot"), value=lambda x: x.vendor_lot, phone="hide"),
            Column(name="vendor", label=gettext_lazy("Vendor"), value=lambda x: x.vendor, phone="hide", shown=False),
        ),
        filters=(Choice(name="state", label=gettext_lazy("State"), choices=list(LOT_STATES.items())),),
        tabs=(
            Tab(name="all", label=gettext_lazy("All")),
            Tab(name="quarantined", label=pgettext_lazy("lot", "Quarantined"), query="state=quarantined"),
            Tab(name="expired", label=pgettext_lazy("lot", "Expired"), query="state=expired"),
        ),
        sort="code",
        sorts=(Sort(label=gettext_lazy("By code"), by="code"), Sort(label=gettext_lazy("By code, backwards"), by="-code")),
        search=lambda found, text: found.filter(
            Q(code__istartswith=text) | Q(vendor_lot=text) | Q(variant__sku__iexact=text)
        ),
        search_hint=gettext_lazy("Lot, the vendor’s name of it, or SKU"),
        link=lot_address,
        route="stock-lots",
        icon="boxes",
        newer=gettext_lazy("Back"),
        older=gettext_lazy("Further"),
    )
)  # fmt: skip
