"""Headers of every answer, and problems told as pages."""

from collections.abc import Callable

from django.db.utils import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg import errors as pg

from core.problems import BadRequest, Conflict, Problem

Next = Callable[[HttpRequest], HttpResponse]
BUSY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure, pg.QueryCanceled)

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def security_headers(get_response: Next) -> Next:
    """A strict content policy on every page: no inline script, handler or style anywhere."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith(("/api/docs", "/admin/")):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        return response

    return middleware


class Problems:
    """A typed problem raised in a page's view becomes a calm page with its words and its status."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problem_of(error)
        if problem is None:
            return None
        return render(request, "problem.html", {"problem": problem}, status=problem.status)


def problem_of(error: Exception) -> Problem | None:
    """What a page tells of an exception: a problem as it is, and what the database would not have, in words."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DataError | OverflowError):
        return BadRequest(_("Something in the address or the form cannot be read. Nothing was changed."))
    if isinstance(error, OperationalError) and isinstance(error.__cause__, BUSY):
        return Conflict(_("Others are working on the same things. Nothing was changed; please try again."))
    return None
