"""Roles: made, copied, changed, compared, reset. Each change stands on the role's timeline with before and after."""

import re
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import Grant, Role
from core.people.authority import MANAGE, keeping_an_administrator, require_holds, require_manager
from core.permissions import permissions_of, standing
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.versions import Stale

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 300
IDLE = range(5, 1441)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a role shall be."""

    name: str
    description: str
    permissions: frozenset[str]
    needs_second_factor: bool
    idle_minutes: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A role as it is in force, in the reader's words."""

    code: str
    built_in: bool
    changed: bool
    version: int
    wish: Wish

    @property
    def name(self) -> str:
        """What people call it."""
        return self.wish.name


def shown(role: Role) -> Shown:
    """The role in force: what somebody chose, and where nobody did, as delivered."""
    own = (role.name, role.description, role.permissions, role.needs_second_factor, role.idle_minutes)
    delivered = settings.ROLES_AS_DELIVERED.get(role.code)
    wish = Wish(
        in_words(role.code, role.name),
        role.description or (str(delivered.description) if delivered else ""),
        permissions_of(role.code, role.permissions),
        bool(delivered and delivered.needs_second_factor)
        if role.needs_second_factor is None
        else role.needs_second_factor,
        role.idle_minutes or (delivered.idle_minutes if delivered else 480),
    )
    return Shown(role.code, role.built_in, any(value not in (None, "") for value in own), role.version, wish)


def all_roles() -> list[Shown]:
    """Every role: those that are built in as they come, then one's own by name."""
    order = list(settings.ROLES_AS_DELIVERED)
    found = [shown(role) for role in Role.objects.all()]
    return sorted(found, key=lambda role: (order.index(role.code) if role.code in order else len(order), role.name))


def role_by_code(code: str) -> Shown:
    """The role, or NotFound."""
    found = Role.objects.filter(code=code).first() if "\0" not in code else None
    if found is None:
        raise NotFound(_("There is no such role."))
    return shown(found)


def allowing(permissions: Set[str]) -> QuerySet[Role]:
    """The roles that allow any of these: as somebody has changed them, or as delivered."""
    delivered = [code for code, allowed in settings.ROLES.items() if allowed & permissions]
    return Role.objects.filter(Q(permissions__overlap=sorted(permissions)) | Q(permissions=None, code__in=delivered))


def names_of(user: Any) -> list[str]:
    """The roles that somebody holds, by name."""
    return sorted(in_words(code, name) for code, name in standing(user).roles.items())


def in_words(code: str, name: str = "") -> str:
    """What people call a role: the name that somebody gave it, or the one it came with."""
    delivered = settings.ROLES_AS_DELIVERED.get(code)
    return name or (str(delivered.name) if delivered else code)


def make_role(wish: Wish, *, actor: Actor) -> str:
    """Make an own role; returns its code."""
    _check(wish)
    with transaction.atomic():
        require_holds(require_manager(actor), wish.permissions, None)
        code = _code_for(wish.name)
        try:
            role = Role.objects.create(code=code, built_in=False, **_fields(wish))
        except IntegrityError as error:
            raise Conflict(_("Somebody is making a role of this name right now. Try again.")) from error
        record(role.pk, "role.make", actor=actor, after=wish.name, data=told(wish))
    return code


def change_role(code: str, wish: Wish, *, actor: Actor, version: str = "") -> None:
    """Change a role for all who have it, from their next request on; a second identical call changes nothing.

    `version` is the one that the editor saw ("": whichever stands); Stale when somebody was faster.
    """
    _check(wish)
    with keeping_an_administrator():
        role = _locked(code)
        before = shown(role).wish
        if before == wish:
            return
        if version and version != str(role.version):
            raise Stale(role.pk, role.version)
        require_holds(require_manager(actor), before.permissions | wish.permissions, None)
        _keep(role, _changes(code, wish) if role.built_in else _fields(wish))
        data = {"before": told(before), "after": told(wish)}
        record(role.pk, "role.change", actor=actor, before=before.name, after=wish.name, data=data)


def reset_role(code: str, *, actor: Actor) -> None:
    """A built-in role is as delivered again."""
    with keeping_an_administrator():
        role = _locked(code)
        if not role.built_in:
            raise Conflict(_("Only a role that came with the system can be put back as it came."))
        before = shown(role).wish
        delivered = permissions_of(code, None)
        require_holds(require_manager(actor), before.permissions | delivered, None)
        empty = {"name": "", "description": "", "permissions": None, "needs_second_factor": None, "idle_minutes": None}
        _keep(role, empty | {"manages_people": MANAGE in delivered})
        record(role.pk, "role.reset", actor=actor, data={"before": told(before), "after": told(shown(role).wish)})


def delete_role(code: str, *, actor: Actor) -> None:
    """Take away an own role that nobody has."""
    with transaction.atomic():
        role = _locked(code)
        require_holds(require_manager(actor), permissions_of(code, role.permissions), None)
        if role.built_in:
            raise Conflict(_("A role that came with the system stays. You can change what it allows."))
        people = Grant.objects.filter(role=code).values("user").distinct().count()
        if people:
            raise Conflict(_("%(n)d people have this role. Give them another one first.") % {"n": people})
        record(role.pk, "role.delete", actor=actor, before=role.name, data=told(shown(role).wish))
        role.delete()


def difference(one: Iterable[str], other: Iterable[str]) -> tuple[list[str], list[str]]:
    """What only the one allows, and what only the other does, in the order of the list of permissions."""
    first, second = set(one), set(other)
    return [p for p in settings.PERMISSIONS if p in first - second], [
        p for p in settings.PERMISSIONS if p in second - first
    ]


def _locked(code: str) -> Role:
    role = Role.objects.select_for_update().filter(code=code).first()
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


def _keep(role: Role, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(role, name, value)
    role.version += 1
    role.save(update_fields=[*values, "version"])


def _fields(wish: Wish) -> dict[str, Any]:
    return {
        "name": wish.name,
        "description": wish.description,
        "permissions": sorted(wish.permissions),
        "needs_second_factor": wish.needs_second_factor,
        "idle_minutes": wish.idle_minutes,
        "manages_people": MANAGE in wish.permissions,
    }


def _changes(code: str, wish: Wish) -> dict[str, Any]:
    """What is kept of a built-in role: only what differs from how it was delivered, so that the rest follows later versions."""
    as_delivered = settings.ROLES_AS_DELIVERED[code]
    values = _fields(wish)
    if wish.name == str(as_delivered.name):
        values["name"] = ""
    if wish.description == str(as_delivered.description):
        values["description"] = ""
    if wish.permissions == as_delivered.permissions:
        values["permissions"] = None
    if wish.needs_second_factor == as_delivered.needs_second_factor:
        values["needs_second_factor"] = None
    if wish.idle_minutes == as_delivered.idle_minutes:
        values["idle_minutes"] = None
    return values


def told(wish: Wish) -> dict[str, Any]:
    """A role as the timeline keeps it, before and after a change."""
    return {
        "name": wish.name,
        "description": wish.description,
        "permissions": sorted(wish.permissions),
        "needs_second_factor": wish.needs_second_factor,
        "idle_minutes": wish.idle_minutes,
    }


def _check(wish: Wish) -> None:
    errors = []
    if not wish.name.strip() or len(wish.name) > LONGEST_NAME or not wish.name.isprintable():
        errors.append(
            {"loc": ["name"], "msg": _("Give the role a name of at most %(n)d letters.") % {"n": LONGEST_NAME}}
        )
    if len(wish.description) > LONGEST_DESCRIPTION or "\0" in wish.description:
        errors.append(
            {"loc": ["description"], "msg": _("Say it in at most %(n)d letters.") % {"n": LONGEST_DESCRIPTION}}
        )
    unknown = sorted(wish.permissions - set(settings.PERMISSIONS))
    if unknown:
        errors.append(
            {"loc": ["permissions"], "msg": _("There is no permission %(name)s.") % {"name": unknown[0][:60]}}
        )
    if wish.idle_minutes not in IDLE:
        errors.append({"loc": ["idle_minutes"], "msg": _("Give 5 to 1440 minutes.")})
    if errors:
        raise Invalid(errors=errors)


def _code_for(name: str) -> str:
    """A code made of the name that no role has yet."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30]
    stem = stem if stem[:1].isalpha() else f"role-{stem}".strip("-")
    taken = set(Role.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if code not in taken)
