"""The list of bins."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.lists import Choice, Column, ListSpec, Sort, Tab, registry
from inventory.holdings.selectors import all_bins
from inventory.holdings.words import KINDS
from inventory.models import Bin
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
        columns=(
            Column(name="code", label=gettext_lazy("Bin"), value=lambda b: b.code, cell=_code, fixed=True, sort="code"),
            Column(name="place", label=gettext_lazy("Place"), value=lambda b: b.location.name, phone="full"),
            Column(name="kind", label=gettext_lazy("Kind"), value=lambda b: str(KINDS[b.kind]), cell=_kind, phone="end"),
            Column(name="articles", label=gettext_lazy("Articles"), value=lambda b: b.articles, numeric=True, phone="hide"),
            Column(name="units", label=gettext_lazy("Units"), value=lambda b: b.units, numeric=True),
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
