"""What every page of the shell shows, worked out only when a template asks for it."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from backoffice import reader
from backoffice.help import pages
from backoffice.navigation import entries, section
from backoffice.search.commands import jumps
from core.people.roles import names_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the person signed in, theme and density chosen, the name of the company."""
    known = reader.of(request)
    return {
        "density": known.taste.density if known else "",
        "help_here": SimpleLazyObject(lambda: pages.about(_route(request))),
        "company": settings.COMPANY,
        "demo": settings.DEMO,
        "theme": _theme(request),
        "nav": (nav := SimpleLazyObject(lambda: entries(request))),
        "nav_drawn": SimpleLazyObject(lambda: draw_nav(nav)),
        "section": SimpleLazyObject(lambda: section(request)),
        "palette_drawn": SimpleLazyObject(lambda: draw_palette(jumps(request.user))),
        "me": SimpleLazyObject(lambda: _me(request)),
    }


def draw_nav(nav: Any) -> SafeString:
    """The navigation as it stands at the side and in the menu."""
    return _draw("parts/nav.html", "nav", get_language(), tuple(tuple(str(item[name]) for name in NAV) for item in nav))


def draw_palette(jumps: Any) -> SafeString:
    """The palette and the help on keys, which say the same on every page."""
    shown = tuple(tuple(str(getattr(jump, name)) for name in JUMP) for jump in jumps)
    return _draw("parts/palette.html", "jumps", get_language(), shown)


NAV = ("label", "icon", "url", "group", "tone", "count", "here")
JUMP = ("label", "url", "key")
FIELDS = {"nav": NAV, "jumps": JUMP}


@lru_cache(maxsize=2_000)
def _draw(template: str, name: str, language: str | None, items: tuple[tuple[str, ...], ...]) -> SafeString:
    """A part of the shell, drawn again only when it says something else."""
    return SafeString(
        render_to_string(template, {name: [dict(zip(FIELDS[name], item, strict=True)) for item in items]})
    )


def _route(request: HttpRequest) -> str:
    found = request.resolver_match
    return (found.url_name or "") if found else ""


def _theme(request: HttpRequest) -> str:
    known = reader.of(request)
    chosen = (known.taste.theme if known else "") or request.COOKIES.get("theme", "")
    return chosen if chosen in ("day", "night") else ""


def _me(request: HttpRequest) -> dict[str, str]:
    user: Any = request.user
    name = user.get_full_name() or user.get_username()
    initials = "".join(part[0] for part in name.split()[:2]).upper()
    return {"name": name, "initials": initials, "roles": " · ".join(names_of(user))}
