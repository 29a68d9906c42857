"""The list of exceptions: what will make a promise late or false, whose it is, how old, and what to do next."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backoffice.timeline_words import INCIDENTS
from catalog.models import Variant
from core import versions
from core.lists import Choice, Column, Flag, ListSpec, Period, Reference, Several, Sort, Tab, registry
from core.models import Incident
from core.permissions import locations_of
from core.templatetags.ui import age, when
from inventory.models import FeedMessage, Location, Lot, Stock, StockFeed, Supply
from orders.models import Order

NEXT: dict[str, str | Promise] = {
    "backorder": gettext_lazy("Order stock, or offer something else"),
    "shortfall": gettext_lazy("Count again, or move units there"),
    "supply_late": gettext_lazy("Ask when it comes, and say the new day"),
    "order_late": gettext_lazy("Order it from the vendor today"),
    "feed_silent": gettext_lazy("See why its sender says nothing any more"),
    "lot_ending": gettext_lazy("Sell it sooner, or set it apart"),
    "payment_failed": gettext_lazy("Send a link to pay"),
    "late_shipment": gettext_lazy("Hurry the place, tell the customer"),
    "parcel_exception": gettext_lazy("Ask the carrier"),
    "no_label": gettext_lazy("Ask for the label again, or write one by hand"),
    "parcel_lost": gettext_lazy("Send again, claim from the carrier"),
    "stuck": gettext_lazy("It is tried again by itself; if it stays, tell those who run the system"),
}


def kind_word(kind: str) -> str:
    """What happened, in words."""
    known = INCIDENTS.get(kind)
    words = known() if known else kind.replace("_", " ")
    return words[:1].upper() + words[1:]


NEEDS = "incidents.resolve"
ME, NOBODY = "me", "nobody"
"""What is said in the place of a person's key: who acts, and nobody at all."""


def seen_by(user: Any) -> QuerySet[Incident]:
    """Those of this person's places, with whether they are their own and whether this person may settle them."""
    places = locations_of(user, "incidents.view")
    found = Incident.objects.select_related("assignee")
    found = found if places is None else found.filter(location_id__in=places)
    may = locations_of(user, NEEDS)
    return found.annotate(
        mine=ExpressionWrapper(Q(assignee_id=user.pk), output_field=BooleanField()),
        may=Value(True) if may is None else ExpressionWrapper(Q(location_id__in=may), output_field=BooleanField()),
    )


def version_of(incident: Incident) -> str:
    """What a page about it shows that somebody else may change: whose it is, and that it is open."""
    return "solved" if incident.resolved_at else str(incident.assignee_id or NOBODY)


def with_subjects(incidents: list[Any]) -> None:
    """What each is about and where: as many statements for any number."""
    subjects = subjects_of([thing_of(incident) for incident in incidents])
    places = dict(Location.objects.filter(pk__in=[i.location_id for i in incidents]).values_list("pk", "name"))
    for incident in incidents:
        incident.subject, incident.url = subjects.get(thing_of(incident), ("", ""))
        incident.place = places.get(incident.location_id, "")


def thing_of(incident: Incident) -> UUID:
    """What it is about. Where a second work fails at the same thing, its exception names the thing in its data."""
    return UUID(incident.data["thing"]) if "thing" in incident.data else incident.about


def subjects_of(ids: list[UUID]) -> dict[UUID, tuple[str, str]]:
    """The name and the page of the orders, stock rows, products, feeds, their messages, lots and supply of these ids."""
    orders = Order.objects.filter(pk__in=ids).values_list("pk", "number")
    found = {key: (number, reverse("order", args=[number])) for key, number in orders}
    for key, sku in Stock.objects.filter(pk__in=ids).values_list("pk", "variant__sku"):
        found[key] = (sku, reverse("stock-item", args=[sku]))
    for key, sku in Variant.objects.filter(pk__in=ids).values_list("pk", "sku"):
        found[key] = (sku, reverse("stock-item", args=[sku]))
    for key, name, code in FeedMessage.objects.filter(pk__in=ids).values_list("pk", "feed__name", "feed__code"):
        found[key] = (name, reverse("stock-feed", args=[code]))
    for key, name, code in StockFeed.objects.filter(pk__in=ids).values_list("pk", "name", "code"):
        found[key] = (name, reverse("stock-feed", args=[code]))
    for key, reference, sku in Supply.objects.filter(pk__in=ids).values_list("pk", "reference", "variant__sku"):
        found[key] = (f"{reference} · {sku}", reverse("supply", args=[key]))
    for key, code in Lot.objects.filter(pk__in=ids).values_list("pk", "code"):
        found[key] = (code, reverse("stock-lot", args=[key]))
    return found


def _what(incident: Any) -> SafeString:
    tone = "tone-amber" if incident.resolved_at is None else "tone-green"
    return format_html('<span class="state {}">{}</span>', tone, kind_word(incident.kind))


def _about(incident: Any) -> SafeString | str:
    subject, url = getattr(incident, "subject", ""), getattr(incident, "url", "")
    return format_html('<a class="ref" href="{}">{}</a>', url, subject) if url else "—"


def _owner_name(incident: Incident) -> str:
    found: Any = incident.assignee
    return (found.get_full_name() or found.get_username()) if found else ""


def _owner(incident: Any) -> SafeString | str:
    if incident.resolved_at is not None:
        return incident.resolved_by
    name = _owner_name(incident)
    if not incident.may or (name and not incident.mine):
        return name
    form, words = ("let-go", _("Let it go")) if incident.mine else ("take", _("Take it"))
    return format_html(
        '{} <button class="plain" form="{}" formaction="{}" name="{}" value="{}">{}</button>',
        name, form, reverse("exception-give", args=[incident.pk]), versions.FIELD,
        versions.token(version_of(incident)), words,
    )  # fmt: skip


def _decide(incident: Any) -> SafeString | str:
    if incident.resolved_at is not None or not incident.may:
        return ""
    return format_html(
        '<a class="plain" href="{}">{}…</a>', reverse("exception", args=[incident.pk]), _("Give or settle")
    )


def _next(incident: Incident) -> str:
    return incident.resolution if incident.resolved_at else str(NEXT.get(incident.kind, _("Look at it")))


def _age(incident: Incident) -> SafeString | str:
    since = when(incident.opened_at, "full")
    if incident.resolved_at:
        return since
    return format_html('<span title="{}">{}</span>', strip_tags(since), age(incident.opened_at))


EXCEPTIONS = registry.register(
    ListSpec(
        name="exceptions",
        model=Incident,
        title=gettext_lazy("Exceptions"),
        subtitle=gettext_lazy("What will make a promise late or false, whose it is, and what to do next"),
        none_fits=gettext_lazy("No exception is like this"),
        template="backoffice/exceptions.html",
        permission="incidents.view",
        base=seen_by,
        columns=(
            Column(
                name="about",
                label=gettext_lazy("About"),
                value=lambda i: getattr(i, "subject", ""),
                cell=_about,
                fixed=True,
            ),
            Column(name="what", label=gettext_lazy("What happened"), value=lambda i: kind_word(i.kind), cell=_what),
            Column(
                name="age",
                label=gettext_lazy("Age"),
                value=lambda i: i.opened_at,
                cell=_age,
                sort="opened_at",
                phone="end",
                css="num whitespace-nowrap",
            ),
            Column(name="place", label=gettext_lazy("Place"), value=lambda i: getattr(i, "place", ""), phone="hide"),
            Column(name="owner", label=gettext_lazy("Owner"), value=_owner_name, cell=_owner),
            Column(name="next", label=gettext_lazy("Next step"), value=_next, phone="full"),
            Column(
                name="decide",
                label=gettext_lazy("Give or settle"),
                value=lambda i: "",
                cell=_decide,
                heading=False,
                exported=False,
                phone="full",
                css="whitespace-nowrap",
            ),
            Column(
                name="solved",
                label=gettext_lazy("Solved"),
                value=lambda i: i.resolved_at,
                cell=lambda i: when(i.resolved_at),
                phone="hide",
                shown=False,
            ),
        ),
        filters=(
            Choice(
                name="state",
                label=gettext_lazy("State"),
                choices=[("open", gettext_lazy("Open")), ("solved", gettext_lazy("Solved"))],
                effect=lambda state: Q(resolved_at__isnull=state == "open"),
            ),
            Several(
                name="kind",
                label=gettext_lazy("What happened"),
                choices=lambda: [(kind, kind_word(kind)) for kind in INCIDENTS],
            ),
            Flag(name="mine", label=gettext_lazy("Mine"), effect=lambda _yes: Q(mine=True)),
            Flag(name="nobodys", label=gettext_lazy("Nobody's"), effect=lambda _yes: Q(assignee=None)),
            Period(name="day", since="since", until="until", label=gettext_lazy("Opened"), field="opened_at"),
            Reference(name="about", label=gettext_lazy("One thing"), field="about"),
        ),
        tabs=(
            Tab(name="open", label=gettext_lazy("Open"), query="state=open", small=True),
            Tab(name="mine", label=gettext_lazy("Mine"), query="state=open&mine=1", small=True),
            Tab(name="nobodys", label=gettext_lazy("Nobody's"), query="state=open&nobodys=1", small=True),
            Tab(name="solved", label=gettext_lazy("Solved"), query="state=solved", sort="-age", counted=False),
            Tab(name="all", label=pgettext_lazy("feminine", "All"), counted=False),
        ),
        sort="age",
        sorts=(
            Sort(label=gettext_lazy("Oldest first"), by="age"),
            Sort(label=gettext_lazy("Newest first"), by="-age"),
        ),
        link=lambda incident: getattr(incident, "url", ""),
        prepare=with_subjects,
        bulk=("incidents.assign", "incidents.resolve"),
        opens="state=open",
        route="exceptions",
        icon="triangle-alert",
    )
)
