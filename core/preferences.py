"""How a person likes to work, kept with the person: read once, written by one service."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.days import zone_names
from core.models import Preferences
from core.problems import Invalid

THEMES = ("day", "night")
DENSITIES = ("comfortable", "compact")


@dataclass(frozen=True, slots=True)
class Taste:
    """What is chosen; "" is "as it comes": the browser's language, the zone of the place, the device's theme."""

    language: str = ""
    time_zone: str = ""
    theme: str = ""
    start_page: str = ""
    density: str = ""


def taste_of(user: Any) -> Taste:
    """What this person chose; one statement."""
    fields = ("language", "time_zone", "theme", "start_page", "density")
    found = Preferences.objects.filter(user_id=user.pk).values_list(*fields).first()
    return sound(Taste(*found)) if found else Taste()


def sound(taste: Taste) -> Taste:
    """Without what is not known (any more): a language, zone or theme that went away stops nobody."""
    return Taste(
        language=taste.language if taste.language in dict(settings.LANGUAGES) else "",
        time_zone=taste.time_zone if taste.time_zone in zone_names() else "",
        theme=taste.theme if taste.theme in THEMES else "",
        start_page=taste.start_page,
        density=taste.density if taste.density in DENSITIES else "",
    )


@transaction.atomic
def prefer(user: Any, *, actor: Actor, **changes: str) -> Taste:
    """Keep what a person chooses (any field of `Taste`); what is not named stays. Only the person decides.

    Invalid names the field that cannot be kept.
    """
    if actor.id != str(user.pk):
        raise PermissionError("nobody decides how somebody else likes to work")
    _check(changes)
    Preferences.objects.update_or_create(user_id=user.pk, defaults={**changes, "updated_at": timezone.now()})
    return taste_of(user)


def _check(changes: dict[str, str]) -> None:
    known = {
        "language": (dict(settings.LANGUAGES), _("We do not speak this language yet. Choose one of the list.")),
        "time_zone": (
            zone_names(),
            _("This is no time zone we know. Choose one of the list, for example Europe/Paris."),
        ),
        "theme": (THEMES, _("Choose day, night, or as the device.")),
        "density": (DENSITIES, _("Choose comfortable or compact.")),
    }
    for name, value in changes.items():
        among, words = known.get(name, ((value,), ""))
        if value and value not in among:
            raise Invalid.field([name], words)
