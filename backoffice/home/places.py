"""Of places: work to do with its age, what the next carrier takes, and stock that is not what it should be."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from backoffice.home import behind, counts
from backoffice.home.behind import first
from backoffice.home.parts import Figure, Nothing, Panel, Part, Row, counted
from capture.lost import by_product, total
from core.cache import FIGURES, kept
from core.days import day_at, reader_day
from core.models import Incident
from core.money import display
from core.permissions import locations_of
from core.templatetags.ui import age, place_time
from core.wording import FULFILLMENT
from fulfillment import work as floor
from fulfillment.models import FulfillmentOrder
from fulfillment.planning import VIRTUAL
from fulfillment.selectors import waiting
from inventory.models import Location, Stock

SHOWN = 5
MANY = 6
"""From so many places on they are told by their number of pieces and not each by its stages."""


def _work_url(place: Location, tab: str = "") -> str:
    return f"{reverse('work')}?{urlencode({'at': place.code} | ({'tab': tab} if tab else {}))}"


def work(user: Any) -> Part:
    """What there is to do at this person's places."""
    places = floor.my_locations(user)
    if len(places) == 1:
        return at_place(places[0])
    return _at_places(places)


def at_place(place: Location) -> Part:
    """One place: its stages as figures, the next to pick, and what the carrier waits for."""
    numbers = floor.counts(place)
    leaves = floor.carrier_leaves(place)
    figures = [
        counted(_("To pick"), numbers["pick"], _work_url(place, "pick"), place.name, tone="blue"),
        counted(_("To pack"), numbers["pack"], _work_url(place, "pack"), place.name, tone="blue"),
        counted(_("To hand over"), numbers["ship"], _work_url(place, "ship"), leaves, tone="blue"),
        counted(_("Done today"), numbers["done"], _work_url(place, "done"), _("handed to the carrier"), tone="green"),
    ]
    return Part(figures, [_next(place, leaves)])


def _next(place: Location, leaves: str) -> Panel:
    found = first(floor.cards(floor.work_at(place, "pick")).order_by(floor.DUE, "id"), SHOWN)
    return Panel(
        "next",
        _("Next to pick"),
        items=[_piece(piece, day_at(place.time_zone)) for piece in found],
        note=leaves,
        all_url=_work_url(place, "pick"),
        all_label=_("All the work"),
        nothing=Nothing(
            _("Nothing waits to be picked"), _("New work appears here as soon as it is released to your place.")
        ),
        wide=True,
    )


def _piece(piece: Any, today: Any) -> Row:
    late = bool(piece.promised and piece.promised < today)
    units = int(piece.units or 0)
    return Row(
        reference=piece.order.number,
        url=reverse("work-piece", args=[piece.pk]),
        what=_("On hold") if piece.is_held else _("Late") if late else str(FULFILLMENT[piece.status].text),
        tone="amber" if piece.is_held else "red" if late else FULFILLMENT[piece.status].tone,
        who=ngettext("%(n)d unit", "%(n)d units", units) % {"n": units},
        since=piece.released_at or piece.created_at,
        due=piece.promised,
        now_due=piece.moved_to,
        next=_("Pick"),
        next_url=reverse("work-piece", args=[piece.pk]),
    )


def _at_places(places: list[Location]) -> Part:
    numbers = floor.waiting_at(places)
    busy = sorted(places, key=lambda place: -numbers.get(place.pk, 0))
    items = [
        {
            "label": place.name,
            "value": numbers.get(place.pk, 0),
            "href": _work_url(place),
            "end": place_time(place.cut_off, place.time_zone),
        }
        for place in busy[:MANY]
        if numbers.get(place.pk)
    ]
    panel = Panel(
        "places",
        _("Open work by place"),
        kind="bars",
        items=items,
        note=_("carrier leaves"),
        top=max(numbers.values(), default=0),
        all_url=reverse("work"),
        all_label=_("All places"),
        nothing=Nothing(_("No place has open work"), _("Work appears here when orders are released to a place.")),
    )
    return Part(panels=[panel])


def cut_off(user: Any) -> Part:
    """What is promised for today or before and not packed: it misses the carrier unless somebody takes it now."""
    places = {place.pk: place for place in floor.my_locations(user)}
    due = Q()
    for place in places.values():
        due |= Q(location=place, promised_for__lte=day_at(place.time_zone))
    open_work = FulfillmentOrder.objects.annotate(promised_for=floor.DUE)
    found = open_work.filter(due, status__in=("planned", "released", "accepted", "picking"))
    found = found.exclude(method=VIRTUAL).select_related("order", "location") if places else found.none()
    rows = [
        Row(
            reference=piece.order.number, url=reverse("work-piece", args=[piece.pk]),
            what=str(FULFILLMENT[piece.status].text), tone="red", who=piece.location.name,
            since=piece.released_at or piece.created_at, due=piece.promised, now_due=piece.moved_to,
            next=_("Take it now"), next_url=reverse("work-piece", args=[piece.pk]),
        )
        for piece in first(found.order_by("promised_for", "id"), SHOWN)
    ]  # fmt: skip
    return Part(
        panels=[
            Panel(
                "cut-off",
                _("Promised for today, not packed"),
                items=rows,
                nothing=Nothing(
                    _("Nothing misses its carrier"), _("What is promised for today and not packed yet shows here.")
                ),
            )
        ]
    )


def questions(user: Any) -> Part:
    """Stock at this person's places that is less than what was promised: somebody has to count."""
    reach = locations_of(user, "stock.view")
    found = Incident.objects.filter(kind="shortfall", resolved_at=None)
    if reach is not None:
        found = found.filter(location_id__in=reach)
    open_ones = first(found.order_by("opened_at"), SHOWN)
    stock = Stock.objects.select_related("variant", "location").in_bulk([each.about for each in open_ones])
    rows = [_short(each, stock[each.about]) for each in open_ones if each.about in stock]
    panel = Panel(
        "questions",
        _("Less on the shelf than promised"),
        items=rows,
        all_url=behind.SHORT.href,
        all_label=_("All of them"),
        nothing=Nothing(
            _("Every promise has its unit"),
            _("When a count finds less than was promised to customers, the product shows here."),
        ),
    )
    return Part(panels=[panel])


def _short(incident: Incident, stock: Stock) -> Row:
    missing = stock.reserved + stock.allocated - stock.on_hand
    url = reverse("stock-item", args=[stock.variant.sku])
    return Row(
        reference=stock.variant.sku,
        url=url,
        what=ngettext("%(n)d unit short", "%(n)d units short", missing) % {"n": missing},
        tone="red",
        who=stock.location.name,
        since=incident.opened_at,
        next=_("Count again"),
        next_url=url,
    )


def short_stock(user: Any) -> Part:
    """Products whose promises are more than what is there."""
    number = kept("short-stock", lambda: behind.SHORT.count(user), user.pk, seconds=FIGURES)
    return Part([counted(_("Stock below promises"), number, behind.SHORT.href, pgettext("stock", "products"))])


def differences(user: Any) -> Part:
    """Differences of counts that wait for somebody who has not counted them."""
    waiting_ones = counts.known_differences(user)
    note = _("counted and not as the books say")
    figure = counted(_("Differences to decide"), waiting_ones, behind.DIFFERENCES.href, note, tone="amber")
    return Part([figure] if waiting_ones else [])


def stages(user: Any) -> Part:
    """Open work by state, with the age of the oldest."""
    found = waiting(locations_of(user, "fulfillment.work"))
    items = [
        {
            "label": str(FULFILLMENT[each.status].text),
            "value": each.count,
            "href": reverse("work"),
            "end": age(each.oldest),
        }
        for each in found
    ]
    panel = Panel(
        "stages",
        _("Open work by state"),
        kind="bars",
        items=items,
        note=_("oldest"),
        top=max((each.count for each in found), default=0),
        nothing=Nothing(_("No open work"), _("Work appears here when orders are routed to a place.")),
    )
    return Part(panels=[panel])


def lost_sales(user: Any) -> Part:
    """What was not sold for want of stock in the last seven days, and of which products most."""
    found = behind.LOST_THIS_WEEK.rows(user)
    lost = kept("lost-sales", lambda: (total(found), by_product(found)), reader_day(), seconds=FIGURES)
    whole, products = lost
    figure = Figure(
        _("Lost for want of stock"),
        display(whole.value, settings.FUNCTIONAL_CURRENCY),
        behind.LOST_THIS_WEEK.href,
        _("in the last 7 days"),
    )
    items = [
        {
            "label": each.name,
            "value": each.lost.units,
            "href": reverse("stock-item", args=[each.key]),
            "end": display(each.lost.value, settings.FUNCTIONAL_CURRENCY),
        }
        for each in products
    ]
    panel = Panel(
        "lost-sales",
        _("Lost sales, last 7 days"),
        kind="bars",
        items=items,
        note=_("value"),
        top=max((each.lost.units for each in products), default=0),
        all_url=behind.LOST_THIS_WEEK.href,
        all_label=_("All lost sales"),
        nothing=Nothing(
            _("No sale was lost"), _("What customers wanted and could not have for want of stock shows here.")
        ),
    )
    return Part([figure], [panel])
