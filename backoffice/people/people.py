"""People: the list, an invitation, and the page of a person with roles, sessions and what happened."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.people import letters
from backoffice.people.forms import EVERYWHERE, DetailsForm, GrantForm, InviteForm
from backoffice.people.history import history
from core.actors import Actor
from core.forms import tell
from core.lists import KeysetList
from core.models import Grant, OneTimeLink
from core.people import grants, persons, second_factor, sessions
from core.people.authority import MANAGE, about, person_by_id
from core.people.links import address_of
from core.people.roles import Shown, all_roles
from core.permissions import allows, permission
from core.problems import NotFound, Problem
from inventory.models import Location
from inventory.selectors import places

PER_PAGE = 50
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


# The list


@never_cache
@require_safe
@guarded
def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account: who they are, what they may do and where, when they were last here."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    closed, role = request.GET.get("show") == "closed", request.GET.get("role", "")[:40].replace("\0", "")
    found = get_user_model().objects.filter(is_active=not closed)
    for word in words.split()[:5]:
        found = found.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    if role:
        found = found.filter(pk__in=Grant.objects.filter(role=role).values("user"))
    found = found.select_related("second_factor", "pin")
    page = KeysetList[Any](found, "username").page(request.GET.get("cursor", ""), PER_PAGE)
    roles = all_roles()
    context = {
        "page": page,
        "rows": _rows(page.items, roles),
        "q": words,
        "closed": closed,
        "role": role,
        "roles": roles,
        "tabs": tabs(request, "people"),
    }
    return render(request, "people/list.html", context)


def _rows(found: list[Any], roles: list[Shown]) -> list[dict[str, Any]]:
    held = _held(found, {role.code: role.name for role in roles})
    careful = {role.code for role in roles if role.wish.needs_second_factor}
    return [
        {
            "person": person,
            "grants": held.get(person.pk, []),
            "second_factor": bool(getattr(person, "second_factor", None) and person.second_factor.confirmed_at),
            "owes": any(grant["role"] in careful for grant in held.get(person.pk, [])),
            "invited": not person.has_usable_password(),
        }
        for person in found
    ]


def _held(found: list[Any], names: dict[str, str]) -> dict[int, list[dict[str, Any]]]:
    """The roles of some people, with the names of their places."""
    given = list(Grant.objects.filter(user__in=found).order_by("role"))
    where = dict(Location.objects.filter(pk__in={grant.location_id for grant in given}).values_list("pk", "name"))
    held: dict[int, list[dict[str, Any]]] = {}
    for grant in given:
        place = where.get(grant.location_id, "") if grant.location_id else ""
        row = {"id": grant.pk, "role": grant.role, "name": names.get(grant.role, grant.role), "place": place}
        held.setdefault(grant.user_id, []).append(row)
    return held


@never_cache
@FORM
@guarded
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody new: an account with a first role, and a letter with a link to choose a password."""
    form = InviteForm(request.POST or None, roles=all_roles(), places=places())
    if request.method == "POST" and form.is_valid():
        try:
            person = _take_on(form, Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(
                request, _("%(name)s is invited by mail.") % {"name": person.get_full_name() or person.username}
            )
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
    roles = all_roles()
    context = {
        "person": found,
        "name": found.get_full_name() or found.username,
        "grants": _held([found], {role.code: role.name for role in roles}).get(found.pk, []),
        "factor": second_factor.factor_of(found),
        "pin": getattr(found, "pin", None),
        "sessions": sessions.of_person(found),
        "entries": history(about(found.pk)),
        "details_form": forms.get("details") or DetailsForm(initial=_initial(found)),
        "grant_form": forms.get("grant") or GrantForm(roles=roles, places=places()),
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
    if form.is_valid():
        try:
            persons.change(user_id, form.details(), actor=Actor.of(request.user))
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
    found, form = person_by_id(user_id), GrantForm(request.POST, roles=all_roles(), places=places())
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
