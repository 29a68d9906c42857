"""The lists of counts and of differences."""

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.lists import Choice, Column, ListSpec, Period, Several, Sort, Tab, registry
from core.permissions import locations_of
from core.templatetags.ui import money, signed, state, when
from core.wording import STOCK_COUNT
from inventory.counts.counting import called
from inventory.counts.selectors import APPROVE, COUNT, told_differences, visible, with_progress
from inventory.counts.words import LINES, SCOPES
from inventory.models import CountLine, StockCount
from inventory.selectors import place_codes


def address(count: StockCount) -> str:
    """The page of a count."""
    return reverse("count", args=[count.number])


def _number(count: StockCount) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(count), count.number)


COUNTS = registry.register(
    ListSpec(
        name="stock-counts",
        model=StockCount,
        title=_("Counts"),
        subtitle=_("What is counted at our places, and what was not as the books said"),
        subtitle_limited=_("What is counted at your places"),
        nothing_yet=_("Count some bins or articles now and then, and the books stay right without closing the place."),
        template="inventory/counts/counts.html",
        permission=COUNT,
        base=visible,
        prepare=with_progress,
        limited=lambda user: locations_of(user, COUNT) is not None,
        columns=(
            Column(name="number", label=pgettext_lazy("document", "Count"), value=lambda c: c.number, cell=_number, fixed=True),
            Column(
                name="state", label=_("State"), value=lambda c: str(STOCK_COUNT[c.status].text),
                cell=lambda c: state(c.status, "stock_count"), phone="end",
            ),
            Column(name="place", label=_("Place"), value=lambda c: c.location.name, phone="full"),
            Column(name="scope", label=_("What"), value=lambda c: str(SCOPES[c.scope]), phone="full", css="muted"),
            Column(name="bins", label=_("Bins done"), value=lambda c: f"{c.n_done} / {c.n_bins}", numeric=True, phone="named"),
            Column(name="waiting", label=_("To decide"), value=lambda c: c.n_waiting, numeric=True, phone="named"),
            Column(name="who", label=_("For whom"), value=lambda c: str(c.assignee or ""), phone="hide"),
            Column(
                name="made", label=_("Made"), value=lambda c: c.created_at, cell=lambda c: when(c.created_at),
                sort="created_at", first="-", phone="hide", css="muted whitespace-nowrap",
            ),
        ),
        filters=(
            Several(name="status", label=_("State"), choices=[(name, word.text) for name, word in STOCK_COUNT.items()]),
            Choice(name="place", label=_("Place"), choices=place_codes, field="location__code"),
            Choice(name="scope", label=_("What"), choices=list(SCOPES.items())),
            Period(name="made", label=_("Made"), field="created_at"),
        ),
        tabs=(
            Tab(name="all", label=_("All")),
            Tab(name="open", label=pgettext_lazy("counts", "To count"), query="status=open", small=True),
            Tab(name="proposed", label=pgettext_lazy("counts", "Proposed"), query="status=proposed", small=True),
        ),
        sort="-made",
        sorts=(Sort(label=_("Newest first"), by="-made"), Sort(label=_("Oldest first"), by="made")),
        search=lambda found, text: found.filter(number__iexact=text),
        search_hint=_("Number"),
        link=address,
        route="stock-counts",
        icon="list-checks",
    )
)  # fmt: skip


def line_address(line: CountLine) -> str:
    """The page of a difference."""
    return reverse("count-line", args=[line.pk])


def _sku(line: CountLine) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', line_address(line), line.variant.sku)


def _state(line: Any) -> SafeString:
    word = LINES[line.status]
    return format_html('<span class="state tone-{}">{}</span>', word.tone, word.text)


def _search(found: QuerySet[CountLine], text: str) -> QuerySet[CountLine]:
    return found.filter(Q(variant__sku__iexact=text) | Q(spot__count__number__iexact=text))


DIFFERENCES = registry.register(
    ListSpec(
        name="count-differences",
        model=CountLine,
        title=_("Differences"),
        subtitle=_("What was counted and is not as the books said; the larger ones wait for somebody who has not counted them"),
        nothing_yet=_("What a count finds more or less than the books say stands here."),
        permission=APPROVE,
        base=told_differences,
        bulk=("counts.approve", "counts.decline"),
        columns=(
            Column(name="sku", label=_("SKU"), value=lambda x: x.variant.sku, cell=_sku, fixed=True),
            Column(name="state", label=_("State"), value=lambda x: str(LINES[x.status].text), cell=_state, phone="end"),
            Column(name="name", label=_("Product"), value=lambda x: x.variant.product.name(), phone="full"),
            Column(name="place", label=_("Place"), value=lambda x: x.spot.count.location.name, phone="full", css="muted"),
            Column(name="bin", label=_("Bin"), value=lambda x: called(x.spot), phone="named", css="whitespace-nowrap"),
            Column(name="count", label=pgettext_lazy("document", "Count"), value=lambda x: x.spot.count.number, phone="hide", css="whitespace-nowrap"),
            Column(name="counted", label=pgettext_lazy("units", "Counted"), value=lambda x: x.counted, numeric=True, phone="hide"),
            Column(
                name="difference", label=_("Difference"), value=lambda x: x.difference, numeric=True, phone="named",
                cell=lambda x: signed(x.difference),
            ),
            Column(
                name="value", label=_("Value"), value=lambda x: x.value, numeric=True, phone="named",
                cell=lambda x: money(x.value, "EUR"), css="whitespace-nowrap",
            ),
            Column(name="who", label=_("Counted by"), value=lambda x: x.counted_by, phone="hide"),
            Column(
                name="at", label=_("Counted at"), value=lambda x: x.counted_at, cell=lambda x: when(x.counted_at),
                sort="id", first="-", phone="hide", css="muted whitespace-nowrap",
            ),
        ),
        filters=(
            Several(name="status", label=_("State"), choices=[(n, w.text) for n, w in LINES.items() if n not in ("open", "right")]),
            Choice(name="place", label=_("Place"), choices=place_codes, field="spot__count__location__code"),
            Period(name="counted", label=_("Counted at"), field="counted_at"),
        ),
        tabs=(
            Tab(name="wait", label=pgettext_lazy("differences", "To decide"), query="status=approve", small=True),
            Tab(name="all", label=_("All")),
        ),
        sort="-at",
        sorts=(Sort(label=_("Newest first"), by="-at"), Sort(label=_("Oldest first"), by="at")),
        search=_search,
        search_hint=_("SKU or number of the count"),
        link=line_address,
        route="count-differences",
        opens="status=approve",
        icon="scale",
    )
)  # fmt: skip
