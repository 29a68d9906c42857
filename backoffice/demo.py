"""Who one can be in demo mode: the people that the demo company signs in with."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model

from core.models import Grant
from core.people.roles import in_words
from inventory.models import Location


class Person(NamedTuple):
    """Somebody of the demo company; `work` is the role, with the place where it holds."""

    username: str
    name: str
    work: str
    password: str


def sign_ins() -> list[Person]:
    """One person a role, with the password that all of them share in demo mode."""
    users = {user.pk: user for user in get_user_model().objects.filter(is_active=True)[:100]}
    places = dict(Location.objects.values_list("pk", "name"))
    people: dict[str, Person] = {}
    for grant in Grant.objects.filter(user__in=users).order_by("user_id"):
        user = users[grant.user_id]
        place = f" · {places[grant.location_id]}" if grant.location_id in places else ""
        name = user.get_full_name() or user.get_username()
        person = Person(user.get_username(), name, in_words(grant.role) + place, settings.DEMO_PASSWORD)
        people.setdefault(grant.role, person)
    return list(people.values())
