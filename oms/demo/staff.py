"""The demo company's staff: one sign-in for each role, with the password of demo mode."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from core.models import Grant
from inventory.models import Location
from oms.demo.company import company

LAST = "admin"
"""Made last of all: where this sign-in is, the company is complete."""


def is_complete() -> bool:
    """Whether an earlier run has finished."""
    return bool(get_user_model().objects.filter(username=LAST).exists())


def hire() -> None:
    """Make the sign-ins that are missing, each with its role, everywhere or at its own place."""
    places = dict(Location.objects.values_list("code", "id"))
    users = get_user_model().objects
    password = make_password(settings.DEMO_PASSWORD or None)
    for entry in company()["users"]:
        user = users.filter(username=entry["username"]).first() or users.create(
            username=entry["username"],
            email=f"{entry['username']}@example.com",
            password=password,
            first_name=entry["first_name"],
            last_name=entry["last_name"],
        )
        Grant.objects.get_or_create(user=user, role=entry["role"], location_id=places.get(entry.get("location", "")))
