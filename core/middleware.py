"""Headers of every answer, and problems told as pages."""

import sys
from collections.abc import Callable
from http import HTTPStatus

from django.db.utils import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults

from core.failures import RETRY_AFTER, is_away, is_busy
from core.problems import BadRequest, Conflict, Problem
from core.versions import Stale, stale_page

Next = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def security_headers(get_response: Next) -> Next:
    """A strict content policy on every page: no inline script, handler or style anywhere."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
        return response

    return middleware


class Problems:
    """A typed problem raised in a page's view becomes a calm page with its words and its status."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return page_above(request, response) if _is_bare(request, response) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Stale):
            return stale_page(request, error)
        problem = problem_of(error)
        if problem is None:
            return None
        return render(request, "problem.html", {"problem": problem}, status=problem.status)


def _is_bare(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a person would look at an empty page; programs are told in their own way below their addresses."""
    if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or request.method != "GET":
        return False
    return not (response.streaming or response.content or request.path.startswith("/api/"))


class NotAPage(Problem):
    """An address that only takes what a form sends was opened."""

    title, status = gettext_lazy("There is no page here"), 405


def page_above(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Of an address that only takes a form: whoever opens it, as the language was changed or the page asked for again,
    is led to the page above it. A program is told no, with words for whoever reads it."""
    above = request.path.rstrip("/").rpartition("/")[0] + "/"
    if request.headers.get("Sec-Fetch-Mode") == "navigate" and above != "/":
        return redirect(above if _is_known(above) else "/")
    problem = NotAPage(_("This address takes what a form sends, and shows nothing by itself. Nothing was changed."))
    told = render(request, "problem.html", {"problem": problem}, status=problem.status)
    told.headers["Allow"] = response.headers["Allow"]
    return told


def _is_known(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def problem_of(error: Exception) -> Problem | None:
    """What a page tells of an exception: a problem as it is, and what the database would not have, in words."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DataError | OverflowError):
        return BadRequest(_("Something in the address or the form cannot be read. Nothing was changed."))
    if is_busy(error):
        return Conflict(_("Others are working on the same things. Nothing was changed; please try again."))
    return None


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody caught, wherever it was raised: a database that is away is no fault of ours and soon over."""
    if not is_away(sys.exc_info()[1]):
        return defaults.server_error(request)
    page = loader.get_template("503.html").render()  # without the request, whose context would ask the database again
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})
