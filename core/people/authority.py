"""Nobody gives what they do not hold, nor has power over somebody who may do more than themselves."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.permissions import locations_of, reaches
from core.problems import Conflict, Forbidden, NotFound

MANAGE = "people.manage"
PEOPLE = UUID("7f0c5d5e-3c5b-4f0e-9f57-0a4f1d0e6b51")


def about(user_id: int) -> UUID:
    """What a person's timeline is kept under."""
    return uuid5(PEOPLE, str(user_id))


def person_by_id(user_id: int, *, lock: bool = False) -> Any:
    """The person, or NotFound."""
    people = get_user_model().objects
    found = (people.select_for_update(no_key=True) if lock else people).filter(pk=user_id).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def holder_of(actor: Actor) -> Any | None:
    """The person who acts, read afresh; None when it is the system itself, which may all."""
    if actor.kind == "system":
        return None
    found = get_user_model().objects.filter(pk=actor.id, is_active=True).first() if actor.kind == "user" else None
    if found is None:
        raise Forbidden(_("Only people manage people."))
    return found


def require_manager(actor: Actor) -> Any | None:
    """Raise Forbidden unless the actor may manage people; returns the person."""
    holder = holder_of(actor)
    if holder is not None and locations_of(holder, MANAGE) is not None:
        raise Forbidden(_("Only who may manage people and roles can do this."))
    return holder


def covers(holder: Any, permission: str, location_id: UUID | None) -> bool:
    """Whether somebody holds a permission there, or everywhere where no location is named."""
    reach = locations_of(holder, permission)
    return reach is None or (location_id is not None and location_id in reach)


def require_holds(holder: Any | None, permissions: Iterable[str], location_id: UUID | None) -> None:
    """Raise Forbidden, naming them, where somebody would give permissions that they do not hold."""
    if holder is None:
        return
    lacking = sorted(each for each in permissions if not covers(holder, each, location_id))
    if lacking:
        words = _("You cannot give or take what you do not hold yourself: %(lacking)s.")
        raise Forbidden(words % {"lacking": ", ".join(lacking)})


def require_over(holder: Any | None, person: Any) -> None:
    """Raise Forbidden unless somebody holds all that the person holds: else they could become that person."""
    if holder is None or holder.pk == person.pk or holder.is_superuser:
        return
    more = person.is_superuser or any(
        not all(covers(holder, permission, place) for place in (reach if reach is not None else [None]))
        for permission, reach in reaches(person).items()
    )
    if more:
        raise Forbidden(_("This person may do things that you may not. Somebody who holds them too has to do this."))


@contextmanager
def keeping_an_administrator() -> Iterator[None]:
    """A transaction that must leave somebody who may manage people; the database decides, one such change at a time."""
    try:
        with transaction.atomic():
            yield
            _look_now()
    except IntegrityError as error:
        if "administrator_left" not in _constraint(error):
            raise
        words = _("Nobody would be left who may manage people and roles. Give the role to somebody else first.")
        raise Conflict(words) from error


def _look_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS administrator_left, administrator_left_at_all IMMEDIATE")
        cursor.execute("SET CONSTRAINTS administrator_left, administrator_left_at_all DEFERRED")


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
