"""Who may do what, where: roles are data (settings.ROLES), grants give them to people, everywhere or at a location."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from core import tracing
from core.models import Grant
from core.problems import Forbidden

Reach = set[UUID] | None
"""The locations a permission holds at; None is everywhere."""


def reaches(user: Any) -> dict[str, Reach]:
    """Every permission of a user with its reach. Read once a request, so a change acts on the next one."""
    known: dict[str, Reach] | None = getattr(user, "_reaches", None)
    if known is None:
        known = _read(user)
        user._reaches = known
    return known


def _read(user: Any) -> dict[str, Reach]:
    found: dict[str, Reach] = {}
    for role, location_id in Grant.objects.filter(user_id=user.pk).values_list("role", "location_id"):
        for permission in settings.ROLES.get(role, ()):
            reach = found.get(permission, set())
            found[permission] = None if location_id is None or reach is None else reach | {location_id}
    return found


def allows(user: Any, permission: str, location_id: UUID | None = None) -> bool:
    """Whether the user has the permission, at the location when one is given."""
    if not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    if permission not in (found := reaches(user)):
        return False
    reach = found[permission]
    return reach is None or location_id is None or location_id in reach


def locations_of(user: Any, permission: str) -> Reach:
    """The locations a permission holds at: None for everywhere, an empty set for nowhere."""
    return None if user.is_superuser else reaches(user).get(permission, set())


def require(user: Any, permission: str, location_id: UUID | None = None) -> None:
    """Raise Forbidden unless the user has the permission (there)."""
    if not allows(user, permission, location_id):
        raise Forbidden(f"You need the permission “{permission}” for this.")


View = Callable[..., HttpResponse]


def permission(name: str) -> Callable[[View], View]:
    """Guard a view: signed in, and holding `name` somewhere. The name stays on the view for the route check."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, name)
            tracing.acting(tracing.label_of(request.user))
            return view(request, *args, **kwargs)

        guarded: View = login_required(checked)
        guarded.permission = name  # type: ignore[attr-defined]
        return guarded

    return guard
