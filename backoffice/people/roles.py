"""Roles: the list, a role with what it allows, a copy, a comparison."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from backoffice.people.forms import RoleForm
from backoffice.people.history import history, late, role_changes
from backoffice.people.people import FORM, guarded, tabs
from core import versions
from core.actors import Actor
from core.forms import tell
from core.models import Grant, Role
from core.people.authority import covers
from core.people.roles import (
    Shown,
    all_roles,
    change_role,
    delete_role,
    difference,
    make_role,
    reset_role,
    role_by_code,
    told,
)
from core.permissions import permissions_of
from core.problems import Problem


@never_cache
@require_safe
@guarded
def roles(request: HttpRequest) -> HttpResponse:
    """Every role with its people."""
    people = Grant.objects.filter(user__is_active=True).values("role").annotate(n=Count("user", distinct=True))
    counts = dict(people.values_list("role", "n"))
    rows = [{"role": role, "people": counts.get(role.code, 0)} for role in all_roles()]
    return render(request, "people/roles.html", {"rows": rows, "tabs": tabs(request, "roles")})


@never_cache
@FORM
@guarded
def new_role(request: HttpRequest) -> HttpResponse:
    """An own role, from nothing or as a copy of another."""
    start = next((role for role in all_roles() if role.code == request.GET.get("like", "")), None)
    form = RoleForm(request.POST or None, initial=_copy(start))
    if request.method == "POST" and form.is_valid():
        try:
            code = make_role(form.wish(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The role is made. Give it to people on their pages."))
            return redirect("role", code)
    context = {"form": form, "groups": _groups(request, form), "like": start}
    return render(request, "people/role_new.html", context, status=422 if form.is_bound else 200)


def _copy(start: Shown | None) -> dict[str, Any]:
    if start is None:
        return {"idle_minutes": 480}
    return _initial(start) | {"name": _("%(name)s, copy") % {"name": start.name}}


@never_cache
@FORM
@guarded
def role(request: HttpRequest, code: str) -> HttpResponse:
    """What the role allows, as a form."""
    found = role_by_code(code)
    form = RoleForm(request.POST or None, initial=_initial(found))
    status = 200
    if request.method == "POST" and not versions.looks_again(request) and form.is_valid():
        try:
            change_role(code, form.wish(), actor=Actor.of(request.user), version=versions.shown(request))
        except versions.Stale as stale:
            changes = role_changes(told(role_by_code(code).wish), told(form.wish()))
            raise late(stale, request, [(_("Changes"), "\n".join(changes))]) from None
        except Problem as problem:
            tell(form, problem)
            status = problem.status
        else:
            messages.success(request, _("Changed: it holds from everybody's next page on."))
            return redirect("role", code)
    row = Role.objects.get(code=code)
    context = {
        "role": found,
        "form": form,
        "groups": _groups(request, form),
        "people": _people_of(code),
        "drift": _drift(found),
        "entries": history(row.pk),
        "others": [each for each in all_roles() if each.code != code],
    }
    return render(request, "people/role.html", context, status=422 if form.errors and status == 200 else status)


def _initial(found: Shown) -> dict[str, Any]:
    wish = found.wish
    return {
        "name": wish.name,
        "description": wish.description,
        "permissions": sorted(wish.permissions),
        "needs_second_factor": wish.needs_second_factor,
        "idle_minutes": wish.idle_minutes,
    }


def _groups(request: HttpRequest, form: RoleForm) -> list[dict[str, Any]]:
    """Every permission under its heading, ticked as in the form; what the reader does not hold cannot be touched."""
    chosen = set(form["permissions"].value() or [])
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in settings.GROUPS}
    for name, declared in settings.PERMISSIONS.items():
        held = covers(request.user, name, None)
        groups[declared.group].append(
            {"name": name, "words": declared.words, "on": name in chosen, "held": held, "floor": name in settings.FLOOR}
        )
    return [{"words": settings.GROUPS[name], "permissions": found} for name, found in groups.items() if found]


def _people_of(code: str) -> list[Any]:
    given = Grant.objects.filter(role=code, user__is_active=True).select_related("user").order_by("user__username")
    return list({grant.user_id: grant.user for grant in given[:200]}.values())


def _drift(found: Shown) -> dict[str, Any] | None:
    """How a built-in role differs from what came with the system."""
    if not found.built_in or not found.changed:
        return None
    more, less = difference(found.wish.permissions, permissions_of(found.code, None))
    return {"more": _words(more), "less": _words(less)}


def _words(names: list[str]) -> list[Any]:
    return [settings.PERMISSIONS[name].words for name in names]


@require_POST
@guarded
def reset(request: HttpRequest, code: str) -> HttpResponse:
    """Put a built-in role back as it came."""
    return _step(request, code, reset_role, _("The role is as it came with the system."))


@require_POST
@guarded
def delete(request: HttpRequest, code: str) -> HttpResponse:
    """Take an own role away."""
    return _step(request, code, delete_role, _("The role is gone."))


def _step(request: HttpRequest, code: str, act: Any, done: str) -> HttpResponse:
    role_by_code(code)
    try:
        act(code, actor=Actor.of(request.user))
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect("role", code)
    messages.success(request, done)
    return redirect("roles")


@require_safe
@guarded
def compare(request: HttpRequest) -> HttpResponse:
    """Two roles side by side: what only the one allows, what only the other, what both."""
    known = all_roles()
    one = _picked(known, request.GET.get("one", ""), 0)
    other = _picked(known, request.GET.get("other", ""), 1)
    first, second = difference(one.wish.permissions, other.wish.permissions)
    both = [name for name in settings.PERMISSIONS if name in one.wish.permissions & other.wish.permissions]
    context = {
        "roles": known,
        "one": one,
        "other": other,
        "only_one": _words(first),
        "only_other": _words(second),
        "both": _words(both),
    }
    return render(request, "people/compare.html", context)


def _picked(known: list[Shown], code: str, otherwise: int) -> Shown:
    return next((role for role in known if role.code == code), known[otherwise])
