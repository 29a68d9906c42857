"""Who one can be in demo mode: the people that the demo company signs in with."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model

from backoffice.context import role_words
from core.models import Grant


class Person(NamedTuple):
    """Somebody of the demo company."""

    username: str
    name: str
    role: str
    password: str


def sign_ins() -> list[Person]:
    """One person a role, with the password that all of them share in demo mode."""
    password = getattr(settings, "DEMO_PASSWORD", "")
    users = get_user_model().objects.filter(is_active=True, grants__isnull=False).distinct().order_by("id")[:40]
    roles = dict(Grant.objects.filter(user__in=list(users)).values_list("user_id", "role"))
    people: dict[str, Person] = {}
    for user in users:
        role = roles[user.pk]
        people.setdefault(
            role, Person(user.get_username(), user.get_full_name() or user.get_username(), role_words(role), password)
        )
    return list(people.values())
