"""The list of feeds: who tells what there is, and whether they still do."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.lists import Choice, Column, ListSpec, Sort, Tab, registry
from core.templatetags.ui import when
from inventory.feeds.selectors import all_feeds, last_messages
from inventory.feeds.words import KINDS, rule, state
from inventory.models import FeedMessage, StockFeed

SILENT, HEARD, OFF = "silent", "heard", "off"


def _in_state(wanted: str) -> Q:
    if wanted == OFF:
        return Q(is_active=False)
    return Q(is_active=True, silent_since__isnull=wanted == HEARD)


def address(feed: StockFeed) -> str:
    """The page of a feed."""
    return reverse("stock-feed", args=[feed.code])


def _name(feed: StockFeed) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(feed), feed.name)


def _state(feed: StockFeed) -> SafeString:
    return format_html('<span class="state tone-{}">{}</span>', *state(feed))


def _places(feed: StockFeed) -> str:
    return ", ".join(place.name for place in feed.places.all())


def _with_last_messages(feeds: list[Any]) -> None:
    last = last_messages([feed.pk for feed in feeds])
    for feed in feeds:
        feed.last_message = last.get(feed.pk)


def _last(feed: Any) -> str:
    """What became of the last message, in words."""
    message: FeedMessage | None = getattr(feed, "last_message", None)
    if message is None:
        return "—"
    if message.finished_at is None:
        return _("%(n)d levels, being applied") % {"n": message.total}
    said = _("%(n)d levels: %(applied)d applied, %(unchanged)d unchanged, %(stale)d too old, %(refused)d refused")
    counts = {name: getattr(message, name) for name in ("applied", "unchanged", "stale", "refused")}
    return said % {"n": message.total, **counts}


FEEDS = registry.register(
    ListSpec(
        name="stock-feeds",
        model=StockFeed,
        title=gettext_lazy("Stock feeds"),
        subtitle=gettext_lazy("Who tells what there is at our places, and whether they still do"),
        nothing_yet=gettext_lazy("A warehouse system, a till, a partner or a vendor that tells what there is stands here."),
        template="inventory/feeds.html",
        permission="stock.view",
        base=lambda user: all_feeds(),
        columns=(
            Column(name="name", label=gettext_lazy("Feed"), value=lambda f: f.name, cell=_name, fixed=True),
            Column(name="state", label=gettext_lazy("State"), value=lambda f: state(f)[1], cell=_state, phone="end"),
            Column(name="places", label=gettext_lazy("Places"), value=_places, phone="full"),
            Column(name="last", label=gettext_lazy("Last message"), value=_last, phone="full", css="muted"),
            Column(name="rule", label=gettext_lazy("When silent"), value=rule, phone="hide", css="muted"),
            Column(name="kind", label=gettext_lazy("Kind"), value=lambda f: str(KINDS[f.kind]), phone="hide"),
            Column(
                name="heard", label=gettext_lazy("Heard"), value=lambda f: f.heard_at, cell=lambda f: when(f.heard_at),
                phone="hide", numeric=True,
            ),
            Column(name="code", label=gettext_lazy("Code"), value=lambda f: f.code, sort="code", phone="hide", shown=False),
        ),
        filters=(
            Choice(
                name="state",
                label=gettext_lazy("State"),
                choices=[
                    (SILENT, gettext_lazy("Silent")),
                    (HEARD, gettext_lazy("Not silent")),
                    (OFF, gettext_lazy("Switched off")),
                ],
                effect=_in_state,
            ),
            Choice(
                name="kind", label=gettext_lazy("Kind"), choices=list(KINDS.items()), effect=lambda kind: Q(kind=kind)
            ),
        ),
        tabs=(
            Tab(name="all", label=gettext_lazy("All")),
            Tab(name=SILENT, label=gettext_lazy("Silent"), query=f"state={SILENT}"),
            Tab(name=OFF, label=gettext_lazy("Switched off"), query=f"state={OFF}"),
        ),
        sort="code",
        sorts=(
            Sort(label=gettext_lazy("By code"), by="code"), Sort(label=gettext_lazy("By code, backwards"), by="-code"),
        ),
        search=lambda found, text: found.filter(Q(code__istartswith=text) | Q(name__icontains=text)),
        search_hint=gettext_lazy("Name or code"),
        link=address,
        prepare=_with_last_messages,
        route="stock-feeds",
        icon="radio-tower",
        newer=gettext_lazy("Back"),
        older=gettext_lazy("Further"),
    )
)  # fmt: skip
