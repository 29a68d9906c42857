"""The list of orders: its columns, filters, tabs and orders. What it says about other apps is added above
(backoffice/tables.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import wording
from core.lists import (
    FORTHCOMING,
    Choice,
    Column,
    Flag,
    ListSpec,
    Period,
    Range,
    Reading,
    Reference,
    Several,
    Sort,
    Tab,
)
from core.templatetags.ui import channel_word, money, state, when
from core.wording import BUCKET, HOLDS, ORDER
from inventory.models import Reservation
from orders.models import Channel, Hold, Order, OrderLine
from orders.rows import OrderRow, row
from orders.selectors import (
    STAGES,
    WAITING_FOR_SOMEONE,
    Filters,
    channels,
    listed,
    matching,
    needs_someone,
    overdue,
)
from orders.states import OPEN, ORDER_STATES

NEEDS = "needs_someone"
BY = '<span class="md:hidden muted">{} </span>{}'
"""On a phone, where no head says which day it is."""


@dataclass(frozen=True, kw_only=True)
class States(Several):
    """The states of an order, and those that need somebody whatever their state."""

    def condition(self, value: Any) -> Q:
        """One condition on the column, so that an index on it answers."""
        plain = [each for each in value if each != NEEDS]
        found = Q(status=plain[0]) if len(plain) == 1 else Q(status__in=plain)
        if NEEDS not in value:
            return found
        return needs_someone() | found if plain else needs_someone()

    def within(self, state: str, value: Any) -> Q:
        """The condition among the orders of one state."""
        return Q() if state in value or state in WAITING_FOR_SOMEONE or NEEDS not in value else overdue()


def of_channel(code: str) -> Q:
    """Orders of a channel: by its key, which an index has beside the time."""
    return Q(channel_id=Subquery(Channel.objects.filter(code=code).values("id")[:1]))


def of_channel_kind(kind: str) -> Q:
    """Orders of the channels of a kind."""
    return Q(channel_id__in=Channel.objects.filter(kind=kind).values("id"))


def held_for(kind: str) -> Q:
    """Orders with an open hold of a kind."""
    held = Hold.objects.filter(kind=kind, status="open").values("order_id")
    return Q(pk__in=held)


def waiting_in(stage: str) -> Q:
    """Orders with units in a stage. Of the stages before the floor, few lines have any: what they pin, and an index, say
    which."""
    if stage == "reserved":
        pinned = OrderLine.objects.filter(pk__in=Reservation.objects.values("demand_key"))
        return Q(pk__in=pinned.values("order_id"))
    if stage == "backordered":
        return Q(pk__in=OrderLine.objects.filter(backordered__gt=0).values("order_id"))
    return Q(Exists(OrderLine.objects.filter(order_id=OuterRef("pk"), **{f"{stage}__gt": 0})))


def only_open(values: Mapping[str, Any]) -> bool:
    """Whether filters leave open orders only, which are those that an index has by promise and total; and whether no
    other one sieves them so finely that most of that index would be read for a page."""
    states = values.get("status", ())
    chosen = bool(states) and all(each in OPEN or each == NEEDS for each in states)
    return (chosen or "late" in values or "promised" in values) and not any(name in values for name in SIEVES)


IS_OPEN = Q(status__in=OPEN)
NOT_HELD = tuple(state for state in OPEN if state != "on_hold")
IN_WORK = ("processing", "partially_shipped")
ON_THE_FLOOR = ("allocated", "released", "picked", "packed")
SMALL = ("late", "stage", "hold", "promised", "work", "payment")
"""Filters that leave open orders only."""
SIEVES = ("stage", "hold", "work", "payment")


def _states_left(name: str, value: Any) -> tuple[str, ...]:
    """The states of the orders that one of these filters leaves."""
    if name == "stage":
        return IN_WORK if value in ON_THE_FLOOR else NOT_HELD
    return OPEN


def branches(reading: Reading, base: QuerySet[Order]) -> list[QuerySet[Order]]:
    """Several states, channels or countries are walked one by one, each in the order of its own index by time.

    Open orders are the newest ones: a walk through all orders from the oldest on would read everything before it finds
    the first of them.
    """
    if reading.order.lstrip("-") != "placed_at":
        return []
    if states := states_of(reading.values):
        parted = len(states) > 1 or any(name in reading.values for name in SMALL)
        return _by_state(reading, base, states) if parted else []
    for name in ("channel", "country"):
        if len(chosen := reading.values.get(name, ())) > 1:
            each, rest = reading.spec.filter(name), reading.narrow(base, but_not=(name,))
            return [rest.filter(each.condition((value,))) for value in chosen]
    return []


def states_of(values: Mapping[str, Any]) -> list[str]:
    """The states that filters leave; none when they leave all."""
    chosen = values.get("status", ())
    left = set(chosen) - {NEEDS} | (set(OPEN) if NEEDS in chosen else set())
    for name in SMALL:
        if name in values:
            states = set(_states_left(name, values[name]))
            left = left & states if left or chosen else states
    return sorted(left)


def _by_state(reading: Reading, base: QuerySet[Order], states: list[str]) -> list[QuerySet[Order]]:
    """Each state's orders, without saying again that they are open: the planner would take that for one more sieve."""
    small = [reading.spec.filter(name).condition(reading.values[name]) for name in SMALL if name in reading.values]
    rest = reading.narrow(base, but_not=("status", *SMALL))
    chosen = reading.values.get("status", ())
    mine = cast(States, reading.spec.filter("status"))
    return [rest.filter(Q(status=each) & mine.within(each, chosen), *small) for each in states]


def _countries() -> list[tuple[str, str]]:
    found = Channel.objects.filter(is_active=True).values_list("country", flat=True).distinct()
    return [(code, code) for code in sorted(set(found) | {"FR", "GB", "CH", "DE", "BE", "IT", "ES", "LU"})]


def _said(order: Order) -> OrderRow:
    """What its row says, worked out once."""
    known: OrderRow | None = getattr(order, "said", None)
    if known is None:
        known = order.said = row(order)  # type: ignore[attr-defined]
    return known


def _look_at(orders: list[Order]) -> None:
    for order in orders:
        _said(order)


def _number(order: Order) -> SafeString:
    return format_html('<a class="ref" href="{}">{}</a>', address(order), order.number)


def _customer(order: Order) -> SafeString:
    city = _said(order).city
    where = format_html(' <span class="muted">· {}</span>', city) if city else ""
    return format_html("{}{}", order.customer_name or order.email, where)


def _promise(order: Order) -> SafeString:
    if order.promise_latest is None:
        return format_html("{}", when(None))
    latest = format_html(BY, pgettext("promised", "by"), when(order.promise_latest))
    if not _said(order).moved:
        return latest
    return format_html('<s class="old">{}</s> {}', when(order.first_promise_latest), latest)


def _note(order: Order) -> SafeString | str:
    said = _said(order)
    return format_html('<span class="tone-{}">{}</span>', said.tone, said.note) if said.note else ""


def _holds(order: Order) -> str:
    return ", ".join(wording.hold(hold.kind) for hold in getattr(order, "open_holds", ()))


def address(order: Order) -> str:
    """The page of an order."""
    return _page(order.number)


@lru_cache(maxsize=4096)
def _page(number: str) -> str:
    return reverse("order", args=[number])


def status_word(status: str) -> str | Promise:
    """A state of an order in words."""
    return ORDER[status].text


COLUMNS = (
    Column(name="number", label=_("Order"), value=lambda o: o.number, cell=_number, fixed=True),
    Column(
        name="placed",
        label=_("At"),
        value=lambda o: o.placed_at,
        cell=lambda o: when(o.placed_at),
        sort="placed_at",
        first="-",
        phone="end",
        css="muted whitespace-nowrap",
    ),
    Column(
        name="channel",
        label=_("Channel"),
        value=lambda o: o.channel.name,
        cell=lambda o: format_html('<span title="{}">{}</span>', o.channel.name, channel_word(o.channel.kind)),
        phone="hide",
        css="muted whitespace-nowrap",
    ),
    Column(
        name="customer",
        label=_("Customer"),
        value=lambda o: o.customer_name or o.email,
        cell=_customer,
        css="max-w-64 md:truncate",
    ),
    Column(name="units", label=_("Units"), value=lambda o: o.units, numeric=True, phone="hide"),
    Column(
        name="total",
        label=_("Total"),
        value=lambda o: o.total,
        cell=lambda o: money(o.total, o.currency),
        sort="total",
        sorts_with=only_open,
        first="-",
        numeric=True,
    ),
    Column(
        name="state",
        label=_("Where it stands"),
        value=lambda o: str(status_word(o.status)),
        cell=lambda o: state(o.status),
    ),
    Column(
        name="promised",
        label=_("Promised"),
        value=lambda o: o.promise_latest,
        cell=_promise,
        sort="promise_latest",
        sorts_with=only_open,
        phone="end",
        css="num whitespace-nowrap",
    ),
    Column(
        name="note",
        label=_("Note"),
        value=lambda o: _said(o).note,
        cell=_note,
        heading=False,
        phone="full",
        css="md:min-w-40 text-[0.88rem]",
    ),
    Column(name="currency", label=_("Currency"), value=lambda o: o.currency, phone="hide", shown=False),
    Column(name="email", label=_("E-mail"), value=lambda o: o.email, phone="full", shown=False),
    Column(
        name="country",
        label=_("Country"),
        value=lambda o: o.shipping_address.get("country", ""),
        phone="hide",
        shown=False,
    ),
    Column(
        name="external",
        label=_("Number elsewhere"),
        value=lambda o: o.external_id,
        phone="hide",
        css="num",
        shown=False,
    ),
    Column(
        name="first_promised",
        label=_("First promised"),
        value=lambda o: o.first_promise_latest,
        cell=lambda o: when(o.first_promise_latest),
        phone="hide",
        shown=False,
    ),
    Column(name="holds", label=_("Held for"), value=_holds, phone="hide", shown=False),
    Column(name="seller", label=_("Seller"), value=lambda o: o.seller, phone="hide", shown=False),
    Column(name="campaign", label=_("Campaign"), value=lambda o: o.campaign, phone="hide", shown=False),
)

FILTERS = (
    States(
        name="status",
        label=_("State"),
        choices=[(NEEDS, _("Needs someone")), *((status, status_word(status)) for status in ORDER_STATES)],
    ),
    Several(
        name="channel",
        label=_("Channel"),
        choices=lambda: [(channel.code, channel.name) for channel in channels()],
        effect=of_channel,
    ),
    Choice(
        name="stage",
        label=_("Units"),
        choices=[(stage, BUCKET[stage].text) for stage in STAGES],
        effect=waiting_in,
        also=Q(status__in=NOT_HELD),
    ),
    Flag(name="late", label=_("Late"), effect=lambda _yes: overdue(), also=IS_OPEN),
    Period(name="day", since="since", until="until", label=_("Placed"), field="placed_at"),
    Period(
        name="promised",
        label=_("Promised"),
        field="promise_latest",
        timed=False,
        named=FORTHCOMING,
        also=IS_OPEN,
    ),
    Choice(name="hold", label=_("Held for"), choices=list(HOLDS.items()), effect=held_for, also=IS_OPEN),
    Several(name="country", label=_("Country"), choices=_countries, field="shipping_address__country"),
    Range(name="total", label=_("Total"), field="total"),
    Reference(name="customer", label=_("One customer"), field="customer_id"),
)

TABS = (
    Tab(name="all", label=pgettext_lazy("feminine", "All")),
    Tab(name="needs", label=_("Needs someone"), query=f"status={NEEDS}", small=True),
    Tab(name="late", label=_("Late"), query="late=1", small=True),
    Tab(name="on_hold", label=pgettext_lazy("orders", "On hold"), query="status=on_hold", small=True),
    Tab(name="backordered", label=pgettext_lazy("orders", "Backordered"), query="status=backordered", small=True),
    Tab(name="placed", label=pgettext_lazy("orders", "Waiting for routing"), query="status=placed", small=True),
    Tab(name="processing", label=pgettext_lazy("orders", "In preparation"), query="status=processing", small=True),
    Tab(name="part", label=pgettext_lazy("orders", "Part shipped"), query="status=partially_shipped", small=True),
    Tab(name="shipped", label=pgettext_lazy("orders", "Shipped"), query="status=shipped"),
)

SORTS = (
    Sort(label=_("Newest first"), by="-placed"),
    Sort(label=_("Oldest first"), by="placed"),
    Sort(label=_("First promised first"), by="promised"),
    Sort(label=_("Largest total first"), by="-total"),
    Sort(label=_("Smallest total first"), by="total"),
)

ORDERS = ListSpec(
    name="orders",
    model=Order,
    title=_("Orders"),
    subtitle=_("Everything from shop, stores, phone, mobile, kiosk and marketplaces"),
    template="orders/list.html",
    permission="orders.view",
    base=lambda user: listed(Filters()),
    columns=COLUMNS,
    filters=FILTERS,
    tabs=TABS,
    sort="-placed",
    sorts=SORTS,
    search=lambda found, text: found.filter(pk__in=matching(text)),
    search_hint=_("Number, name, e-mail, SKU"),
    link=address,
    prepare=_look_at,
    branches=branches,
    bulk=("orders.hold", "orders.release_hold", "orders.pay_again", "orders.cancel"),
    route="orders",
)
