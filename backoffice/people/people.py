"""People: the list, an invitation, and the page of a person with roles, sessions and what happened."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.people import letters
from backoffice.people.forms import EVERYWHERE, DetailsForm, GrantForm, InviteForm
from backoffice.people.history import history, late
from backoffice.people.tables import held, name_of
from core import versions
from core.actors import Actor
from core.forms import tell
from core.lists.views import show
from core.models import Grant, OneTimeLink
from core.people import grants, persons, second_factor, sessions
from core.people.authority import MANAGE, about, person_by_id
from core.people.links import address_of
from core.people.roles import all_roles
from core.permissions import allows, permission
from core.problems import NotFound, Problem
from inventory.selectors import place_choices

LINK = "link_to_hand_over"
FORM = require_http_methods(["GET", "HEAD", "POST"])
guarded = permission(MANAGE, everywhere=True)


def tabs(request: HttpRequest, on: str) -> list[dict[str, Any]]:
    """The pages about people, those that this person may open."""
    pages = [
        ("people", _("People"), MANAGE),
        ("roles", _("Roles"), MANAGE),
        ("devices", _("Shared tablets"), "devices.manage"),
    ]
    return [
        {"label": label, "url": reverse(route), "on": route == on}
        for route, label, needs in pages
        if allows(request.user, needs)
    ]


@never_cache
@require_safe
@guarded
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account."""
    return show(request, "people", sections=tabs(request, "people"))


@never_cache
@FORM
@guarded
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody new: an account with a first role, and a letter with a link to choose a password."""
    form = InviteForm(request.POST or None, roles=all_roles(), places=place_choices())
    if request.method == "POST" and form.is_valid():
        try:
            person = _take_on(form, Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(name)s is invited by mail.") % {"name": name_of(person)})
            return redirect("person", person.pk)
    return render(request, "people/invite.html", {"form": form}, status=422 if form.is_bound else 200)


@transaction.atomic
def _take_on(form: InviteForm, actor: Actor) -> Any:
    person = persons.take_on(form.details(), actor=actor)
    grants.give(person.pk, form.cleaned_data["role"], _place(form.cleaned_data["place"]), actor=actor)
    letters.send_link(person, OneTimeLink.Kind.INVITATION, actor=actor)
    return person


def _place(text: str) -> UUID | None:
    return None if text == EVERYWHERE else UUID(text)


# One person


@never_cache
@require_safe
@guarded
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Who they are, what they may do and where, how they sign in, where they are signed in, what happened."""
    return _page(request, person_by_id(user_id))


def _page(request: HttpRequest, found: Any, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "person": found,
        "name": name_of(found),
        "grants": held([found]).get(found.pk, []),
        "factor": second_factor.factor_of(found),
        "pin": getattr(found, "pin", None),
        "sessions": sessions.of_person(found),
        "entries": history(about(found.pk)),
        "version": persons.version_of(found.pk),
        "details_form": forms.get("details") or DetailsForm(initial=_initial(found)),
        "grant_form": forms.get("grant") or GrantForm(roles=all_roles(), places=place_choices()),
        "opened": next(iter(forms), ""),
        "link": _link_to_hand_over(request, found),
    }
    return render(request, "people/person.html", context, status=status)


def _initial(found: Any) -> dict[str, str]:
    return {name: getattr(found, name) for name in ("username", "email", "first_name", "last_name")}


def _link_to_hand_over(request: HttpRequest, found: Any) -> str:
    """The link, where no mail leaves this system: to whoever may invite, until it is used."""
    if settings.EMAIL_HOST:
        return ""
    open_link = OneTimeLink.objects.filter(user=found, used_at=None).order_by("-created_at").first()
    return address_of(open_link.pk) if open_link and not open_link.is_over else ""


Act = Callable[..., str]


def on_person(act: Act) -> Callable[..., HttpResponse]:
    """A POST about a person: afterwards their page, with what was done or why it could not be."""

    @wraps(act)
    def wrapped(request: HttpRequest, user_id: int, **values: Any) -> HttpResponse:
        try:
            messages.success(request, act(request, person_by_id(user_id), **values))
        except NotFound:
            raise
        except Problem as problem:
            messages.error(request, problem.detail)
        return redirect("person", user_id)

    return guarded(require_POST(wrapped))


@require_POST
@guarded
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change who somebody is."""
    found, form = person_by_id(user_id), DetailsForm(request.POST)
    if versions.looks_again(request):
        return _page(request, found, details=form)
    if form.is_valid():
        try:
            persons.change(user_id, form.details(), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            raise late(stale, request, form.typed()) from None
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("Changed."))
            return redirect("person", user_id)
    return _page(request, found, 422, details=form)


@require_POST
@guarded
def give(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a role, everywhere or at a place."""
    found, form = person_by_id(user_id), GrantForm(request.POST, roles=all_roles(), places=place_choices())
    if form.is_valid():
        given = form.cleaned_data
        try:
            grants.give(user_id, given["role"], _place(given["place"]), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The role is given: it holds from the next page on."))
            return redirect("person", user_id)
    return _page(request, found, 422, grant=form)


@on_person
def take(request: HttpRequest, found: Any, grant_id: UUID) -> str:
    """Take a role away."""
    if not Grant.objects.filter(pk=grant_id, user=found).exists():
        raise NotFound(_("Somebody else has taken this role away already."))
    grants.take(grant_id, actor=Actor.of(request.user))
    return _("The role is taken away: it holds no longer from the next page on.")


@on_person
def send_away(request: HttpRequest, found: Any) -> str:
    """Close the account."""
    persons.send_away(found.pk, actor=Actor.of(request.user))
    return _("The account is closed and all its sessions have ended.")


@on_person
def take_back(request: HttpRequest, found: Any) -> str:
    """Open the account again."""
    persons.take_back(found.pk, actor=Actor.of(request.user))
    return _("The account is open again.")


@on_person
def send_link(request: HttpRequest, found: Any) -> str:
    """A link by mail to choose a password."""
    with transaction.atomic():
        letters.write(found, persons.reset_link(found.pk, actor=Actor.of(request.user)))
    return _("A link to choose a password is on its way by mail.")


@on_person
def reset_factor(request: HttpRequest, found: Any) -> str:
    """The phone is lost: the second factor is taken away, and all sessions end."""
    second_factor.take_away(found, actor=Actor.of(request.user))
    return _("The second factor is taken away. At the next sign-in a new one is set up.")


@on_person
def end_session(request: HttpRequest, found: Any, session_id: UUID) -> str:
    """End one session."""
    sessions.end(found, session_id, actor=Actor.of(request.user))
    return _("The session has ended.")


@on_person
def end_sessions(request: HttpRequest, found: Any) -> str:
    """End all sessions."""
    ended = sessions.end_all(found, actor=Actor.of(request.user))
    return ngettext("%(n)d session has ended.", "%(n)d sessions have ended.", ended) % {"n": ended}
