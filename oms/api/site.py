"""The API as a whole: its routers, its problems, its OpenAPI document."""

import logging
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.utils import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from core.calls import MOST_ERRORS, field_error, problem_response
from core.failures import is_away, is_busy
from core.problems import BadRequest, Conflict, Invalid, NotFound, Problem
from oms.api.openapi import complete

logger = logging.getLogger(__name__)


class Busy(Problem):
    """Somebody else holds what this call needs; nothing was changed."""

    type, title, status = "busy", "Others are working on the same things", 409


class Unavailable(Problem):
    """The database cannot be reached."""

    type, title, status = "unavailable", "The service is not available for a moment", 503


class Failed(Problem):
    """A fault of ours."""

    type, title, status = "internal", "Something went wrong on our side", 500


class Api(NinjaAPI):
    """Django Ninja's API, with our problems and our document."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        """A call's name is that of its view."""
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **options: Any) -> Any:
        """The document: what ninja knows of addresses and queries, completed by what the calls declare."""
        return complete(super().get_openapi_schema(**options), self)

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Everything that goes wrong in a call is told as a problem."""
        return problem_response(problem_of(exc))


def problem_of(error: Exception) -> Problem:
    """What to tell of an exception."""
    if isinstance(error, Problem):
        return error
    for kind, tell in TELLINGS:
        if isinstance(error, kind):
            return tell(error)
    return _failed(error)


def _failed(error: Exception) -> Problem:
    logger.error("a call failed", exc_info=error)
    return Failed("It has been recorded. Nothing was changed; the same Idempotency-Key may be sent again.")


def _of_query(error: ValidationError) -> Problem:
    return Invalid(errors=[{**field_error(e), "loc": _place(e["loc"])} for e in error.errors[:MOST_ERRORS]])


def _place(loc: tuple[Any, ...]) -> list[Any]:
    """["query", "limit"], without the name that the query has in our code."""
    return [loc[0], *[part for part in loc[1:] if part != "query"]] if loc else []


def _of_database(error: Exception) -> Problem:
    if is_busy(error):
        return Busy("Nothing was changed. Send the same request again in a moment.")
    if not is_away(error):
        return _failed(error)
    logger.error("the database failed", exc_info=error)
    return Unavailable(
        "The database did not answer. Send the same request again in a moment, with the same Idempotency-Key:"
        " what it may have done already is not done twice."
    )


def _of_guards(error: Exception) -> Problem:
    """A guard of the database that no check of ours stands before: it held, but the words are poor, so we hear of it."""
    logger.error("a guard of the database refused a call", exc_info=error)
    if isinstance(error, DataError):
        return Invalid("A value in the request is out of bounds. Nothing was changed.")
    return Conflict(_("The request contradicts what is already here. Nothing was changed."))


TELLINGS: list[tuple[Any, Any]] = [
    (ValidationError, _of_query),
    (Http404, lambda error: NotFound(_("There is nothing under this address."))),
    (HttpError, lambda error: BadRequest(error.message)),
    (RecursionError, lambda error: BadRequest(_("The request is nested too deeply."))),
    (DjangoValidationError, lambda error: Invalid.field(["query", "cursor"], _("not a cursor of this list"))),
    ((OperationalError, InterfaceError, InternalError), _of_database),
    ((IntegrityError, DataError), _of_guards),
]
