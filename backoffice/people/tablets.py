"""Shared tablets: registering and taking out; on the tablet itself the names of its people and the PIN pad."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from backoffice.people.forms import DeviceForm
from backoffice.people.people import FORM, tabs
from core.actors import Actor
from core.forms import tell
from core.people import devices, sessions
from core.people.middleware import end
from core.permissions import locations_of, permission
from core.problems import Forbidden, NotFound, Problem
from inventory.models import Location
from inventory.selectors import place_choices

guarded = permission(devices.MANAGE)


@never_cache
@require_safe
@guarded
def tablets(request: HttpRequest) -> HttpResponse:
    """The tablets of the places that this person looks after."""
    found = devices.devices_at(locations_of(request.user, devices.MANAGE))
    names = dict(Location.objects.filter(pk__in={device.location_id for device in found}).values_list("pk", "name"))
    rows = [{"device": device, "place": names.get(device.location_id, "")} for device in found]
    return render(request, "people/tablets.html", {"rows": rows, "tabs": tabs(request, "devices")})


@never_cache
@FORM
@guarded
def register(request: HttpRequest) -> HttpResponse:
    """Make this very browser a shared tablet; whoever does it is signed out on it."""
    mine = place_choices(locations_of(request.user, devices.MANAGE))
    form = DeviceForm(request.POST or None, places=mine)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            _device, secret = devices.register(
                given["name"], UUID(given["place"]), given["idle_minutes"], actor=Actor.of(request.user)
            )
        except Problem as problem:
            tell(form, problem)
        else:
            end(request)
            response = redirect("device")
            _mark(response, secret)
            return response
    return render(request, "people/tablet_new.html", {"form": form}, status=422 if form.is_bound else 200)


def _mark(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        devices.cookie_name(), secret, max_age=devices.COOKIE_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


@require_POST
@guarded
def revoke(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Take a tablet out: it is locked at once."""
    try:
        devices.revoke(device_id, actor=Actor.of(request.user))
        messages.success(request, _("The tablet is taken out. Whoever was signed in on it is signed out."))
    except (NotFound, Forbidden):
        raise
    except Problem as problem:
        messages.error(request, problem.detail)
    return redirect("devices")


# On the tablet


@never_cache
@require_safe
def lock_screen(request: HttpRequest) -> HttpResponse:
    """The names of the people of this tablet; whoever is still in locks it by signing out."""
    device = devices.device_of(request)
    if device is None:
        return redirect("sign-in")
    if request.user.is_authenticated:
        return redirect("home")
    devices.seen(device)
    context = {"device": device, "place": _place_of(device), "people": devices.people_of(device)}
    response = render(request, "people/lock.html", context)
    _mark(response, request.COOKIES[devices.cookie_name()])
    return response


@never_cache
@sensitive_post_parameters()
@FORM
def pin_pad(request: HttpRequest, user_id: int) -> HttpResponse:
    """The digits of one person."""
    device = devices.device_of(request)
    if device is None:
        return redirect("sign-in")
    person = next((each for each in devices.people_of(device) if each.pk == user_id), None)
    if person is None:
        return redirect("device")
    said, status = "", 200
    if request.method == "POST":
        try:
            devices.enter(device, user_id, _typed(request))
        except Problem as problem:
            said = str(problem.errors[0]["msg"]) if problem.errors else problem.detail
            status = problem.status
        else:
            sessions.begin(request, person, device=device)
            return redirect("work")
    context = {"device": device, "place": _place_of(device), "person": person, "said": said}
    return render(request, "people/pin.html", context, status=status)


def _typed(request: HttpRequest) -> str:
    """The digits from the keyboard, or those of the pad one after the other."""
    return "".join(request.POST.get("pin", "").split())[: devices.LONGEST_PIN + 1]


def _place_of(device: Any) -> str:
    return Location.objects.filter(pk=device.location_id).values_list("name", flat=True).first() or ""
