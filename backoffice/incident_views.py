"""The page of an exception: what it is about, whose it is, and the two things to do with it."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backoffice import incident_acts as acts
from backoffice.incident_tables import ME, NEEDS, NEXT, NOBODY, kind_word, version_of, with_subjects
from core import versions
from core.lists.addresses import came_from
from core.lists.queries import read_query
from core.models import Incident
from core.permissions import permission
from core.problems import Problem

Act = Callable[[Any, Incident, Mapping[str, Any]], str]


@permission(NEEDS)
@require_safe
def exception(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """What is wrong, about what and where, since when and whose it is."""
    return _page(request, acts.own(request.user, incident_id))


def _page(request: HttpRequest, found: Incident, *, status: int = 200, **typed: forms.Form) -> HttpResponse:
    with_subjects([found])
    context = {
        "incident": found,
        "what": kind_word(found.kind),
        "next": NEXT.get(found.kind, ""),
        "version": version_of(found),
        "owner_form": typed.get("give") or _form(acts.OwnerForm, found),
        "how_form": typed.get("settle") or _form(acts.HowForm, found),
        "form": next(iter(typed.values()), None),
    }
    return render(request, "backoffice/exception.html", context, status=status)


def _form(kind: type[forms.Form], found: Incident, data: QueryDict | None = None) -> forms.Form:
    form = kind(data, initial={"to": str(found.assignee_id or NOBODY)})
    if isinstance(form, acts.OwnerForm):
        form.offer([found.location_id])
    return form


def door(kind: type[forms.Form]) -> Callable[[Act], Callable[..., HttpResponse]]:
    """A POST about an exception with a form of this kind, on the state that its page showed: afterwards the list."""

    def made(act: Act) -> Callable[..., HttpResponse]:
        @wraps(act)
        def wrapped(request: HttpRequest, incident_id: UUID) -> HttpResponse:
            found = acts.own(request.user, incident_id)
            form = _form(kind, found, request.POST)
            again = versions.looks_again(request)
            if again or not form.is_valid():
                return _page(request, found, status=200 if again else 422, **{act.__name__: form})
            try:
                messages.success(request, _done(request, found, form, act))
            except versions.Stale as stale:
                stale.typed = _typed(form)
                raise
            except Problem as problem:
                messages.error(request, problem.detail)
            return _back(request)

        return permission(NEEDS)(require_POST(wrapped))

    return made


def _done(request: HttpRequest, found: Incident, form: forms.Form, act: Act) -> str:
    with transaction.atomic():
        locked = Incident.objects.select_for_update(no_key=True).get(pk=found.pk)
        versions.check(request, locked.about, version_of(locked))
        return act(request.user, locked, form.cleaned_data)


def _typed(form: forms.Form) -> list[tuple[str, str]]:
    """What was chosen or written, in words."""
    given = form.cleaned_data
    return [
        (str(field.label), str(dict(getattr(field, "choices", ())).get(given[name], given[name])))
        for name, field in form.fields.items()
    ]


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was."""
    try:
        query = read_query(request.POST.get("query", "")).urlencode()
    except Problem:
        return redirect(came_from(request) or "exceptions")
    return redirect(f"{reverse('exceptions')}?{query}" if query else "exceptions")


@door(acts.OwnerForm)
def give(user: Any, found: Incident, given: Mapping[str, Any]) -> str:
    """Say who looks after it."""
    acts.give(found, given["to"], user=user)
    if given["to"] in (ME, str(user.pk)):
        return _("It is yours now.")
    return _("It is nobody's now.") if given["to"] == NOBODY else _("It is given.")


@door(acts.HowForm)
def settle(user: Any, found: Incident, given: Mapping[str, Any]) -> str:
    """Say how it was settled."""
    acts.settle(found, given["resolution"], user=user)
    return _("The exception is settled.")
