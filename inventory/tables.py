"""The list of stock: every stocked product, over all places or at one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from catalog.selectors import named
from core.lists import Choice, Column, ListSpec, Sort, Tab, registry
from core.lists.filters import Unreadable
from inventory.counts import bulk as count_bulk
from inventory.counts import tables as count_tables
from inventory.feeds import tables as feed_tables
from inventory.holdings import tables as bin_tables
from inventory.selectors import at_place, place_choices, stock_of_variants
from inventory.serials import tables as serial_tables
from inventory.transfers import tables as transfer_tables

OUT, SHORT = "out", "short"
STATES = ((OUT, _("Nothing left to promise")), (SHORT, _("Less than promised")))


@dataclass(frozen=True, kw_only=True)
class Place(Choice):
    """A place: the units of each product become those that lie there."""

    def read(self, query: QueryDict) -> Any:
        """The place's id as it stands in the address."""
        text = query.get(self.name, "")[:64].strip()
        try:
            return str(UUID(text)) if text else None
        except ValueError as error:
            raise Unreadable from error

    def apply(self, found: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The units there."""
        return at_place(found, UUID(value))


def _in_state(state: str) -> Q:
    if state == OUT:
        return Q(free=0)
    return Q(on_hand__lt=F("reserved") + F("allocated"))


def address(variant: Variant) -> str:
    """The page of a product's stock."""
    return reverse("stock-item", args=[variant.sku])


def _sku(variant: Variant) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(variant), variant.sku)


def _free(variant: Any) -> SafeString:
    tone = "" if variant.free else "tone-amber"
    of = format_html(
        '<span class="md:hidden muted font-normal"> {}</span>', _("free of %(n)d") % {"n": variant.on_hand}
    )
    return format_html('<span class="font-medium {}">{}{}</span>', tone, variant.free, of)


def _units(name: str, label: Any, css: str = "muted", **more: Any) -> Column:
    return Column(name=name, label=label, value=lambda v: getattr(v, name), numeric=True, phone="hide", css=css, **more)


STOCK = registry.register(
    ListSpec(
        name="stock",
        model=Variant,
        title=_("Stock"),
        subtitle=_("What lies where, what is promised, and what can still be sold"),
        dear=True,
        nothing_yet=_("Products stand here as soon as they are in the catalogue and a place has some."),
        permission="stock.view",
        base=lambda user: stock_of_variants(),
        bulk=("stock.safety", "stock.fence", "stock.cap", "stock.withhold"),
        columns=(
            Column(name="sku", label=_("SKU"), value=lambda v: v.sku, cell=_sku, sort="sku", fixed=True),
            Column(name="product", label=_("Product"), value=lambda v: v.product.name(), phone="full"),
            _units("on_hand", _("On hand"), css=""),
            _units("reserved", _("Reserved")),
            _units("allocated", _("Allocated")),
            _units("safety", _("Safety")),
            _units("fenced", _("Set aside"), shown=False),
            Column(
                name="free",
                label=_("Can be promised"),
                value=lambda v: v.free,
                cell=_free,
                numeric=True,
                phone="end",
            ),
            _units("places", _("Places")),
            Column(name="barcode", label=_("Barcode"), value=lambda v: v.barcode, phone="hide", css="num", shown=False),
        ),
        filters=(
            Place(
                name="location",
                label=_("Place"),
                choices=place_choices,
            ),
            Choice(
                name="state",
                label=_("State"),
                choices=STATES,
                effect=_in_state,
            ),
        ),
        tabs=(
            Tab(name="all", label=_("All")),
            *(Tab(name=state, label=words, query=f"state={state}") for state, words in STATES),
        ),
        sort="sku",
        sorts=(Sort(label=_("By SKU"), by="sku"), Sort(label=_("By SKU, backwards"), by="-sku")),
        search=lambda found, text: found.filter(named(text)),
        search_hint=_("SKU, barcode, name"),
        link=address,
        route="stock",
        icon="boxes",
        newer=_("Previous page"),
        older=_("Next page"),
    )
)
FEEDS, BINS, LOTS = feed_tables.FEEDS, bin_tables.BINS, bin_tables.LOTS
SERIALS = serial_tables.SERIALS
TRANSFERS, COUNTS = transfer_tables.TRANSFERS, count_tables.COUNTS
ACTIONS = count_bulk.ACTIONS
