"""The frame of every API call: who calls and with what scope, a strict body, one effect per Idempotency-Key.

An app's `api.py` makes a `Calls` router and declares its calls on it:

    calls = Calls(tags=["stock"])

    @calls.reads("/inventory", scope="stock.view", gives=StockPage)
    def list_stock(request: HttpRequest, query: Query[StockQuery]) -> dict[str, Any]: ...

    @calls.writes("/inventory/adjustments", scope="stock.adjust", takes=AdjustmentIn, gives=StockOut, status=201)
    def adjust_stock(request: HttpRequest, body: AdjustmentIn) -> dict[str, Any]: ...

A view returns plain data; `gives` documents its shape. `request.auth` is the Caller.
"""

import inspect
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.operation import Operation
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import failures, idempotency, strict_json, tracing
from core.actors import Actor
from core.idempotency import Answer
from core.lists import LARGEST
from core.problems import BadRequest, Forbidden, Invalid, NotFound, Problem, TooLarge, Unauthorised

View = Callable[..., Any]
Kind = Literal["reads", "writes", "asks"]
MOST_ERRORS = 50
RETRY_AFTER = {"idempotency-in-flight": 1, "rate-limited": 10, "busy": 1, "unavailable": failures.RETRY_AFTER}
LARGEST_BODY = 1_048_576


@dataclass(frozen=True, slots=True)
class Caller:
    """The program behind a call."""

    client: str
    actor: Actor
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a call said of itself: read by the guard, the OpenAPI document and the test that walks all calls."""

    kind: Kind
    scope: str
    takes: type[BaseModel] | None
    gives: type[BaseModel] | None
    status: int
    needs_key: bool = False


find_caller: Callable[[str], Caller | None] | None = None
"""Who a key belongs to; set by the app that keeps the keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """The guard of one call: a living key, and the scope on it."""

    scope: str

    def __call__(self, request: HttpRequest) -> Caller:
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        key = key.strip()
        caller = find_caller(key) if find_caller and key and scheme.lower() == "bearer" else None
        if caller is None:
            raise Unauthorised(_("Send a living API key in a header: Authorization: Bearer KEY."))
        if self.scope not in caller.scopes:
            raise Forbidden(
                _("This key lacks the scope %(scope)s, which this call needs.") % {"scope": self.scope},
                scope=self.scope,
            )
        tracing.acting(f"api {caller.actor.label}")
        return caller


class Strict(BaseModel):
    """A body of which every field is known: what is not is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StrictQuery(Schema):
    """A query of which every parameter is known."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(StrictQuery):
    """How a list is paged."""

    cursor: str = Field("", max_length=500, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=LARGEST)


class Empty(Strict):
    """A body without fields: `{}`."""


class Calls(Router):
    """A router whose calls all declare a scope."""

    def reads(self, path: str, *, scope: str, gives: type[BaseModel]) -> Callable[[View], View]:
        """GET: changes nothing."""

        def register(view: View) -> View:
            known: dict[str, bool] = {}

            @wraps(view)
            def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
                admit(request, values, known)
                return rendered(200, view(request, **values))

            return self._add("GET", path, view, guarded, Declared("reads", scope, None, gives, 200), known)

        return register

    def writes(
        self, path: str, *, scope: str, takes: type[BaseModel], gives: type[BaseModel], status: int = 200
    ) -> Callable[[View], View]:
        """POST: one effect for each Idempotency-Key; the answer is stored in the work's own transaction."""

        def register(view: View) -> View:
            known: dict[str, bool] = {}

            @wraps(view)
            def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
                admit(request, values, known)
                key, raw = key_of(request), body_of(request)
                body = validated(takes, strict_json.read(raw))
                done = idempotency.once(
                    caller_of(request).client,
                    key,
                    named(request, raw),
                    lambda: (status, view(request, body=body, **values)),
                )
                return replied(done)

            return self._add("POST", path, view, guarded, Declared("writes", scope, takes, gives, status, True), known)

        return register

    def asks(
        self,
        path: str,
        *,
        scope: str,
        takes: type[BaseModel],
        gives: type[BaseModel],
        status: int = 200,
        needs_key: bool = False,
        method: Literal["POST", "PUT"] = "POST",
    ) -> Callable[[View], View]:
        """POST (or PUT) with a body that the view's own service reads, in one effect per key or with none at all.

        The view gets the JSON value as it came and returns an HttpResponse.
        """

        def register(view: View) -> View:
            known: dict[str, bool] = {}

            @wraps(view)
            def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
                admit(request, values, known)
                response: HttpResponse = view(request, body=strict_json.read(body_of(request)), **values)
                return response

            return self._add(
                method, path, view, guarded, Declared("asks", scope, takes, gives, status, needs_key), known
            )

        return register

    def _add(
        self, method: str, path: str, view: View, guarded: Any, declared: Declared, known: dict[str, bool]
    ) -> View:
        """Register the guarded view; ninja sees its path and query parameters, but not the body."""
        signature = inspect.signature(view)
        seen = [p for p in signature.parameters.values() if p.name != "body"]
        guarded.__signature__ = signature.replace(parameters=seen)
        guarded.declared = declared
        self.api_operation(
            [method], path, operation_id=view.__name__, summary=summary_of(view), auth=Key(declared.scope)
        )(guarded)
        known.update(query_names(guarded._ninja_operation))
        return view


def query_names(operation: Operation) -> dict[str, bool]:
    """The query parameters that a call knows, and whether each may be given more than once."""
    models = [m for m in operation.models if m.__ninja_param_source__ == "query"]
    return {
        places[-1]: name in model.__ninja_collection_fields__
        for model in models
        for name, places in model.__ninja_flatten_map__.items()
    }


def summary_of(view: View) -> str:
    """The first line of a view's docstring."""
    return (view.__doc__ or view.__name__).strip().splitlines()[0].rstrip(".")


def caller_of(request: HttpRequest) -> Caller:
    """The program behind an admitted call."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def admit(request: HttpRequest, values: dict[str, Any], known: dict[str, bool]) -> None:
    """Refuse an address or a query that cannot be meant; `known` are the call's query parameters."""
    if not all(strict_json.is_clean(value) for value in values.values() if isinstance(value, str)):
        raise NotFound(_("There is nothing under this address."))
    errors = [
        {"loc": ["query", name[:100]], "msg": msg}
        for name, texts in request.GET.lists()
        if (msg := _wrong(name, texts, known))
    ]
    if errors:
        raise Invalid(errors=errors[:MOST_ERRORS])


def _wrong(name: str, texts: list[str], known: dict[str, bool]) -> str:
    if name not in known:
        return f"is not known here; known are: {', '.join(sorted(known)) or 'none'}"
    if len(texts) > 1 and not known[name]:
        return "is given more than once"
    return "" if all(map(strict_json.is_clean, texts)) else "must not contain control characters"


def key_of(request: HttpRequest) -> str:
    """The Idempotency-Key; BadRequest when there is none that could be used."""
    try:
        return idempotency.check_key(request.headers.get("Idempotency-Key"))
    except Invalid as missing:
        raise BadRequest(missing.detail, errors=missing.errors) from missing


def body_of(request: HttpRequest) -> bytes:
    """The raw body, when it is JSON by its own word and not too large. No body at all counts as `{}`."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise TooLarge(f"The body may have up to {LARGEST_BODY} bytes. Send less at once.") from error
    except (UnreadablePostError, RawPostDataException) as error:
        raise BadRequest(_("The body broke off before its end.")) from error
    if not body.strip():
        if "Transfer-Encoding" in request.headers:
            raise BadRequest(_("A body in chunks cannot be read. Send it whole, with its Content-Length."))
        return b"{}"
    if request.content_type != "application/json":
        raise NotJson
    return body


class NotJson(Problem):
    """The body is of another kind than JSON."""

    title, status = "The body must be JSON", 415

    def __init__(self) -> None:
        super().__init__(
            "Send the body as JSON, with the header Content-Type: application/json.",
            errors=[{"loc": ["header", "Content-Type"], "msg": "must be application/json"}],
        )


def named(request: HttpRequest, body: bytes) -> bytes:
    """What a repeat must have in common with the first call: where it went, and its body."""
    return f"{request.method} {request.path}\n".encode() + body


def validated(model: type[BaseModel], value: Any) -> Any:
    """The value in typed form, or Invalid with every field that cannot be used."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(errors=[field_error(e) for e in error.errors()[:MOST_ERRORS]]) from error


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; leave it out",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "timezone_aware": "must name its time zone, as in 2026-11-23T10:00:00+01:00",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be text",
    "uuid_parsing": "is not an id",
    "uuid_type": "is not an id",
    "date_from_datetime_parsing": "must be a date, as in 2026-11-23",
}


def field_error(error: Any) -> dict[str, Any]:
    """One of pydantic's errors as place and words."""
    text = _WORDS.get(error["type"]) or str(error["msg"])
    place = [part if isinstance(part, int) else str(part)[:100] for part in error["loc"]]
    return {"loc": place, "msg": text.removeprefix("Value error, ").removeprefix("Input should ")}


def rendered(status: int, body: Any) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(json.dumps(body, cls=DjangoJSONEncoder), status=status, content_type="application/json")


def replied(answer: Answer) -> HttpResponse:
    """The answer of a write, marked when it is that of an earlier call."""
    response = rendered(answer.status, answer.body)
    if answer.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def problem_response(problem: Problem) -> HttpResponse:
    """A problem as RFC 9457 wants it, with the number of the request, under which the log tells more."""
    number = {"request_id": tracing.current()} if tracing.current() else {}
    response = HttpResponse(
        json.dumps(problem.body() | number, cls=DjangoJSONEncoder),
        status=problem.status,
        content_type="application/problem+json",
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if problem.type in RETRY_AFTER:
        response["Retry-After"] = str(RETRY_AFTER[problem.type])
    return response


def page(items: Iterable[dict[str, Any]], following: str) -> dict[str, Any]:
    """A page of a list; `next` is null on the last one."""
    return {"items": list(items), "next": following or None}
