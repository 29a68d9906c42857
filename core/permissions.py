"""Who may do what, where: a role allows, a grant gives the role to a person, everywhere or at a location.

On a shared tablet a person does the work of its place and no more: see `bind`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import tracing
from core.db import rows
from core.problems import Forbidden

Reach = set[UUID] | None
"""The locations a permission holds at; None is everywhere."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person's roles come to, all in all."""

    reaches: Mapping[str, Reach]
    needs_second_factor: bool = False
    idle_minutes: int = 0
    """How long the strictest of the roles lets a session rest; 0 is without end."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """The codes of the roles, each with the name that somebody gave it, if any."""


GRANTED = """
SELECT r.code, r.name, r.permissions, r.needs_second_factor, r.idle_minutes, g.location_id
FROM core_grant g JOIN core_role r ON r.code = g.role WHERE g.user_id = %(user)s
"""


def standing(user: Any) -> Standing:
    """Everything the roles of a user come to. Read once a request, so a change acts on the next one."""
    known: Standing | None = getattr(user, "_standing", None)
    if known is None:
        known = user._standing = _read(user)
    return known


def owes_second_factor(user: Any) -> bool:
    """Whether this person may not work without one: a role of theirs says so, or nothing limits them."""
    return standing(user).needs_second_factor or user.is_superuser


def reaches(user: Any) -> Mapping[str, Reach]:
    """Every permission of a user with its reach."""
    return standing(user).reaches


def _read(user: Any) -> Standing:
    found: dict[str, Reach] = {}
    careful, idle, roles = False, [], dict[str, str]()
    for grant in rows(GRANTED, {"user": user.pk}) if user.pk else ():
        for permission in permissions_of(grant.code, grant.permissions):
            reach = found.get(permission, set())
            found[permission] = None if grant.location_id is None or reach is None else reach | {grant.location_id}
        roles[grant.code] = grant.name
        delivered = settings.ROLES_AS_DELIVERED.get(grant.code)
        careful |= bool(_chosen(grant.needs_second_factor, delivered and delivered.needs_second_factor))
        idle.append(_chosen(grant.idle_minutes, delivered and delivered.idle_minutes))
    return Standing(_at_place(user, found), careful, min(filter(None, idle), default=0), roles)


def permissions_of(code: str, changed: Iterable[str] | None) -> frozenset[str]:
    """What a role allows: as somebody has changed it, or as delivered. What is declared no longer, nobody has."""
    if changed is None:
        return frozenset(settings.ROLES.get(code, ()))
    return frozenset(settings.PERMISSIONS).intersection(changed)


def _chosen(changed: Any, delivered: Any) -> Any:
    return delivered if changed is None else changed


def bind(user: Any, location_id: UUID) -> None:
    """For this request the user works on a tablet of this location: only there, and only what belongs to its work."""
    user._bound_to = location_id
    user._standing = None


def bound_to(user: Any) -> UUID | None:
    """The location of the shared tablet that the user works on, if it is one."""
    place: UUID | None = getattr(user, "_bound_to", None)
    return place


def _at_place(user: Any, found: dict[str, Reach]) -> dict[str, Reach]:
    """What is left of it on a shared tablet."""
    place = bound_to(user)
    if place is None:
        return found
    return {
        permission: {place}
        for permission, reach in found.items()
        if permission in settings.FLOOR and (reach is None or place in reach)
    }


def _may_all(user: Any) -> bool:
    return bool(user.is_superuser) and bound_to(user) is None


def allows(user: Any, permission: str, location_id: UUID | None = None) -> bool:
    """Whether the user has the permission, at the location when one is given."""
    if not user.is_authenticated:
        return False
    if _may_all(user):
        return True
    found = reaches(user)
    if permission not in found:
        return False
    reach = found[permission]
    return reach is None or location_id is None or location_id in reach


def locations_of(user: Any, permission: str) -> Reach:
    """The locations a permission holds at: None for everywhere, an empty set for nowhere."""
    return None if _may_all(user) else reaches(user).get(permission, set())


def _said(permission: str) -> dict[str, str]:
    """A permission in the reader's words; by its code when none are declared."""
    declared = settings.PERMISSIONS.get(permission)
    return {"right": str(declared.words) if declared else permission}


def require(user: Any, permission: str, location_id: UUID | None = None) -> None:
    """Raise Forbidden unless the user has the permission (there)."""
    if not allows(user, permission, location_id):
        raise Forbidden(
            _("For this you need the right “%(right)s”. Who manages people can give it to you.") % _said(permission)
        )


View = Callable[..., HttpResponse]


def permission(name: str, *, everywhere: bool = False) -> Callable[[View], View]:
    """Guard a view: signed in, and holding `name` somewhere (or everywhere). The name stays on the view for the check
    of all routes."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            require(request.user, name)
            if everywhere and locations_of(request.user, name) is not None:
                raise Forbidden(
                    _("For this you need the right “%(right)s” everywhere. Who manages people can give it to you.")
                    % _said(name)
                )
            tracing.acting(tracing.label_of(request.user))
            return view(request, *args, **kwargs)

        guarded: View = login_required(checked)
        guarded.permission = name  # type: ignore[attr-defined]
        return guarded

    return guard


def signed_in(view: View) -> View:
    """Guard a view that is for everybody who has signed in."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tracing.acting(tracing.label_of(request.user))
        return view(request, *args, **kwargs)

    guarded: View = login_required(checked)
    guarded.permission = "signed in"  # type: ignore[attr-defined]
    return guarded
