"""The doors of lists: the page of any list, and what is kept of it for a person."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.actors import Actor
from core.lists import registry, saved
from core.lists.addresses import came_from, of_view
from core.lists.queries import read_query
from core.lists.screen import Screen
from core.lists.spec import NOT_FILTERS, ListSpec, Reading
from core.models import SavedView
from core.permissions import permission, require
from core.problems import NotFound, Problem


def page_of(name: str) -> Callable[..., HttpResponse]:
    """The page of a list, for those who hold its permission."""
    return permission(registry.get(name).permission)(partial(show, name=name))


def show(request: HttpRequest, name: str, **more: Any) -> HttpResponse:
    """A list, without its guard; `more` is for a template of its own."""
    screen = Screen(request, registry.get(name))
    if screen.first_view is not None:
        return redirect(of_view(request.path, screen.first_view))
    if screen.spec.opens and not request.GET:
        return redirect(f"{request.path}?{screen.spec.opens}")
    return render(request, screen.spec.template, {"list": screen, "page": screen.page, "rows": screen.rows, **more})


Act = Callable[[HttpRequest, ListSpec, Reading], str]
"""Does something with a list that stands as it is read, and gives the address to go on at."""


def on_list(act: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A POST about a list, by whoever may see it; a refusal is told on the page that it came from."""

    @wraps(act)
    def wrapped(request: HttpRequest, list_name: str, **kwargs: Any) -> HttpResponse:
        spec = registry.get(list_name)
        require(request.user, spec.permission)
        back = came_from(request) or spec.address
        try:
            query = read_query(request.POST.get("query", ""))
            back = _back(spec, query)
            return HttpResponseRedirect(act(request, spec, spec.read(query), **kwargs))
        except NotFound:
            raise
        except Problem as problem:
            messages.error(request, problem.detail)
            return HttpResponseRedirect(back)

    guarded: Callable[..., HttpResponse] = login_required(require_POST(wrapped))
    return guarded


def _back(spec: ListSpec, query: QueryDict, **changes: str) -> str:
    """The list as it was, with what can be meant for it only."""
    known = {*NOT_FILTERS, *(name for each in spec.filters for name in each.names)} - {"cursor", "panel"}
    kept = [(name, value) for name, values in query.lists() if name in known for value in values if name not in changes]
    params = [*kept, *((name, value) for name, value in changes.items() if value)]
    return f"{spec.address}?{urlencode(params)}" if params else spec.address


@on_list
def save_view(request: HttpRequest, spec: ListSpec, reading: Reading) -> str:
    """Keep what the list shows as a view of one's own."""
    view = saved.save(
        spec,
        reading,
        actor=Actor.of(request.user),
        user=request.user,
        name=request.POST.get("name", ""),
        **_audience(request),
    )
    if request.POST.get("opens"):
        saved.open_with(spec, actor=Actor.of(request.user), user=request.user, view_id=view.pk)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return of_view(spec.address, view)


def _audience(request: HttpRequest) -> dict[str, Any]:
    """Who else has the view: `own`, `everybody` or `role:NAME`."""
    audience, _colon, role = request.POST.get("audience", "own").partition(":")
    return {"audience": audience, "role": role[:100]}


@on_list
def change_view(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    """Do something with a saved view: `do` says what."""
    act = ACTS.get(request.POST.get("do", ""))
    if act is None:
        raise NotFound(_("There is nothing of this kind to do with a view."))
    return act(request, spec, reading, view_id)


def _save(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    view = saved.change(view_id, reading, **_by(request))
    messages.success(request, _("The view “%(name)s” now shows this.") % {"name": view.name})
    return of_view(spec.address, view)


def _rename(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    """Name and audience stand in one form."""
    view = saved.rename(view_id, name=request.POST.get("name", ""), **_by(request))
    wanted = _audience(request)
    if "audience" in request.POST and (view.audience, view.role) != (wanted["audience"], wanted["role"]):
        view = saved.share(view_id, **wanted, **_by(request))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return of_view(spec.address, view)


def _move(by: int) -> Callable[..., str]:
    def act(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
        return of_view(spec.address, saved.move(view_id, by=by, **_by(request)))

    return act


def _delete(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    saved.delete(view_id, **_by(request))
    messages.success(request, _("The view is deleted. The rows it showed are still there."))
    return spec.address


def _open(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    saved.open_with(spec, view_id=view_id, **_by(request))
    messages.success(request, _("This list now opens with this view for you."))
    return of_view(spec.address, saved.visible(request.user).get(pk=view_id))


def _open_whole(request: HttpRequest, spec: ListSpec, reading: Reading, view_id: UUID) -> str:
    saved.open_with(spec, view_id=None, **_by(request))
    messages.success(request, _("This list now opens whole for you."))
    view = saved.visible(request.user).filter(pk=view_id, list_name=spec.name).first()
    return of_view(spec.address, view) if view else spec.address


ACTS = {
    "save": _save,
    "rename": _rename,
    "earlier": _move(-1),
    "later": _move(1),
    "delete": _delete,
    "open": _open,
    "open-whole": _open_whole,
}


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.of(request.user), "user": request.user}


@on_list
def choose_columns(request: HttpRequest, spec: ListSpec, reading: Reading) -> str:
    """Show other columns now, or keep them as one's own way to see this list. Each has its place as a number."""
    query, do = read_query(request.POST.get("query", "")), request.POST.get("do", "show")
    if do == "reset":
        saved.prefer_columns(spec, columns=(), **_by(request))
        return _back(spec, query, columns="")
    chosen = _in_their_places(spec, request.POST)
    if do == "keep":
        saved.prefer_columns(spec, columns=chosen, **_by(request))
        messages.success(request, _("These columns are kept for you."))
    viewed = _view_in(query, request.user)
    return _back(spec, query, columns="" if do == "keep" and viewed is None else ",".join(chosen))


def _view_in(query: QueryDict, user: Any) -> SavedView | None:
    try:
        return saved.visible(user).filter(pk=UUID(query.get("view", ""))).first()
    except ValueError:
        return None


def _in_their_places(spec: ListSpec, given: QueryDict) -> list[str]:
    """The ticked columns by the numbers beside them; those that cannot be hidden are there in any case."""
    ticked = set(given.getlist("column"))
    usual = {column.name: number for number, column in enumerate(spec.columns, start=1)}
    wanted = [column.name for column in spec.columns if column.fixed or column.name in ticked]

    def place(name: str) -> tuple[int, int]:
        number = given.get(f"at-{name}", "")
        return (int(number) if number.isdecimal() and len(number) < 5 else usual[name], usual[name])

    return sorted(wanted, key=place)
