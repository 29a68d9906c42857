"""The addresses that a list links to: the same list with one thing changed, always from its beginning."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from core.lists.spec import Reading, Tab
from core.models import SavedView

Params = list[tuple[str, str]]


@dataclass(frozen=True)
class Addresses:
    """Links of a list as it stands. `columns` are named in them when they are not those that it shows anyway."""

    path: str
    reading: Reading
    view: str = ""
    names_columns: bool = False

    def here(self) -> Params:
        """Everything that the list shows now."""
        return self.reading.params(view=self.view, columns=self.names_columns)

    def _address(self, params: Params) -> str:
        if self.view and not any(name in self._filter_names() or name == "q" for name, _value in params):
            params = [*params, ("q", "")]  # no filter is left, which is not the same as the view's own
        return f"{self.path}?{urlencode(params)}" if params else self.path

    def _filter_names(self) -> set[str]:
        return {name for each in self.reading.spec.filters for name in each.names}

    def with_(self, **changes: str) -> str:
        """With other parameters; an empty one goes away."""
        kept = [(name, value) for name, value in self.here() if name not in changes]
        return self._address([*kept, *((name, value) for name, value in changes.items() if value)])

    def without_filter(self, name: str) -> str:
        """Without one filter, or "q" for the text."""
        gone = {name} if name == "q" else set(self.reading.spec.filter(name).names)
        return self._address([pair for pair in self.here() if pair[0] not in gone])

    def sorted_by(self, sort: str) -> str:
        """In another order."""
        return self.with_(sort="" if sort == self.reading.spec.sort else sort)

    def tab(self, tab: Tab, *, opens_elsewhere: bool) -> str:
        """A built-in view, with the columns and the order as they are."""
        kept = [(name, value) for name, value in self.here() if name in ("columns", "size")]
        wanted = [(name, value) for name, values in tab.filters.lists() for value in values]
        more = [("sort", tab.sort)] if tab.sort else []
        named = [("view", tab.name)] if opens_elsewhere and not wanted else []
        return (
            f"{self.path}?{urlencode([*wanted, *more, *kept, *named])}"
            if wanted or kept or named or more
            else self.path
        )


def of_view(path: str, view: SavedView) -> str:
    """The address of a saved view. Its filters stand in it, so that what is changed is seen beside what was kept."""
    more: list[tuple[str, Any]] = [("sort", view.sort)] if view.sort else []
    query = (
        f"{view.query}&{urlencode([*more, ('view', view.pk)])}" if view.query else urlencode([*more, ("view", view.pk)])
    )
    return f"{path}?{query}"


def came_from(request: HttpRequest) -> str:
    """The page of this house that somebody comes from; "" when it is not known."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return ""
    place = urlsplit(page)
    return f"{place.path}?{place.query}" if place.query else place.path
