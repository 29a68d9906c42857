"""What a list shows: everything that its one template needs, worked out from the address and the reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.cache import kept
from core.jobs import bulk
from core.lists import saved
from core.lists.addresses import Addresses, of_view
from core.lists.counts import capped_counts
from core.lists.keyset import Page
from core.lists.spec import PAGE_SIZES, Column, ListSpec, Reading, Tab, Word
from core.models import ListPreference, SavedView
from core.people.roles import all_roles
from core.permissions import allows, bound_to, standing

PANELS = ("filters", "columns", "save", "view")
ALL = "all"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: its words and, where it can be sorted, how it is and what a press on it does."""

    column: Column
    url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the thing, its name, where it leads, and its cells as HTML."""

    item: Any
    name: str
    url: str
    cells: SafeString


class Screen:
    """A list as one person sees it now. Its parts are worked out when the template asks."""

    def __init__(self, request: HttpRequest, spec: ListSpec) -> None:
        self.request = request
        self.spec = spec
        self.user: Any = request.user
        self.path = request.path

    # Views

    @cached_property
    def _kept(self) -> tuple[list[SavedView], ListPreference]:
        return saved.kept_for(self.user, self.spec.name)

    @property
    def views(self) -> list[SavedView]:
        """The saved views of this person."""
        return self._kept[0]

    @property
    def preference(self) -> ListPreference:
        """How this person wants the list."""
        return self._kept[1]

    @cached_property
    def view(self) -> SavedView | None:
        """The saved view that is open."""
        try:
            wanted = UUID(self.request.GET.get("view", "")[:64])
        except ValueError:
            return None
        return next((view for view in self.views if view.pk == wanted), None)

    @property
    def first_view(self) -> SavedView | None:
        """The view that the list opens with for this person, where the address asks for nothing."""
        opens = None if self.request.GET else self.preference.opens_id
        return next((view for view in self.views if view.pk == opens), None)

    @cached_property
    def query(self) -> QueryDict:
        """What the address asks for; the address of a view alone asks for what was kept."""
        given = self.request.GET
        asked = set(given) - {"view", "cursor", "size", "panel", "columns"}
        if self.view is None or asked:
            return given
        query = QueryDict(self.view.query, mutable=True)
        query.update(given)
        if self.view.sort:
            query["sort"] = self.view.sort
        return query

    @cached_property
    def usual_columns(self) -> list[str]:
        """The columns that this list shows when the address names none."""
        return list(self.view.columns) if self.view is not None and self.view.columns else self.preference.columns

    @cached_property
    def reading(self) -> Reading:
        """What the address asks for, understood."""
        return self.spec.read(self.query, self.usual_columns)

    @cached_property
    def is_modified(self) -> bool:
        """Whether what is shown differs from the view that is open."""
        if self.view is None:
            return False
        kept = self.spec.read(QueryDict(self.view.query), self.view.columns)
        columns = bool(self.view.columns) and [c.name for c in kept.columns] != [c.name for c in self.reading.columns]
        return kept.query != self.reading.query or (self.view.sort or self.spec.sort) != self.reading.sort or columns

    @property
    def owns_view(self) -> bool:
        """Whether the view that is open is this person's."""
        return self.view is not None and self.view.owner_id == self.user.pk

    @property
    def opens_view(self) -> bool:
        """Whether the list opens with this view."""
        return self.view is not None and self.preference.opens_id == self.view.pk

    @cached_property
    def tab(self) -> Tab | None:
        """The built-in view that is open: the one whose filters are all set, the narrowest of them."""
        if self.view is not None:
            return None
        now = dict(self.reading.values)
        fitting = [tab for tab in self.spec.tabs if self._values_of(tab).items() <= now.items()]
        return max(fitting, key=lambda tab: len(self._values_of(tab)), default=None)

    def _values_of(self, tab: Tab) -> dict[str, Any]:
        return dict(self.spec.read(tab.filters).values)

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        """The built-in views with their counts, then the saved ones."""
        elsewhere = self.opens_narrowed
        counts = self._counts()
        built_in = [
            {
                "label": tab.label,
                "url": self.links.tab(tab, opens_elsewhere=elsewhere),
                "on": tab is self.tab,
                "count": counts.get(tab.name),
            }
            for tab in self.spec.tabs
        ]
        kept = [
            {"label": view.name, "url": of_view(self.path, view), "on": view is self.view, "count": None, "saved": view}
            for view in self.views
        ]
        return [*built_in, *kept]

    def _counts(self) -> dict[str, int]:
        """The counts of the built-in views; only of those that stay small for people who see a part of the list."""
        counted = [tab for tab in self.spec.tabs if tab.counted and (tab.small or not self.limited)]

        def count() -> list[int]:
            return capped_counts([self.spec.read(tab.filters).narrow(self.base) for tab in counted])

        whose = self.user.pk if self.limited else "everybody"
        found = kept(f"tabs:{self.spec.name}", count, whose) if self.spec.dear else count()
        return {tab.name: number for tab, number in zip(counted, found, strict=True)}

    @cached_property
    def limited(self) -> bool:
        """This person sees a part of the rows only."""
        return bool(self.spec.limited and self.spec.limited(self.user))

    @property
    def subtitle(self) -> Word:
        """What the list is about, for this person."""
        return (self.limited and self.spec.subtitle_limited) or self.spec.subtitle

    # Rows

    @cached_property
    def base(self) -> Any:
        """The rows that this person may see."""
        return self.spec.base(self.user)

    @cached_property
    def page(self) -> Page[Any]:
        """The rows at this place; an Invalid when it cannot be one."""
        page = self.reading.listing(self.base).page(self.request.GET.get("cursor", ""), self.reading.size)
        self.spec.prepared(page.items)
        return page

    @cached_property
    def rows(self) -> list[Row]:
        """The rows with their cells."""
        link, name = self.spec.link, self.spec.columns[0].value
        drawn = [(column.opening, column) for column in self.reading.columns]
        return [
            Row(
                item,
                str(name(item)),
                link(item) if link else "",
                mark_safe("".join([f"{cell}{column.html(item)}</td>" for cell, column in drawn])),  # noqa: S308 - escaped by `html`
            )
            for item in self.page.items
        ]

    @cached_property
    def heads(self) -> list[Head]:
        """The heads of the columns, with the order that a press on them gives."""
        return [self._head(column) for column in self.reading.columns]

    def _head(self, column: Column) -> Head:
        now = self.reading.sort
        if not column.sort or (column.sorts_with and not column.sorts_with(self.reading.values)):
            return Head(column)
        if now.lstrip("-") != column.name:
            return Head(column, self.links.sorted_by(f"{column.first}{column.name}"))
        falls = now.startswith("-")
        turned = column.name if falls else f"-{column.name}"
        return Head(column, self.links.sorted_by(turned), "descending" if falls else "ascending")

    # Filters, orders, columns

    @cached_property
    def links(self) -> Addresses:
        """Addresses of this list with one thing changed."""
        return Addresses(self.path, self.reading, str(self.view.pk) if self.view else "", "columns" in self.query)

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        """What the list is narrowed by, beyond its tab, each with the address that takes it away."""
        told = self._values_of(self.tab) if self.tab else {}
        found = [
            {
                "label": self.spec.filter(name).chip(value),
                "url": "" if self._stays(name, value) else self.links.without_filter(name),
            }
            for name, value in self.reading.values.items()
            if told.get(name) != value
        ]
        if self.reading.text:
            found.append(
                {"label": _("“%(text)s”") % {"text": self.reading.text}, "url": self.links.without_filter("q")}
            )
        return found

    @property
    def is_searched(self) -> bool:
        """Whether somebody looks for something here: more than the tab that the list opens with."""
        return bool(self.chips) or (self.tab is not None and self.tab is not self.spec.tabs[0])

    def _stays(self, name: str, value: Any) -> bool:
        """Whether a filter would be back at once: the list needs it, or it holds wherever nothing else is said."""
        usual = QueryDict(self.spec.usual)
        return name == self.spec.needs or (bool(usual) and self.spec.filter(name).read(usual) == value)

    @property
    def clear_url(self) -> str:
        """The list without filters, but for the one that it needs."""
        if self.spec.needs and (needed := self.query.get(self.spec.needs)):
            return f"{self.path}?{urlencode({self.spec.needs: needed})}"
        return f"{self.path}?view={ALL}" if self.opens_narrowed else self.path

    @property
    def opens_narrowed(self) -> bool:
        """Whether the address alone leads to something else than the whole list."""
        return bool(self.preference.opens_id or self.spec.opens)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the search box keeps when it is sent."""
        return [pair for pair in self.links.here() if pair[0] != "q"]

    @property
    def kept_beside_filters(self) -> list[tuple[str, str]]:
        """What the form of filters keeps: everything that it has no control for."""
        shown = {name for each in self.spec.filters if not each.hidden for name in each.names}
        return [pair for pair in self.links.here() if pair[0] not in shown]

    @property
    def controls(self) -> Iterator[dict[str, Any]]:
        """The filters with what their controls show; boxes to tick, which are lower, at the end."""
        for each in sorted(self.spec.filters, key=lambda each: each.kind == "flag"):
            if not each.hidden:
                value = self.reading.values.get(each.name)
                yield {"filter": each, "on": value is not None, **each.fields(value)}

    @property
    def sorts(self) -> list[dict[str, Any]]:
        """The orders to choose from."""
        found = []
        for sort in self.spec.sorts:
            column = self.spec.column(sort.by.lstrip("-"))
            if column.sorts_with is None or column.sorts_with(self.reading.values):
                on = sort.by == self.reading.sort
                found.append({"label": sort.label, "url": self.links.sorted_by(sort.by), "on": on})
        return found

    @property
    def sort_word(self) -> str:
        """The present order in words."""
        known = next((str(sort.label) for sort in self.spec.sorts if sort.by == self.reading.sort), "")
        return known or str(self.spec.column(self.reading.sort.lstrip("-")).label)

    @property
    def all_columns(self) -> list[tuple[Column, bool]]:
        """The columns in their order, then those not shown."""
        shown = self.reading.columns
        return [(each, True) for each in shown] + [(each, False) for each in self.spec.columns if each not in shown]

    @property
    def sizes(self) -> list[dict[str, Any]]:
        """How many rows a page may have."""
        return [
            {"size": size, "url": self.links.with_(size=str(size)), "on": size == self.reading.size}
            for size in PAGE_SIZES
        ]

    # Doors

    @property
    def panel(self) -> str:
        """The part that is open above the rows."""
        wanted = self.request.GET.get("panel", "")
        return wanted if wanted in PANELS and (wanted != "view" or self.view) else ""

    @property
    def panel_urls(self) -> dict[str, str]:
        """Addresses that open a part."""
        return {name: self.links.with_(panel=name) for name in PANELS}

    @property
    def here(self) -> str:
        """This list without an open part."""
        return self.links.with_()

    @property
    def here_query(self) -> str:
        """What the address of this list asks for, for the forms that come back to it."""
        return urlencode(self.links.here())

    @cached_property
    def total(self) -> int | None:
        """How many rows there are, where that is known without counting them."""
        if not self.page.next and not self.page.previous:
            return len(self.page.items)
        if self.tab is not None and not self.chips:
            return next((item["count"] for item in self.tabs if item["on"]), None)
        return None

    @property
    def may_share(self) -> bool:
        """Whether this person may share views."""
        return allows(self.user, saved.SHARE)

    @property
    def roles(self) -> list[tuple[str, str]]:
        """The roles that a view may be shared with: their codes and names."""
        own = set(standing(self.user).roles)
        return [(role.code, role.name) for role in all_roles() if role.code in own]

    @property
    def export_url(self) -> str:
        """Where a file of this list is asked for."""
        return "" if bound_to(self.user) else reverse("export-new")

    @cached_property
    def actions(self) -> list[bulk.BulkAction]:
        """What this person may do to many rows at once."""
        if bound_to(self.user):
            return []
        known = [bulk.ACTIONS[name] for name in self.spec.bulk if name in bulk.ACTIONS]
        return [action for action in known if allows(self.user, action.permission)]

    @property
    def full_query(self) -> str:
        """Everything of the list, for the forms that ask for files and bulk actions."""
        return self.reading.full_query
