"""What holds for every page of somebody who has signed in: rest, shared tablets, the duty of a second factor."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from core.people import devices, sessions
from core.permissions import bind, owes_second_factor

Next = Callable[[HttpRequest], HttpResponse]

MACHINES = ("/api/", "/health/", "/metrics", "/static/")
"""Addresses that machines ask; the page for people at `/health/` asks for itself."""
OPEN_WITHOUT = ("/account/second-factor/", "/sign-in/", "/sign-out/", "/language/", "/theme/")
"""What somebody who has to set up a second factor can do before."""
LOCK_SCREEN, SIGN_IN, ENROL = "/device/", "/sign-in/", "/account/second-factor/"
DOORS = (LOCK_SCREEN, SIGN_IN, ENROL)


def signed_in_rules(get_response: Next) -> Next:
    """Turn away, with a reason, whoever's session no longer holds; bind those on a shared tablet to its place."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(MACHINES):
            return get_response(request)
        return to_the_door(request, turned_away(request) or get_response(request))

    return middleware


def to_the_door(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A part that a page asks for never becomes a sign-in in its middle: the page itself goes there, and from there
    back."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    place = urlsplit(response.get("Location", ""))
    if not htmx or place.path not in DOORS:
        return response
    if place.path == SIGN_IN and place.query:
        return HttpResponseClientRedirect(_sign_in(htmx.current_url_abs_path or "/"))
    return HttpResponseClientRedirect(place.geturl())


def turned_away(request: HttpRequest) -> HttpResponse | None:
    """Where to go first, when the session does not hold for this page; else None, and who is on a tablet is bound to
    its place."""
    if SESSION_KEY not in request.session:
        return None
    if not request.user.is_authenticated:
        return None
    device = request.session.get(sessions.DEVICE, "")
    if sessions.rested(request):
        return _lock(request) if device else _sign_out(request)
    if device:
        return _on_tablet(request, device)
    return _second_factor_first(request)


def _on_tablet(request: HttpRequest, device_id: str) -> HttpResponse | None:
    device = devices.living(device_id)
    if device is None:
        end(request)
        return HttpResponseRedirect(SIGN_IN)
    bind(request.user, device.location_id)
    request.device = device  # type: ignore[attr-defined]
    return None


def _second_factor_first(request: HttpRequest) -> HttpResponse | None:
    if settings.DEMO or request.session.get(sessions.PROVED) or request.path.startswith(OPEN_WITHOUT):
        return None
    if owes_second_factor(request.user):
        return HttpResponseRedirect(ENROL)
    return None


def _lock(request: HttpRequest) -> HttpResponse:
    end(request)
    return HttpResponseRedirect(LOCK_SCREEN)


def _sign_out(request: HttpRequest) -> HttpResponse:
    """Back to the sign-in, and from there to where they were; a form that was sent is not sent again."""
    end(request)
    messages.info(request, _("You were signed out because nothing happened for a while."))
    return HttpResponseRedirect(_sign_in(request.get_full_path() if request.method == "GET" else "/"))


def _sign_in(back: str) -> str:
    """The sign-in that leads back to where somebody was."""
    return f"{SIGN_IN}?{urlencode({'next': back})}"


def end(request: HttpRequest) -> None:
    """Sign out, and forget the session's row."""
    sessions.forget(request.session.session_key)
    logout(request)
