"""Who reads: each request speaks the reader's language and keeps their clock, and nothing of it stays for the next one.

What a person chose is in the database; a cookie remembers it for a few minutes, with the person's id, so that a page
costs no statement for it and the next person on a shared tablet never inherits it.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from core.days import zone, zone_names
from core.db import rows
from core.preferences import Taste, sound

COOKIE = "reader"
REMEMBERED = 600
ELSEWHERE = ("/api/", "/t/", "/static/", "/metrics", "/health/live/")
"""Addresses that no person of the company reads."""

Next = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Reader:
    """A person's taste, and the zone of their only place, which holds until they choose one."""

    user: str
    taste: Taste
    place_zone: str = ""

    @property
    def zone(self) -> str:
        """The zone of the times on their pages."""
        return self.taste.time_zone or self.place_zone or settings.TIME_ZONE

    def packed(self) -> str:
        """As a cookie."""
        return "~".join((self.user, self.place_zone, *astuple(self.taste)))


READ = """
SELECT coalesce(p.language, '') AS language, coalesce(p.time_zone, '') AS time_zone, coalesce(p.theme, '') AS theme,
       coalesce(p.start_page, '') AS start_page, coalesce(p.density, '') AS density,
       (SELECT CASE WHEN count(*) = count(l.id) AND count(DISTINCT l.time_zone) = 1 THEN min(l.time_zone) END
        FROM core_grant g LEFT JOIN inventory_location l ON l.id = g.location_id WHERE g.user_id = u.id) AS place_zone
FROM (SELECT %(user)s::int AS id) u LEFT JOIN core_preferences p ON p.user_id = u.id
"""
"""The zone of the place is that of somebody who works at one place, or at several of one zone, and nowhere else."""


def read(user: Any) -> Reader:
    """The reader behind a user, from the database; one statement."""
    *taste, place_zone = rows(READ, {"user": user.pk})[0]
    return Reader(str(user.pk), sound(Taste(*taste)), place_zone or "")


def unpack(cookie: str, user: Any) -> Reader | None:
    """The reader that a cookie remembers, when it is of this user."""
    parts = cookie.split("~")
    if len(parts) != 7 or parts[0] != str(user.pk):
        return None
    return Reader(parts[0], sound(Taste(*parts[2:])), parts[1] if parts[1] in zone_names() else "")


def of(request: HttpRequest) -> Reader | None:
    """The reader of this request; None for a visitor."""
    return getattr(request, "reader", None)


class Activate:
    """Language and clock of the reader, for the time of the request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ELSEWHERE) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            with timezone.override(None):
                return self.get_response(request)
        known = request.COOKIES.get(COOKIE, "")
        reader = (unpack(known, request.user) or read(request.user)) if request.user.is_authenticated else None
        request.reader = reader  # type: ignore[attr-defined]
        if reader and reader.taste.language:
            translation.activate(reader.taste.language)
            request.LANGUAGE_CODE = reader.taste.language
        with timezone.override(zone(reader.zone) if reader else None):
            response = self.get_response(request)
        _remember(request, response, known)
        return response


def _remember(request: HttpRequest, response: HttpResponse, known: str) -> None:
    """The cookie of who is signed in now: a view may have changed the taste or the person."""
    reader = of(request)
    if reader is None or not request.user.is_authenticated:
        return
    if reader.packed() != known and reader.user == str(request.user.pk):
        response.set_cookie(
            COOKIE, reader.packed(), max_age=REMEMBERED, samesite="Lax", secure=settings.HTTPS, httponly=True
        )
