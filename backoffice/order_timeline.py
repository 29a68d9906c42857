"""The timeline of a thing as pages show it: a part of it, by group and by text, the newest first."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import pgettext

from backoffice.timeline_words import said
from core.lists import KeysetList
from core.models import TimelineEntry
from core.typed import plain

PER_PAGE = 12
MOST_SEARCHED = 1_000
"""Rows that a text is looked for in: more than the longest order has."""
KINDS = {
    "goods": ("fulfillment_order", "shipment", "return", "stock", "order", "hold", "incident"),
    "money": ("payment", "transaction"),
    "messages": ("message",),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown of a timeline, and what it is narrowed by. `older` is the cursor to what comes after."""

    entries: list[dict[str, Any]]
    tabs: list[dict[str, Any]]
    show: str
    find: str
    older: str
    newest: TimelineEntry | None

    @property
    def narrowed(self) -> bool:
        """Whether only a part is asked for."""
        return bool(self.show or self.find)


def groups() -> list[tuple[str, str]]:
    """What a timeline can be narrowed to, in words."""
    return [
        ("", pgettext("timeline", "All")),
        ("goods", pgettext("timeline", "Goods")),
        ("money", pgettext("timeline", "Money")),
        ("messages", pgettext("timeline", "Messages")),
        ("people", pgettext("timeline", "People")),
    ]


def read(about: UUID, query: QueryDict, currency: str = "EUR") -> Part:
    """The part of the timeline that the address asks for by `show`, `find` and `older`."""
    show, find = query.get("show", ""), plain(query.get("find", ""), 100)
    show = show if show in dict(groups()) else ""
    found = _of(about, show)
    if find:
        rows, older = list(found.order_by("-at", "-id")[:MOST_SEARCHED]), ""
    else:
        page = KeysetList(found, "-at").page(query.get("older", ""), PER_PAGE)
        rows, older = page.items, page.next
    entries = [said(row, currency) for row in rows]
    if find:
        entries = [entry for entry in entries if _mentions(entry, find.casefold())]
    return Part(entries, _tabs(show, find), show, find, older, rows[0] if rows else None)


def _of(about: UUID, show: str) -> QuerySet[TimelineEntry]:
    found = TimelineEntry.objects.filter(about=about)
    if show == "people":
        return found.filter(actor_kind__in=["user", "customer"])
    if show:
        return found.filter(reduce(or_, (Q(action__startswith=f"{kind}.") for kind in KINDS[show])))
    return found


def _mentions(entry: dict[str, Any], text: str) -> bool:
    return any(text in str(entry[part]).casefold() for part in ("who", "text", "note", "change"))


def _tabs(show: str, find: str) -> list[dict[str, Any]]:
    kept = {"find": find} if find else {}
    return [
        {"label": label, "url": f"?{urlencode({'show': name} | kept)}#timeline", "on": name == show, "count": None}
        for name, label in groups()
    ]
