"""The list of serial numbers."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.lists import Choice, Column, ListSpec, Sort, Tab, Text, registry
from inventory.models import SerialNumber
from inventory.selectors import place_codes
from inventory.serials.words import STATES, TONES


def address(found: SerialNumber) -> str:
    """The page of a number."""
    return reverse("serial", args=[found.pk])


def _code(found: SerialNumber) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(found), found.code)


def _state(found: Any) -> SafeString:
    return format_html('<span class="state tone-{}">{}</span>', TONES[found.state], STATES[found.state])


def _place(found: SerialNumber) -> str:
    return found.location.name if found.location else ""


SERIALS = registry.register(
    ListSpec(
        name="serials",
        model=SerialNumber,
        title=gettext_lazy("Serial numbers"),
        subtitle=gettext_lazy("Single units by their numbers: where each was seen last, and with which order it left"),
        nothing_yet=gettext_lazy("A number stands here once its unit was received, registered or picked by it."),
        permission="stock.view",
        base=lambda user: SerialNumber.objects.select_related("variant__product", "location"),
        columns=(
            Column(name="code", label=gettext_lazy("Serial number"), value=lambda x: x.code, cell=_code, fixed=True, sort="id"),
            Column(name="state", label=gettext_lazy("State"), value=lambda x: str(STATES[x.state]), cell=_state, phone="end"),
            Column(name="sku", label=gettext_lazy("SKU"), value=lambda x: x.variant.sku, css="num"),
            Column(name="name", label=gettext_lazy("Product"), value=lambda x: x.variant.product.name(), phone="full"),
            Column(name="place", label=gettext_lazy("Place"), value=_place),
            Column(name="reason", label=gettext_lazy("What became of it"), value=lambda x: x.reason, phone="hide", shown=False),
        ),
        filters=(
            Text(name="sku", label=gettext_lazy("SKU"), field="variant__sku"),
            Choice(
                name="place",
                label=gettext_lazy("Place"),
                choices=place_codes,
                effect=lambda code: Q(location__code=code),
            ),
            Choice(name="state", label=gettext_lazy("State"), choices=list(STATES.items())),
        ),
        tabs=(
            Tab(name="all", label=gettext_lazy("All")),
            Tab(name="here", label=pgettext_lazy("serial number", "Here"), query="state=here"),
            Tab(name="sent", label=pgettext_lazy("serial number", "Sent"), query="state=sent"),
            Tab(name="gone", label=pgettext_lazy("serial number", "Gone"), query="state=gone"),
        ),
        sort="-code",
        sorts=(
            Sort(label=gettext_lazy("Newest first"), by="-code"), Sort(label=gettext_lazy("Oldest first"), by="code"),
        ),
        search=lambda found, text: found.filter(
            Q(code__startswith=text.strip().upper()) | Q(variant__sku__iexact=text.strip())
        ),
        search_hint=gettext_lazy("Number, its beginning, or SKU"),
        link=address,
        route="serials",
        icon="scan-barcode",
        newer=gettext_lazy("Back"),
        older=gettext_lazy("Further"),
    )
)  # fmt: skip
