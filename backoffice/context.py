"""What every page of the shell shows, worked out only when a template asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from backoffice import reader
from backoffice.navigation import entries
from backoffice.search.commands import jumps
from core.models import Grant

ROLE_WORDS = {
    "clerk": lambda: _("Call centre"),
    "store": lambda: _("Store"),
    "warehouse": lambda: _("Warehouse"),
    "finance": lambda: _("Finance"),
    "manager": lambda: _("Manager"),
    "admin": lambda: _("Administrator"),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the person signed in, theme and density chosen, the name of the company."""
    known = reader.of(request)
    return {
        "density": known.taste.density if known else "",
        "company": settings.COMPANY,
        "demo": settings.DEMO,
        "theme": _theme(request),
        "nav": SimpleLazyObject(lambda: entries(request)),
        "jumps": SimpleLazyObject(lambda: jumps(request.user)),
        "me": SimpleLazyObject(lambda: _me(request)),
    }


def _theme(request: HttpRequest) -> str:
    known = reader.of(request)
    chosen = (known.taste.theme if known else "") or request.COOKIES.get("theme", "")
    return chosen if chosen in ("day", "night") else ""


def role_words(role: str) -> str:
    """A role in words."""
    known = ROLE_WORDS.get(role)
    return known() if known else role


def _me(request: HttpRequest) -> dict[str, str]:
    user: Any = request.user
    name = user.get_full_name() or user.get_username()
    roles = Grant.objects.filter(user_id=user.pk).values_list("role", flat=True).distinct()
    initials = "".join(part[0] for part in name.split()[:2]).upper()
    return {"name": name, "initials": initials, "roles": " · ".join(role_words(role) for role in sorted(roles))}
