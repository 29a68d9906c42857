"""Preferences: the page where a person says how they like to work, and the two switches of every page."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from babel.dates import get_timezone_location
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import activate, check_for_language, get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backoffice import reader
from backoffice.navigation import ENTRIES
from core.actors import Actor
from core.days import zone, zone_names
from core.locales import locale
from core.permissions import allows
from core.preferences import prefer
from core.templatetags.ui import say_time

YEAR = 365 * 24 * 3600
LANGUAGE_NAMES = {"fr": "Français", "en": "English"}
REGIONS = {
    "Africa": pgettext_lazy("region", "Africa"),
    "America": pgettext_lazy("region", "America"),
    "Antarctica": pgettext_lazy("region", "Antarctica"),
    "Asia": pgettext_lazy("region", "Asia"),
    "Atlantic": pgettext_lazy("region", "Atlantic"),
    "Australia": pgettext_lazy("region", "Australia"),
    "Europe": pgettext_lazy("region", "Europe"),
    "Indian": pgettext_lazy("region", "Indian Ocean"),
    "Pacific": pgettext_lazy("region", "Pacific"),
}
Choices = list[tuple[str, Any]]


@lru_cache(maxsize=8)
def zones_by_region(language: str, spoken: str) -> Choices:
    """Zones by continent, each by its city in the reader's language, in the order of the alphabet."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names() - {"UTC"}:
        region = name.partition("/")[0]
        found.setdefault(region, []).append((name, str(get_timezone_location(name, locale=spoken, return_city=True))))
    groups: Choices = [(str(REGIONS[key]), sorted(cities, key=lambda city: city[1])) for key, cities in found.items()]
    return [*sorted(groups, key=lambda group: group[0] != str(REGIONS["Europe"])), ("UTC", "UTC")]


def city_of(name: str) -> str:
    """The city that a zone is named after, in the reader's language: `Paris`, `Londres`."""
    return str(get_timezone_location(name, locale=locale(), return_city=True))


class PreferencesForm(forms.Form):
    """How a person likes to work. The first choice of each is "as it comes"."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Times on your pages are in this zone. A time of another place says whose it is."),
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        required=False,
        choices=[
            ("", gettext_lazy("As the device")),
            ("day", gettext_lazy("Day (light)")),
            ("night", gettext_lazy("Night (dark)")),
        ],
    )
    density = forms.ChoiceField(
        label=gettext_lazy("Lists"),
        required=False,
        choices=[("", gettext_lazy("Comfortable")), ("compact", gettext_lazy("Compact: more rows on a screen"))],
    )
    start_page = forms.ChoiceField(
        label=gettext_lazy("First page"), required=False, help_text=gettext_lazy("What opens after you sign in.")
    )

    def __init__(self, data: Any = None, *, user: Any, known: reader.Reader) -> None:
        taste = known.taste
        initial = {name: getattr(taste, name) for name in ("language", "time_zone", "theme", "start_page", "density")}
        super().__init__(data, initial=initial)
        self._offer("language", _("As the browser"), LANGUAGE_NAMES.items())
        place = known.place_zone or settings.TIME_ZONE
        self._offer("time_zone", _("As at work (%(city)s)") % {"city": city_of(place)}, _zones())
        self._offer("start_page", _("Home"), _start_pages(user))

    def _offer(self, name: str, first: str, others: Iterable[tuple[str, Any]]) -> None:
        self.fields[name].choices = [("", first), *others]  # type: ignore[attr-defined]


def _zones() -> Choices:
    return zones_by_region(get_language() or "en", locale())


def _start_pages(user: Any) -> list[tuple[str, str]]:
    return [
        (entry.route, str(entry.label))
        for entry in ENTRIES
        if entry.route != "home" and (not entry.permission or allows(user, entry.permission))
    ]


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Language, time zone, theme, density and first page of whoever is signed in."""
    known = reader.of(request) or reader.read(request.user)
    form = PreferencesForm(request.POST or None, user=request.user, known=known)
    if request.method == "POST" and form.is_valid():
        _keep(request, **form.cleaned_data)
        messages.success(request, _("Your preferences are kept."))
        return redirect("preferences")
    zone_now = {"city": city_of(known.zone), "time": say_time(timezone.localtime())}
    context = {"form": form, "errors": _errors(form), "zone_now": zone_now, "zone_name": known.zone}
    return render(request, "backoffice/preferences.html", context, status=422 if form.errors else 200)


def _errors(form: forms.Form) -> list[dict[str, str]]:
    return [
        {"text": str(error), "href": f"#{form[name].id_for_label}"}
        for name, errors in form.errors.items()
        for error in errors
    ]


def _keep(request: HttpRequest, **changes: str) -> None:
    """For the person; this very answer is already in the new language and zone."""
    prefer(request.user, actor=Actor.of(request.user), **changes)
    known = reader.read(request.user)
    request.reader = known  # type: ignore[attr-defined]
    if known.taste.language:
        activate(known.taste.language)
    timezone.activate(zone(known.zone))


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """FR · EN: kept with the person who is signed in, and in this browser for everybody else."""
    response = redirect(back(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax", secure=settings.HTTPS, httponly=True
        )
        if request.user.is_authenticated:
            _keep(request, language=chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Day or night: kept with the person who is signed in, and in this browser."""
    response = redirect(back(request))
    chosen = "night" if request.POST.get("theme") == "night" else "day"
    response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=settings.HTTPS, httponly=True)
    if request.user.is_authenticated:
        _keep(request, theme=chosen)
    return response


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """The first page after the sign-in: the one that this person chose and may (still) open, else home."""
    known = reader.of(request) or reader.read(request.user)
    wanted = known.taste.start_page
    return redirect(reverse(wanted) if wanted and wanted in dict(_start_pages(request.user)) else "home")


def back(request: HttpRequest) -> str:
    """The page that a switch was pressed on; never another site."""
    target = request.POST.get("next") or request.headers.get("referer", "/")
    return target if url_has_allowed_host_and_scheme(target, {request.get_host()}, settings.HTTPS) else "/"
