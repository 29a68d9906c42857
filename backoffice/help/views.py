"""The help, for everybody who has signed in."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from backoffice.help import pages
from core.models import Grant
from core.problems import NotFound


@login_required
def contents(request: HttpRequest) -> HttpResponse:
    """All pages, those of one's own role first; with words, the sections that hold them."""
    words = request.GET.get("q", "").strip()[:200]
    user: Any = request.user
    roles = set(Grant.objects.filter(user=user).values_list("role", flat=True))
    mine: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for page, shown in pages.pages_for(roles):
        (mine if roles & set(page.roles) or not page.roles else others).append({"page": page, "title": shown.title})
    found = [
        {"section": section, "page": pages.shown(section.page).title, "said": pages.snippet(section, words)}
        for section in pages.search(words, roles)
    ]
    return render(request, "help/contents.html", {"mine": mine, "others": others, "words": words, "found": found})


@login_required
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One page with its table of contents."""
    if name not in pages.BY_NAME:
        raise NotFound(_("There is no such page in the help."))
    shown = pages.shown(name)
    others = [{"page": each, "title": pages.shown(each.name).title} for each in pages.PAGES]
    return render(request, "help/page.html", {"shown": shown, "name": name, "others": others})
