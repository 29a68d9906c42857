"""One-time links by which a person chooses a password: signed, for a while, once.

What is mailed is worked out when it is sent, so no copy of a table and no mail box shows a link that works.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import OneTimeLink
from core.people import sessions
from core.people.authority import about
from core.problems import Invalid, NotFound
from core.timeline import record

SALT = "core.people.link"
LIVES = {OneTimeLink.Kind.INVITATION: timedelta(days=7), OneTimeLink.Kind.RESET: timedelta(hours=2)}
MARK = "[one-time link]"
"""Stands in a letter where its link comes when it leaves."""
PATH = "/sign-in/link/{token}/"


def make_link(user: Any, kind: OneTimeLink.Kind, *, actor: Actor) -> OneTimeLink:
    """A new link for the person; the one before it ends."""
    with transaction.atomic():
        now = timezone.now()
        OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=now)
        made = OneTimeLink.objects.create(user=user, kind=kind, expires_at=now + LIVES[kind])
        record(about(user.pk), f"person.link_{kind.value}", actor=actor)
    return made


def address_of(link_id: UUID) -> str:
    """Where the link leads."""
    return settings.WEB_URL + PATH.format(token=signing.dumps(str(link_id), salt=SALT))


def filled(text: str, link_id: UUID) -> str:
    """A letter's text with its link."""
    return text.replace(MARK, address_of(link_id)) if MARK in text else text


def link_behind(token: str, *, lock: bool = False) -> OneTimeLink:
    """The living link, or NotFound with one answer for every reason."""
    links = OneTimeLink.objects.select_for_update(of=("self",)) if lock else OneTimeLink.objects
    try:
        key = UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        raise _gone() from None
    living = links.select_related("user").filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)
    found = living.filter(pk=key).first()
    if found is None:
        raise _gone()
    return found


def _gone() -> NotFound:
    return NotFound(_("This link has been used or is too old. Ask for a new one."))


def use_link(token: str, password: str, *, actor_of: Any = Actor.of) -> Any:
    """Choose a password by a link; all sessions of the person end. Returns the person."""
    with transaction.atomic():
        link = link_behind(token, lock=True)
        person = link.user
        check_password(password, person)
        link.used_at = timezone.now()
        link.save(update_fields=["used_at"])
        person.set_password(password)
        person.save(update_fields=["password"])
        sessions.end_all(person, actor=actor_of(person), told=False)
        record(about(person.pk), "person.password", actor=actor_of(person), data={"by": link.kind})
    return person


def check_password(password: str, user: Any) -> None:
    """Raise Invalid, in words, for a password that the rules refuse."""
    try:
        if "\0" in password:
            raise ValidationError(_("A password cannot have invisible characters."))
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(errors=[{"loc": ["password"], "msg": msg} for msg in error.messages]) from error
