"""People: taken on, changed, sent away and taken back; their passwords."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import OneTimeLink, TimelineEntry
from core.people import links, sessions
from core.people.authority import about, keeping_an_administrator, person_by_id, require_manager, require_over
from core.problems import Conflict, Invalid, RateLimited
from core.throttle import allow
from core.timeline import record
from core.versions import Stale

MOST_TRIES, TRIES_FOR = 10, 900
"""Of one's own password while one is signed in: tries, and the seconds that they count for."""
CHANGE = "person.change"
LONGEST = {"username": 150, "email": 254, "first_name": 150, "last_name": 150}


@dataclass(frozen=True, slots=True)
class Details:
    """Who somebody is."""

    username: str
    email: str
    first_name: str
    last_name: str


def details_of(person: Any) -> Details:
    """Who the person is now."""
    return Details(person.username, person.email, person.first_name, person.last_name)


def version_of(user_id: int) -> str:
    """The newest change of who somebody is, as the version of what a page shows of it; "0" without any."""
    found = TimelineEntry.objects.filter(about=about(user_id), action=CHANGE)
    return str(found.order_by("-at", "-id").values_list("id", flat=True).first() or 0)


def take_on(details: Details, *, actor: Actor) -> Any:
    """A new person without rights and without a password; a link by mail lets them choose one."""
    _check(details)
    try:
        with transaction.atomic():
            require_manager(actor)
            person = get_user_model().objects.create_user(
                details.username, details.email, first_name=details.first_name, last_name=details.last_name
            )
            record(about(person.pk), "person.invite", actor=actor, after=details.email)
    except IntegrityError as error:
        raise _taken() from error
    return person


def change(user_id: int, details: Details, *, actor: Actor, version: str = "") -> None:
    """Change who somebody is. Their mail address leads to their account, so it needs power over them.

    `version` is the one that the editor saw ("": whichever stands); Stale when somebody was faster.
    """
    _check(details)
    try:
        with transaction.atomic():
            person = person_by_id(user_id, lock=True)
            require_over(require_manager(actor), person)
            before = details_of(person)
            if before == details:
                return
            if version and version != (now := version_of(user_id)):
                raise Stale(about(user_id), now)
            changed = [name for name in LONGEST if getattr(before, name) != getattr(details, name)]
            for name in changed:
                setattr(person, name, getattr(details, name))
            person.save(update_fields=changed)
            if "email" in changed:
                OneTimeLink.objects.filter(user=person, used_at=None).delete()
            data = {name: [getattr(before, name), getattr(details, name)] for name in changed}
            record(about(person.pk), CHANGE, actor=actor, data=data)
    except IntegrityError as error:
        raise _taken() from error


def send_away(user_id: int, *, actor: Actor) -> None:
    """Close the account: every session ends at once, and nothing opens it until somebody takes the person back."""
    with keeping_an_administrator():
        person = person_by_id(user_id, lock=True)
        require_over(require_manager(actor), person)
        if not person.is_active:
            raise Conflict(_("This account is closed already."))
        if actor.id == str(person.pk):
            raise Conflict(_("You cannot close your own account. Somebody else who manages people can."))
        person.is_active = False
        person.save(update_fields=["is_active"])
        sessions.end_all(person, actor=actor, told=False)
        record(about(person.pk), "person.send_away", actor=actor, before="active", after="closed")


def take_back(user_id: int, *, actor: Actor) -> None:
    """Open a closed account again, with the roles that it had."""
    with transaction.atomic():
        person = person_by_id(user_id, lock=True)
        require_over(require_manager(actor), person)
        if person.is_active:
            raise Conflict(_("This account is open already."))
        person.is_active = True
        person.save(update_fields=["is_active"])
        record(about(person.pk), "person.take_back", actor=actor, before="closed", after="active")


def reset_link(user_id: int, *, actor: Actor) -> OneTimeLink:
    """A link by which the person chooses another password; until then the old one holds."""
    with transaction.atomic():
        person = person_by_id(user_id, lock=True)
        require_over(require_manager(actor), person)
        if not person.is_active:
            raise Conflict(_("This account is closed. Open it first."))
        kind = OneTimeLink.Kind.RESET if person.has_usable_password() else OneTimeLink.Kind.INVITATION
        return links.make_link(person, kind, actor=actor)


def require_password(person: Any, given: str, *, field: str) -> None:
    """It is really them: the password they have now. Invalid names the field; RateLimited after many wrong ones."""
    if not allow("own-password", str(person.pk), most=MOST_TRIES, seconds=TRIES_FOR):
        raise RateLimited(_("Too many tries. Wait a quarter of an hour."))
    if not person.check_password(given):
        raise Invalid.field([field], _("That is not your password now."))


def change_password(person: Any, old: str, new: str, *, actor: Actor, session_key: str | None) -> None:
    """The person's own wish: the old password first, and every other session ends."""
    require_password(person, old, field="old")
    links.check_password(new, person)
    with transaction.atomic():
        person.set_password(new)
        person.save(update_fields=["password"])
        sessions.end_all(person, actor=actor, but=session_key, told=False)
        record(about(person.pk), "person.password", actor=actor)


def by_address(email: str) -> list[Any]:
    """The people with an open account whose mail address this is."""
    if not email or "\0" in email:
        return []
    return list(get_user_model().objects.filter(email__iexact=email, is_active=True)[:5])


def _check(details: Details) -> None:
    errors = []
    for name, most in LONGEST.items():
        value = getattr(details, name)
        if len(value) > most or (value and not value.isprintable()):
            errors.append({"loc": [name], "msg": _("Use at most %(n)d visible letters.") % {"n": most}})
    try:
        UnicodeUsernameValidator()(details.username)
    except ValidationError:
        errors.append({"loc": ["username"], "msg": _("Use letters, digits and @ . + - _ without spaces.")})
    try:
        validate_email(details.email)
    except ValidationError:
        errors.append({"loc": ["email"], "msg": _("Give a mail address such as anna@example.com.")})
    if errors:
        raise Invalid(errors=errors)


def _taken() -> Invalid:
    return Invalid.field(["username"], _("Somebody else has this user name. Choose another."))
