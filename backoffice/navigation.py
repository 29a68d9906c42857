"""What the sidebar offers, in its groups and with the counts that call for somebody, to those who may use it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.home import counts
from core.cache import kept
from core.permissions import allows, reaches
from core.templatetags.ui import count as in_words

GROUPS = {
    "": "",
    "sell": pgettext_lazy("menu", "Sell"),
    "fulfil": pgettext_lazy("menu", "Fulfil"),
    "stock": pgettext_lazy("menu", "Stock"),
    "money": pgettext_lazy("menu", "Money"),
    "insight": pgettext_lazy("menu", "Insight"),
    "setup": pgettext_lazy("menu", "Set up"),
}
FIRST = (("orders.place", "sell"), ("fulfillment.work", "fulfil"), ("ledger.view", "money"))
"""Whose group stands first: that of the first permission somebody has. Everybody else reads them as they stand."""


@dataclass(frozen=True)
class Entry:
    """One place to go. `under` is the start of the addresses that belong to it; `count` what waits there for somebody."""

    label: str | Promise
    icon: str
    route: str
    permission: str
    under: str
    but_not: str = "\0"
    group: str = "setup"
    count: Callable[[Any], int] | None = None
    tone: str = "grey"
    short: str | Promise = ""
    """Its label in the bar of a phone, where that of the menu is too long."""
    within: str = ""
    """The route of the entry under which it stands: in the strip above the pages of that section, not at the side."""


ENTRIES = [
    Entry(_("Home"), icon="house", route="home", permission="", under="/", group=""),
    Entry(
        _("Orders"), icon="inbox", route="orders", permission="orders.view", under="/orders/", but_not="/orders/new/",
        group="sell", count=counts.need_someone,
    ),
    Entry(
        _("New order"), icon="phone", route="new-order", permission="orders.place", under="/orders/new/", group="sell",
        short=pgettext_lazy("bar of a phone: take an order", "New"),
    ),
    Entry(_("Customers"), icon="users", route="customers", permission="customers.view", under="/customers/", group="sell"),
    Entry(_("Mail"), icon="mail", route="mail", permission="mail.view", under="/mail/", group="sell"),
    Entry(
        _("My location"), icon="store", route="work", permission="fulfillment.work", under="/work/", group="fulfil",
        count=counts.work_waiting,
    ),
    Entry(
        _("Exceptions"), icon="triangle-alert", route="exceptions", permission="incidents.view", under="/exceptions/",
        group="fulfil", count=counts.open_exceptions, tone="red",
    ),
    Entry(_("Parcels"), icon="package", route="parcels", permission="fulfillment.view", under="/parcels/", group="fulfil"),
    Entry(_("Returns"), icon="undo-2", route="returns", permission="orders.view", under="/returns/", group="fulfil"),
    Entry(_("Stock"), icon="boxes", route="stock", permission="stock.view", under="/stock/", group="stock"),
    Entry(_("Bins"), icon="map-pin", route="stock-bins", permission="stock.view", under="/stock-bins/", group="stock", within="stock"),
    Entry(_("Lots"), icon="layers", route="stock-lots", permission="stock.view", under="/stock-lots/", group="stock", within="stock"),
    Entry(
        _("Serial numbers"), icon="scan-barcode", route="serials", permission="stock.view", under="/serials/",
        group="stock", within="stock",
    ),
    Entry(
        _("Put away"), icon="scan-barcode", route="put-away", permission="stock.receive", under="/put-away/", group="stock",
    ),
    Entry(
        _("Counts"), icon="clipboard-check", route="stock-counts", permission="counts.count", under="/counts/",
        group="stock", count=counts.differences, tone="amber",
    ),
    Entry(_("Inbound"), icon="truck", route="inbound", permission="stock.view", under="/inbound/", group="stock"),
    Entry(
        _("Stock feeds"), icon="radio-tower", route="stock-feeds", permission="stock.view", under="/stock-feeds/",
        group="stock", within="stock",
    ),
    Entry(
        _("Kept stock"), icon="clock", route="kept-stock", permission="orders.keep", under="/kept-stock/", group="sell",
    ),
    Entry(
        _("Safety stock"), icon="shield", route="safety-rules", permission="stock.limits", under="/safety-rules/",
        group="stock", within="stock",
    ),
    Entry(
        _("Lost sales"), icon="package-x", route="lost-sales", permission="insight.view", under="/lost-sales/",
        group="stock", within="stock",
    ),
    Entry(
        _("Purchase orders"), icon="shopping-cart", route="purchase-orders", permission="purchasing.view",
        under="/purchase-orders/", group="stock", within="inbound",
    ),
    Entry(
        _("To order"), icon="clipboard-list", route="to-order", permission="purchasing.view", under="/to-order/",
        group="stock", within="inbound",
    ),
    Entry(
        _("Transfers"), icon="arrow-left-right", route="transfers", permission="stock.transfer", under="/transfers/",
        group="stock", within="inbound",
    ),
    Entry(
        _("Vendors"), icon="factory", route="vendors", permission="purchasing.view", under="/vendors/", group="stock",
        within="inbound",
    ),
    Entry(_("Payments"), icon="wallet", route="payments", permission="payments.view", under="/payments/", group="money"),
    Entry(_("Ledger"), icon="book-open", route="ledger", permission="ledger.view", under="/ledger/", group="money"),
    Entry(
        _("Insight"), icon="chart-no-axes-column", route="insight", permission="insight.view", under="/insight/",
        group="insight",
    ),
    Entry(
        _("Work queue"), icon="list-checks", route="work-queue", permission="queue.manage", under="/work-queue/",
        count=counts.stopped_work, tone="red",
    ),
    Entry(
        _("People"), icon="shield", route="people", permission="people.manage", under="/people/",
        but_not="/people/tablets/",
    ),
    Entry(
        _("Shared tablets"), icon="tablet", route="devices", permission="devices.manage", under="/people/tablets/",
    ),
    Entry(_("Health"), icon="activity", route="health", permission="health.view", under="/health/"),
]  # fmt: skip


def _here(entry: Entry, path: str) -> bool:
    if entry.under == "/":
        return path == "/"
    return path.startswith(entry.under) and not path.startswith(entry.but_not)


def in_order(user: Any) -> list[Entry]:
    """The entries that this person may open, group by group, the group of their own work first."""
    order = list(GROUPS)
    known = set() if user.is_superuser else set(reaches(user))
    first = next((group for permission, group in FIRST if permission in known), "")
    if first:
        order = ["", first, *(group for group in order if group not in ("", first))]
    offered = [entry for entry in ENTRIES if not entry.permission or allows(user, entry.permission)]
    return sorted(offered, key=lambda entry: order.index(entry.group))


def entries(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries at the side that the user may open, with address, group, what waits there, and the open one marked.

    Each stands after a heading of its `group` when that is another than before it. An entry within another that the
    user may not open stands for itself.
    """
    offered = in_order(request.user)
    tops = [entry for entry in offered if _top(entry, offered) is entry]
    here = next((_top(entry, offered) for entry in offered if _here(entry, request.path)), None)
    return [_offered(request, entry, on=entry is here) for entry in tops]


def section(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages that belong together with the open one, when it is a first page of one of them; else none."""
    offered = in_order(request.user)
    here = next((entry for entry in offered if request.path == reverse(entry.route)), None)
    if here is None:
        return []
    members = [entry for entry in offered if _top(entry, offered) is _top(here, offered)]
    return [
        {"label": entry.label, "url": reverse(entry.route), "on": entry is here}
        for entry in members
        if len(members) > 1
    ]


def _top(entry: Entry, offered: list[Entry]) -> Entry:
    return next((other for other in offered if other.route == entry.within), entry)


def _offered(request: HttpRequest, entry: Entry, *, on: bool) -> dict[str, Any]:
    waits = _waits(request.user, entry)
    return {
        "label": entry.label,
        "short": entry.short or entry.label,
        "icon": entry.icon,
        "url": reverse(entry.route),
        "route": entry.route,
        "on": on,
        "here": "page" if on else "",
        "group": GROUPS[entry.group],
        "tone": entry.tone,
        "count": in_words(waits) if waits else "",
    }


def _waits(user: Any, entry: Entry) -> int:
    """What waits behind an entry, asked of the database once in a while and not for every page."""
    count = entry.count
    return kept("nav", lambda: count(user), user.pk, entry.route) if count else 0
