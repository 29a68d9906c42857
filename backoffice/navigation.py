"""What the sidebar offers, in its order, to those who may use it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.permissions import allows


@dataclass(frozen=True)
class Entry:
    """One place to go. `under` is the start of the addresses that belong to it."""

    label: str | Promise
    icon: str
    route: str
    permission: str
    under: str
    but_not: str = "\0"


ENTRIES = [
    Entry(_("Home"), icon="house", route="home", permission="", under="/"),
    Entry(
        _("Orders"), icon="inbox", route="orders", permission="orders.view", under="/orders/", but_not="/orders/new/"
    ),
    Entry(_("New order"), icon="phone", route="new-order", permission="orders.place", under="/orders/new/"),
    Entry(_("My location"), icon="store", route="work", permission="fulfillment.work", under="/work/"),
    Entry(_("Stock"), icon="boxes", route="stock", permission="stock.view", under="/stock/"),
    Entry(_("Customers"), icon="users", route="customers", permission="customers.view", under="/customers/"),
    Entry(_("Ledger"), icon="book-open", route="ledger", permission="ledger.view", under="/ledger/"),
    Entry(_("Insight"), icon="chart-no-axes-column", route="insight", permission="insight.view", under="/insight/"),
    Entry(_("Mail"), icon="mail", route="mail", permission="mail.view", under="/mail/"),
    Entry(_("Work queue"), icon="list-checks", route="work-queue", permission="queue.manage", under="/work-queue/"),
    Entry(_("Health"), icon="activity", route="health", permission="health.view", under="/health/"),
]


def _here(entry: Entry, path: str) -> bool:
    if entry.under == "/":
        return path == "/"
    return path.startswith(entry.under) and not path.startswith(entry.but_not)


def _address(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


def entries(request: HttpRequest) -> list[dict[str, Any]]:
    """The entries that the user may open, with their addresses and the one that is open marked."""
    offered = []
    for entry in ENTRIES:
        if entry.permission and not allows(request.user, entry.permission):
            continue
        url = _address(entry.route)
        if url:
            offered.append({"label": entry.label, "icon": entry.icon, "url": url, "on": _here(entry, request.path)})
    return offered
