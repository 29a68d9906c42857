"""People, their actors and their browsers."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.test import Client

from core.actors import Actor
from core.models import Grant

PASSWORD = "correct horse battery"


def person(name: str, role: str = "", location_id: UUID | None = None, **more: Any) -> Any:
    """Somebody with a password and, when named, a role everywhere or at a place."""
    made = get_user_model().objects.create_user(name, f"{name}@example.com", PASSWORD, **more)
    if role:
        Grant.objects.create(user=made, role=role, location_id=location_id)
    return made


def acting(somebody: Any) -> Actor:
    """The person as an actor, with what they hold now."""
    return Actor.of(somebody)


def signed_in_as(somebody: Any, **headers: str) -> Client:
    """A browser in which the person has signed in by the form."""
    client = Client(headers=headers)
    answer = client.post("/sign-in/", {"username": somebody.username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def fresh(somebody: Any) -> Any:
    """The person, read again."""
    return get_user_model().objects.get(pk=somebody.pk)
