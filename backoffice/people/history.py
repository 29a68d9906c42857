"""What happened to a person, a role or a tablet, in words: who, what, before and after."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.models import TimelineEntry
from core.people.roles import all_roles, difference
from core.versions import Stale, entries_since, seen
from inventory.models import Location

SHOWN = 60
ICONS = {"person": "user-round", "role": "shield", "device": "tablet"}


def history(about: UUID) -> list[dict[str, Any]]:
    """The newest entries of a thing's timeline, ready for the component."""
    return told(TimelineEntry.objects.filter(about=about).order_by("-at", "-id")[:SHOWN])


def late(stale: Stale, request: HttpRequest, typed: Sequence[tuple[str, str]]) -> Stale:
    """A change that comes too late, with what happened meanwhile and what was typed in the words of these pages."""
    shown = seen(request)
    stale.changes = told(entries_since(stale.about, shown.at if shown else None))
    stale.typed = typed
    return stale


def told(entries: Iterable[TimelineEntry]) -> list[dict[str, Any]]:
    """Rows of the timeline in words."""
    entries = list(entries)
    names = {role.code: role.name for role in all_roles()}
    places = _places(entries)
    return [_said(entry, names, places) for entry in entries]


def _places(entries: Iterable[TimelineEntry]) -> dict[str, str]:
    wanted = {entry.data.get("location") for entry in entries} - {None, ""}
    return {str(place.pk): place.name for place in Location.objects.filter(pk__in=wanted)} if wanted else {}


def _said(entry: TimelineEntry, names: dict[str, str], places: dict[str, str]) -> dict[str, Any]:
    place = entry.data.get("location", "")
    words = {
        "role": names.get(entry.data.get("role", ""), entry.data.get("role", "")),
        "place": places.get(place, place) or _("everywhere"),
        "before": entry.before,
        "after": entry.after,
        **{name: entry.data.get(name, "") for name in ("count", "left", "minutes", "device")},
    }
    template = WORDS.get(entry.action)
    return {
        "icon": ICONS.get(entry.action.partition(".")[0], "history"),
        "who": entry.actor,
        "text": template() % words if template else entry.action,
        "note": _note(entry),
        "at": entry.at,
    }


WORDS = {
    "person.invite": lambda: _("made the account and sent an invitation to %(after)s"),
    "person.link_invitation": lambda: _("had a link made to choose the first password"),
    "person.link_reset": lambda: _("had a link made to choose another password"),
    "person.password": lambda: _("chose another password; all other sessions ended"),
    "person.change": lambda: _("changed the details"),
    "person.give": lambda: _("gave the role %(role)s, %(place)s"),
    "person.take": lambda: _("took the role %(role)s away, %(place)s"),
    "person.send_away": lambda: _("closed the account; all sessions ended"),
    "person.take_back": lambda: _("opened the account again"),
    "person.end_session": lambda: _("ended a session"),
    "person.end_sessions": lambda: _("ended all sessions (%(count)s)"),
    "person.second_factor_on": lambda: _("set up a second factor"),
    "person.second_factor_off": lambda: _("took the second factor away"),
    "person.second_factor_blocked": lambda: _("typed too many wrong codes: %(minutes)s minutes of waiting"),
    "person.recovery_codes": lambda: _("made other recovery codes"),
    "person.recovery_code": lambda: _("signed in with a recovery code; %(left)s are left"),
    "person.pin": lambda: _("chose a PIN for shared tablets"),
    "person.pin_off": lambda: _("took the PIN for shared tablets away"),
    "person.pin_blocked": lambda: _("saw too many wrong PINs in a row: 15 minutes of waiting"),
    "person.pin_ended": lambda: _("saw too many wrong PINs: the PIN has ended"),
    "role.make": lambda: _("made the role %(after)s"),
    "role.change": lambda: _("changed the role"),
    "role.reset": lambda: _("put the role back as it came"),
    "device.register": lambda: _("registered the tablet %(after)s, %(place)s"),
    "device.revoke": lambda: _("took the tablet %(before)s out"),
}


def _note(entry: TimelineEntry) -> str:
    """Before and after, where that is more than the sentence."""
    if entry.action in ("role.change", "role.reset"):
        return "\n".join(role_changes(entry.data["before"], entry.data["after"]))
    if entry.action == "person.change":
        fields = {
            "username": _("User name"),
            "email": _("Mail address"),
            "first_name": _("First name"),
            "last_name": _("Last name"),
        }
        return "\n".join(f"{fields[name]}: {old or '—'} → {new or '—'}" for name, (old, new) in entry.data.items())
    return str(entry.data.get("agent", ""))[:80]


def role_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two states of a role, a line for each thing."""
    gone, come = difference(before["permissions"], after["permissions"])
    lines = [f"− {settings.PERMISSIONS[name].words}" for name in gone]
    lines += [f"+ {settings.PERMISSIONS[name].words}" for name in come]
    if before["needs_second_factor"] != after["needs_second_factor"]:
        lines.append(_("+ Needs a second factor") if after["needs_second_factor"] else _("− Needs a second factor"))
    if before["idle_minutes"] != after["idle_minutes"]:
        words = _("Signed out after %(before)d → %(after)d minutes without use")
        lines.append(words % {"before": before["idle_minutes"], "after": after["idle_minutes"]})
    for name, label in (("name", _("Name")), ("description", _("What it is for"))):
        if before[name] != after[name]:
            lines.append(f"{label}: {before[name] or '—'} → {after[name] or '—'}")
    return lines
