"""Giving roles to people and taking them away; who holds what where."""

from collections.abc import Collection, Set
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import Grant, Role
from core.people.authority import (
    about,
    keeping_an_administrator,
    person_by_id,
    require_holds,
    require_manager,
    require_over,
)
from core.people.roles import allowing, shown
from core.problems import Invalid, NotFound
from core.timeline import record


def holders(permissions: Set[str], places: Collection[UUID | None]) -> QuerySet[Any]:
    """The people with an open account whose roles allow any of these at all of some places (None: everywhere), by name."""
    granted = Grant.objects.filter(role__in=allowing(permissions).values("code"))
    known = get_user_model().objects
    fitting = Q(pk__in=granted.filter(location_id=None).values("user"))
    if None not in places:
        there = granted.filter(location_id__in=places).values("user")
        at_all = there.annotate(n=Count("location_id", distinct=True)).filter(n=len(set(places)))
        fitting |= Q(pk__in=at_all.values("user"))
    return known.filter(fitting, is_active=True).order_by("first_name", "last_name", "username")


def give(user_id: int, role: str, location_id: UUID | None, *, actor: Actor) -> Grant:
    """Give a role everywhere (None) or at a location; giving it again changes nothing.

    The caller sees to it that there is such a location.
    """
    with transaction.atomic():
        person = person_by_id(user_id, lock=True)
        found = Role.objects.select_for_update(no_key=True).filter(code=role).first() if "\0" not in role else None
        if found is None:
            raise Invalid.field(["role"], _("Choose one of the roles."))
        holder = require_manager(actor)
        require_over(holder, person)
        require_holds(holder, shown(found).wish.permissions, location_id)
        grant, new = Grant.objects.get_or_create(user=person, role=role, location_id=location_id)
        if new:
            data = {"role": role, "location": str(location_id or "")}
            record(about(person.pk), "person.give", actor=actor, after=role, data=data)
    return grant


def take(grant_id: UUID, *, actor: Actor) -> None:
    """Take a role away again. It acts on the person's next request."""
    with keeping_an_administrator():
        grant = Grant.objects.select_for_update().filter(pk=grant_id).first()
        if grant is None:
            raise NotFound(_("Somebody else has taken this role away already."))
        require_over(require_manager(actor), person_by_id(grant.user_id))
        grant.delete()
        data = {"role": grant.role, "location": str(grant.location_id or "")}
        record(about(grant.user_id), "person.take", actor=actor, before=grant.role, data=data)
