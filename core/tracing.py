"""The thread that runs through a request and all that follows from it: a number, bound to every line written meanwhile.

The number comes with the request (`X-Request-ID`) or is made here; it goes back in the answer, stands in problems and
on the page of a fault, travels with the events into the workers, and so one search finds everything about a request.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from core import metrics

logger = logging.getLogger("access")

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Numbers that others may give a request. Anything else could forge lines of the log."""
CLEAN_PATH = re.compile(r"/[A-Za-z0-9/._-]{0,200}")
UNREMARKABLE = ("/static/", "/health/", "/metrics")
"""Asked all the time by machines: written only at level DEBUG, unless refused."""

REQUESTS = metrics.histogram(
    "oms_http_request_seconds", "Time to answer a request, by address template", "method", "route", "status"
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def current() -> str:
    """The number of the request that is being answered or followed up; empty outside of any."""
    return str(get_contextvars().get("request_id", ""))


def new_number() -> str:
    """A number for a request or a command."""
    return secrets.token_hex(8)


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Lines written in the block carry these fields and none from outside of it."""
    before = get_contextvars()
    clear_contextvars()
    bind_contextvars(**fields)
    try:
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)


def acting(label: str) -> None:
    """From here on the lines of this request say who makes it."""
    bind_contextvars(actor=label)


def about_order(number: str) -> None:
    """From here on the lines of this request name the order."""
    bind_contextvars(order=number)


class Trace:
    """Numbers each request, writes one line about it and measures it. The outermost of all middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        number = given if ACCEPTED.fullmatch(given) else new_number()
        with bound(request_id=number):
            started = time.perf_counter()
            response = self.get_response(request)
            _tell(request, response, time.perf_counter() - started)
        response.headers[HEADER] = number
        response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line would only say it again
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """An address that names an order binds it before the view runs."""
        if "number" in kwargs:
            about_order(str(kwargs["number"])[:64])


def _tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    status, match = response.status_code, request.resolver_match
    method = request.method if request.method in METHODS else "other"
    route = match.route if match else ""
    metrics.observe(REQUESTS, seconds, str(method), route or "(none)", f"{status // 100}xx")
    level = logging.ERROR if status >= 500 else logging.INFO
    if status < 400 and request.path.startswith(UNREMARKABLE):
        level = logging.DEBUG
    if logger.isEnabledFor(level):
        told = {"method": method, "route": route, "path": _path(request), "status": status}
        logger.log(level, "request", extra=told | {"duration_ms": round(1000 * seconds, 1)} | _somebody(request))


def _path(request: HttpRequest) -> str:
    """The address when it is known to hold nothing secret: what nobody knows, or holds a token, is not written."""
    match = request.resolver_match
    secret = match is None or "token" in match.kwargs or not CLEAN_PATH.fullmatch(request.path)
    return "" if secret else request.path


def _somebody(request: HttpRequest) -> dict[str, str]:
    """Who asked, when nobody has said so before and the account was read anyway."""
    user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated or "actor" in get_contextvars():
        return {}
    return {"actor": label_of(user)}


def label_of(user: Any) -> str:
    """A signed-in person in the log: the name they sign in with, or their number where that is an e-mail address."""
    name = user.get_username()
    return f"user {user.pk}" if "@" in name else f"user {name}"
