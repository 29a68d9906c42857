"""A list declared once: its columns, filters, tabs and orders. Screens, exports and bulk actions all read it."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.lists.filters import Filter, Unreadable
from core.lists.keyset import KeysetList
from core.typed import plain

Word = str | Promise
NONE_FITS = gettext_lazy("Nothing is like this")
Base = Callable[[Any], QuerySet[Any]]
Search = Callable[[QuerySet[Any], str], QuerySet[Any]]
PAGE_SIZES = (25, 50, 100, 200)
NOT_FILTERS = ("q", "sort", "columns", "view", "cursor", "size", "panel")
"""Parameters of every list; no filter may take their names."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    `value` takes a row to its plain Python value, for files; `cell` to what the screen shows (text or safe HTML), by
    default the value. `sort` is the field it orders by, which must have an index of its own with the key; `sorts_with`
    says with which values of filters it may be used, where its index holds only a part. `phone`: "" beside the others,
    "full" on a line of its own, "named" on such a line after its label, "end" at the right of the first line, "hide" not at all. `fixed` columns cannot be hidden.
    """

    name: str
    label: Word
    value: Callable[[Any], Any]
    cell: Callable[[Any], Any] | None = None
    sort: str = ""
    first: str = ""
    sorts_with: "Callable[[Mapping[str, Any]], bool] | None" = None
    numeric: bool = False
    phone: str = ""
    css: str = ""
    shown: bool = True
    fixed: bool = False
    heading: bool = True
    exported: bool = True

    def html(self, row: Any) -> str:
        """The cell, escaped unless it is safe already."""
        found = (self.cell or self.value)(row)
        return "" if found is None else str(conditional_escape(found))

    @property
    def opening(self) -> SafeString:
        """The tag that its cells begin with."""
        if self.phone == "named":
            return format_html('<td class="{}" data-label="{}">', self.classes, self.label)
        return format_html('<td class="{}">', self.classes)

    @property
    def classes(self) -> str:
        """What its cells are drawn with."""
        phone = {"full": "full", "hide": "wide-only", "end": "end"}.get(self.phone, "")
        blank = "" if self.heading else "blank"
        return " ".join(part for part in ("r" if self.numeric else "", phone, blank, self.css) if part)


@dataclass(frozen=True, kw_only=True)
class Sort:
    """An order to choose from the menu: its words, the column, and whether it falls."""

    label: Word
    by: str


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A built-in view: its words and the filters it stands for, as in the address.

    `counted` where an index counts it; `small` where it holds open work only, so that it may be counted through for
    somebody who sees a part of it.
    """

    name: str
    label: Word
    query: str = ""
    counted: bool = True
    small: bool = False
    sort: str = ""

    @property
    def filters(self) -> QueryDict:
        """The filters by name."""
        return QueryDict(self.query)


@dataclass(frozen=True, kw_only=True)
class ListSpec:
    """A list. `base` gives the rows that a person may see, with all that the cells read (`prepare` adds the rest in
    bulk to a page of them); `link` the address that a row leads to; `sort` is a column's name, "-" for falling.
    `limited` says whether somebody sees a part of the rows only; then `subtitle_limited` tells of it. `none_fits` is
    said when the filters leave nothing, `nothing_yet` when there is nothing at all. `opens` are the filters of its address alone.
    `usual` are filters that hold wherever the address says nothing else, for page and file; without a value for the filter
    `needs` nothing is listed: both keep a very long list from being read as a whole.
    `branches` gives what is read in parts where an index needs it (see KeysetList). Of a `dear` list the counts of tabs read the
    whole table: they are kept for a short while. A list with `own_rows` draws them by its own template, so that there are no columns to choose.
    """

    name: str
    model: type[Model]
    title: Word
    permission: str
    base: Base
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    tabs: tuple[Tab, ...] = ()
    sort: str
    sorts: tuple[Sort, ...] = ()
    search: Search | None = None
    search_hint: Word = ""
    link: Callable[[Any], str] | None = None
    prepare: Callable[[list[Any]], None] | None = None
    limited: Callable[[Any], bool] | None = None
    branches: Callable[["Reading", QuerySet[Any]], Sequence[QuerySet[Any]]] | None = None
    bulk: tuple[str, ...] = ()
    subtitle: Word = ""
    subtitle_limited: Word = ""
    none_fits: Word = NONE_FITS
    nothing_yet: Word = ""
    template: str = "lists/list.html"
    route: str = ""
    opens: str = ""
    usual: str = ""
    needs: str = ""
    own_rows: bool = False
    dear: bool = False
    icon: str = "inbox"
    size: int = 50
    newer: Word = ""
    older: Word = ""
    _columns: dict[str, Column] = field(init=False, repr=False, compare=False)
    _filters: dict[str, Filter] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", {column.name: column for column in self.columns})
        object.__setattr__(self, "_filters", {each.name: each for each in self.filters})
        taken = [name for each in self.filters for name in each.names] + list(NOT_FILTERS)
        if len(taken) != len(set(taken)) or len(self._columns) != len(self.columns):
            raise ValueError(f"two things of the list {self.name} have the same name")
        for order in (self.sort, *(sort.by for sort in self.sorts)):
            if not self._columns[order.lstrip("-")].sort:
                raise ValueError(f"the list {self.name} has no column to be sorted by {order}")

    def with_more(self, **changes: Any) -> "ListSpec":
        """The same list with more: an app above adds filters and columns that this one knows nothing about."""
        given = {name: getattr(self, name) + tuple(changes.pop(name, ())) for name in ("columns", "filters", "tabs")}
        return replace(self, **given, **changes)

    @property
    def address(self) -> str:
        """Where its page is; "" for a list without one."""
        return reverse(self.route) if self.route else ""

    # What files and bulk actions rely on

    def queryset(self, user: Any, query: QueryDict) -> QuerySet[Any]:
        """The rows of the reader that filters and search leave, in no order."""
        return self.read(query).narrow(self.base(user)).order_by()

    def order(self, query: QueryDict) -> str:
        """The field to order by, for a KeysetList."""
        return self.read(query).order

    def exported(self, query: QueryDict) -> list[tuple[str, Callable[[Any], object]]]:
        """Header and plain value of each chosen column. Batches go through `prepared` first."""
        return [(str(each.label), each.value) for each in self.read(query).columns if each.exported]

    def prepared(self, rows: list[Any]) -> list[Any]:
        """Rows with what their cells read beside them."""
        if self.prepare and rows:
            self.prepare(rows)
        return rows

    # Reading the address

    def read(self, query: QueryDict, columns: Sequence[str] = ()) -> "Reading":
        """What the address asks for. `columns` are those to show when it names none."""
        values: dict[str, Any] = {}
        notes = []
        usual = QueryDict(self.usual)
        for each in self.filters:
            try:
                value = each.read(query) or each.read(usual)
            except Unreadable:
                notes.append(
                    _("%(filter)s: what stands in the address cannot be read, so it is left out.")
                    % {"filter": each.label}
                )
                continue
            if value is not None:
                values[each.name] = value
        text = plain(query.get("q", "")) if self.search else ""
        sort, unsorted = self._sort(query.get("sort", ""), values)
        return Reading(
            spec=self,
            values=values,
            text=text,
            sort=sort,
            columns=self._chosen(query.get("columns", "").split(",") if query.get("columns") else columns),
            notes=(*notes, *unsorted),
            size=_size(query.get("size", ""), self.size),
        )

    def _sort(self, wanted: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
        wanted = wanted[:80]
        if not wanted:
            return self.sort, []
        column = self._columns.get(wanted.lstrip("-"))
        if column is None or not column.sort or wanted.startswith("--"):
            return self.sort, [_("There is no such order of this list; it stands as usual.")]
        if column.sorts_with and not column.sorts_with(values):
            said = _("By “%(column)s” only a part of the list can be sorted. Choose a tab or a filter first.")
            return self.sort, [said % {"column": column.label}]
        return wanted, []

    def _chosen(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns of these names in this order, the fixed ones first; the usual ones when none is known."""
        known = dict.fromkeys(name for name in names if name in self._columns)
        if not known:
            return tuple(column for column in self.columns if column.shown or column.fixed)
        fixed = [column for column in self.columns if column.fixed and column.name not in known]
        return (*fixed, *(self._columns[name] for name in known))

    def filter(self, name: str) -> Filter:
        """A filter by its name."""
        return self._filters[name]

    def column(self, name: str) -> Column:
        """A column by its name."""
        return self._columns[name]


def _size(text: str, usual: int) -> int:
    return int(text) if text in {str(size) for size in PAGE_SIZES} else usual


@dataclass(frozen=True)
class Reading:
    """What an address asks of a list: the values of its filters, the text, the order, the columns, and what was
    left out with a note."""

    spec: ListSpec
    values: Mapping[str, Any]
    text: str
    sort: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    size: int = 50

    def narrow(self, found: QuerySet[Any], but_not: Container[str] = ()) -> QuerySet[Any]:
        """The rows that the filters (`but_not` some) and the text leave."""
        if self.spec.needs and self.spec.needs not in self.values:
            return found.none()
        for name, value in self.values.items():
            if name not in but_not:
                found = self.spec.filter(name).apply(found, value)
        return self.spec.search(found, self.text) if self.text and self.spec.search else found

    @property
    def order(self) -> str:
        """The field of the order, "-" for falling."""
        column = self.spec.column(self.sort.lstrip("-"))
        return f"-{column.sort}" if self.sort.startswith("-") else column.sort

    def listing(self, base: QuerySet[Any]) -> KeysetList[Any]:
        """The rows in their order, to be read page by page."""
        bare = base.select_related(None).prefetch_related(None)
        branches = tuple(self.spec.branches(self, bare)) if self.spec.branches else ()
        return KeysetList(base if branches else self.narrow(base), self.order, branches)

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter or text is set."""
        return bool(self.values or self.text)

    def filter_params(self) -> list[tuple[str, str]]:
        """Filters and text as they stand in an address, in the order of the declaration: the same for the same rows."""
        found = [pair for name, value in self.values.items() for pair in self.spec.filter(name).params(value)]
        return [*found, *([("q", self.text)] if self.text else [])]

    @property
    def query(self) -> str:
        """The normalised query string of the filters."""
        return urlencode(self.filter_params())

    @property
    def full_query(self) -> str:
        """The query string of everything, for files and acts on many rows: also of what is only a habit of the reader."""
        given = [pair for pair in self.params(columns=True) if pair[0] != "sort"]
        return urlencode([*given, ("sort", self.sort)])

    def fixed(self) -> "Reading":
        """The same with days that do not move with the calendar, for what is read later than it is asked for."""
        return replace(self, values={name: self.spec.filter(name).fixed(value) for name, value in self.values.items()})

    def params(self, *, view: str = "", columns: bool = False) -> list[tuple[str, str]]:
        """Everything but the place in the list: what a link needs to show the same."""
        more = [("sort", self.sort)] if self.sort != self.spec.sort else []
        more += [("columns", ",".join(column.name for column in self.columns))] if columns else []
        more += [("size", str(self.size))] if self.size != self.spec.size else []
        return [*self.filter_params(), *more, *([("view", view)] if view else [])]
