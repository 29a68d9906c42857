"""What can be opened and done by its name: every page, every list with its views, and the actions of the shell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from backoffice.navigation import in_order
from core.lists import ListSpec, registry, saved
from core.permissions import allows
from core.search import words

PAGES, VIEWS, ACTIONS = "pages", "views", "actions"
GROUPS = {PAGES: _lazy("Pages"), VIEWS: _lazy("Lists"), ACTIONS: _lazy("Actions")}
JUMPS = {
    "home": "h", "orders": "o", "new-order": "n", "customers": "c", "mail": "m", "work": "w", "exceptions": "e",
    "parcels": "p", "returns": "r", "stock": "s", "payments": "b", "ledger": "l", "insight": "i", "work-queue": "q",
}  # fmt: skip
"""The key after `g` that opens each page."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something with a name. With `fields` it is sent (POST), else its address is opened. `also` finds it as well."""

    label: str
    url: str
    icon: str
    group: str
    note: str = ""
    also: str = ""
    key: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    is_sent: bool = False

    @property
    def name(self) -> str:
        """An id within the page."""
        return "do-" + "-".join(words(f"{self.url} {' '.join(self.fields.values())}"))


def of(request: HttpRequest) -> list[Command]:
    """All that this person may open and do, pages first, in the order of the menu."""
    return [*_pages(request.user), *_views(request.user), *_actions(request)]


def named(commands: Sequence[Command], text: str, most: int) -> list[Command]:
    """Those in whose name each typed word begins a word, the name that begins with the text first."""
    typed = words(text)
    fitting = [(_fit(command, typed), command) for command in commands] if typed else []
    found = sorted((pair for pair in fitting if pair[0] < NOT), key=lambda pair: pair[0])
    return [command for _fits, command in found[:most]]


NOT = 9


def _fit(command: Command, typed: Sequence[str]) -> int:
    said = words(f"{command.label} {command.note}")
    if not all(any(word.startswith(each) for word in (*said, *words(command.also))) for each in typed):
        return NOT
    if not all(any(word.startswith(each) for word in said) for each in typed):
        return 3
    first = words(command.label)
    return 0 if " ".join(first).startswith(" ".join(typed)) else 1 if command.group == PAGES else 2


def jumps(user: Any) -> list[Command]:
    """The pages that two keys open."""
    return [command for command in _pages(user) if command.key]


def _pages(user: Any) -> Iterator[Command]:
    for entry in in_order(user):
        key = JUMPS.get(entry.route, "")
        yield Command(label=str(entry.label), url=reverse(entry.route), icon=entry.icon, group=PAGES, key=key)
    for route, label, icon in MORE_PAGES:
        yield Command(label=str(label), url=reverse(route), icon=icon, group=PAGES)


MORE_PAGES: tuple[tuple[str, str | Promise, str], ...] = (
    ("preferences", _lazy("Preferences"), "settings"),
    ("help", _lazy("Help"), "circle-help"),
)


def _views(user: Any) -> Iterator[Command]:
    specs = [spec for spec in map(registry.get, registry.names()) if allows(user, spec.permission) and spec.address]
    for spec in specs:
        for tab in spec.tabs:
            if tab.query:
                yield _view(spec, str(tab.label), f"{spec.address}?{tab.query}")
    by_name = {spec.name: spec for spec in specs}
    for view in saved.visible(user).filter(list_name__in=by_name).order_by("list_name", "position", "id")[:100]:
        spec = by_name[view.list_name]
        yield _view(spec, view.name, f"{spec.address}?view={view.pk}", "bookmark")


def _view(spec: ListSpec, label: str, url: str, icon: str = "") -> Command:
    return Command(label=label, url=url, icon=icon or spec.icon, group=VIEWS, note=str(spec.title))


Act = Callable[[HttpRequest], Command | None]


def _actions(request: HttpRequest) -> list[Command]:
    return [command for act in ACTS if (command := act(request))]


def _language(request: HttpRequest) -> Command:
    wanted = "en" if (get_language() or "en").startswith("fr") else "fr"
    label = {"fr": _("Switch to French"), "en": _("Switch to English")}[wanted]
    also = "français langue language" if wanted == "fr" else "english langue language"
    return _sent(label, "set_language", "languages", also, language=wanted)


def _day(request: HttpRequest) -> Command:
    return _sent(_("Light theme"), "theme", "sun", "day jour clair theme", theme="day")


def _night(request: HttpRequest) -> Command:
    return _sent(_("Dark theme"), "theme", "moon", "night nuit sombre theme", theme="night")


def _sign_out(request: HttpRequest) -> Command:
    return _sent(_("Sign out"), "sign-out", "log-out", "log out logout quitter")


def _receive(request: HttpRequest) -> Command | None:
    if not allows(request.user, "stock.receive"):
        return None
    return Command(
        label=_("Receive goods"), url=reverse("stock"), icon="package-check", group=ACTIONS, note=_("Choose a product"),
        also="receipt delivery réception",
    )  # fmt: skip


ACTS: tuple[Act, ...] = (_receive, _language, _day, _night, _sign_out)


def _sent(label: str, route: str, icon: str, also: str, **fields: str) -> Command:
    return Command(label=label, url=reverse(route), icon=icon, group=ACTIONS, also=also, fields=fields, is_sent=True)
