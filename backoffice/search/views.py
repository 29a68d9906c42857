"""The search page, and the part of it that the palette asks for while one types."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice import reach
from backoffice.search import commands
from backoffice.search.asked import Asked
from backoffice.search.commands import Command
from backoffice.search.everything import look

ON_PAGE, IN_PALETTE, COMMANDS = 8, 6, 5
"""How many of a kind are shown; a link leads on to the list of all that match."""


@login_required
@never_cache
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What a text finds, by kind. A number or address that only one thing has opens that thing at once (not with `all`)."""
    results = look(request, request.GET.get("q", ""), ON_PAGE)
    only = results.only
    if only and "all" not in request.GET:
        return redirect(only.url)
    known = commands.of(request)
    named = commands.named(known, results.asked.text, COMMANDS)
    *others, actions = _grouped(known)
    shown = {
        "results": results,
        "asked": results.asked,
        "commands": _grouped(named) if results.asked.text else others,
        "actions": actions,
        "aside": len(results.groups) > 1 or bool(named),
        "limited": reach.is_limited(request.user),
        "back": request.get_full_path(),
    }
    return render(request, "backoffice/search.html", shown)


@login_required
@never_cache
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """Pages, actions and things for what is typed so far; with nothing typed, where one may go."""
    results = look(request, request.GET.get("q", ""), IN_PALETTE)
    asked, known = results.asked, commands.of(request)
    chosen = commands.named(known, asked.text, COMMANDS) if asked.text else _first(known)
    shown = {
        "results": results,
        "asked": asked,
        "commands": _grouped(chosen),
        "sent": [command for command in chosen if command.is_sent],
        "commands_first": bool(chosen) and not results.only,
        "all_url": _all(asked),
        "back": _page(request),
    }
    return render(request, "parts/palette_found.html", shown)


def _first(known: list[Command]) -> list[Command]:
    """Where nothing is typed: pages and actions, without every view of every list."""
    return [command for command in known if command.group != commands.VIEWS]


@dataclass(frozen=True)
class Named:
    """Commands under their heading."""

    label: str | Promise
    commands: list[Command]


def _grouped(chosen: list[Command]) -> list[Named]:
    by_group: dict[str, list[Command]] = {}
    for command in chosen:
        by_group.setdefault(command.group, []).append(command)
    return [Named(commands.GROUPS[group], found) for group, found in by_group.items()]


def _all(asked: Asked) -> str:
    return f"{reverse('search')}?{urlencode({'q': asked.text, 'all': '1'})}" if asked.text else ""


def _page(request: HttpRequest) -> str:
    """The page that the palette was opened on, to come back to after a switch."""
    here: Any = request.headers.get("HX-Current-URL", "")
    return here if url_has_allowed_host_and_scheme(here, {request.get_host()}) else "/"
