"""Request in, answer out: who may call, which call it is, and the same answer for the same idempotency key."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from simulator import checkout, forms, intents, refunds
from simulator.context import Context
from simulator.errors import (
    FAILURE,
    KeyReusedError,
    MissingError,
    RefusedError,
    StripeError,
    UnauthorisedError,
    UnexpectedError,
)
from simulator.forms import Form
from simulator.store import Object, Page, Store, new_id


@dataclass(frozen=True)
class Request:
    """One HTTP request. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Call = Callable[[Context, str, Form], Object]
_ROUTES: list[tuple[str, re.Pattern[str], str, Call]] = []


def _route(method: str, path: str, operation: str) -> Callable[[Call], Call]:
    def register(call: Call) -> Call:
        _ROUTES.append((method, re.compile(path.replace("{id}", r"([A-Za-z0-9_]+)")), operation, call))
        return call

    return register


def operation_of(method: str, path: str) -> str:
    """What a request asks for, in one word; empty when nothing is known there."""
    for wanted, pattern, operation, _ in _ROUTES:
        if wanted == method and pattern.fullmatch(path):
            return operation
    return ""


def operations() -> list[str]:
    """Every word that `operation_of` may give."""
    return sorted({operation for _, _, operation, _ in _ROUTES})


@_route("POST", "/v1/payment_intents", "create")
def _create_intent(context: Context, id: str, form: Form) -> Object:
    return intents.create(context, form)


@_route("GET", "/v1/payment_intents", "list")
def _list_intents(context: Context, id: str, form: Form) -> Object:
    return _listed(context, "payment_intent", "/v1/payment_intents", form)


@_route("GET", "/v1/payment_intents/search", "search")
def _search_intents(context: Context, id: str, form: Form) -> Object:
    found = intents.search(context, forms.required(form, "query"))
    return {
        "object": "search_result",
        "url": "/v1/payment_intents/search",
        "has_more": False,
        "data": found,
        "next_page": None,
    }


@_route("GET", "/v1/payment_intents/{id}", "retrieve")
def _read_intent(context: Context, id: str, form: Form) -> Object:
    return intents.find(context, id)


@_route("POST", "/v1/payment_intents/{id}/confirm", "confirm")
def _confirm_intent(context: Context, id: str, form: Form) -> Object:
    return intents.confirm(context, id, form)


@_route("POST", "/v1/payment_intents/{id}/capture", "capture")
def _capture_intent(context: Context, id: str, form: Form) -> Object:
    return intents.capture(context, id, form)


@_route("POST", "/v1/payment_intents/{id}/cancel", "cancel")
def _cancel_intent(context: Context, id: str, form: Form) -> Object:
    return intents.cancel(context, id, form)


@_route("POST", "/v1/refunds", "refund")
def _create_refund(context: Context, id: str, form: Form) -> Object:
    return refunds.create(context, form)


@_route("GET", "/v1/refunds", "list")
def _list_refunds(context: Context, id: str, form: Form) -> Object:
    return _listed(context, "refund", "/v1/refunds", form)


@_route("GET", "/v1/refunds/{id}", "retrieve")
def _read_refund(context: Context, id: str, form: Form) -> Object:
    return refunds.find(context, id)


@_route("GET", "/v1/charges/{id}", "retrieve")
def _read_charge(context: Context, id: str, form: Form) -> Object:
    charge = context.store.get("charge", id)
    if not charge:
        raise MissingError(f"No such charge: '{id}'", code="resource_missing", param="id")
    return charge


@_route("POST", "/v1/checkout/sessions", "open_page")
def _create_session(context: Context, id: str, form: Form) -> Object:
    return checkout.create(context, form)


@_route("GET", "/v1/checkout/sessions/{id}", "retrieve")
def _read_session(context: Context, id: str, form: Form) -> Object:
    return checkout.find(context, id)


@_route("POST", "/v1/checkout/sessions/{id}/expire", "expire_page")
def _expire_session(context: Context, id: str, form: Form) -> Object:
    return checkout.expire(context, id)


class Provider:
    """Answers requests out of a store. Anything that answers a Request the same way can be put in front of it."""

    def __init__(self, store: Store, address: str, *, changed: Callable[[], None] = lambda: None) -> None:
        self._store, self._address, self._changed = store, address, changed

    def answer(self, request: Request, whim: str = "") -> Answer:
        """The answer to one request; a refusal is an answer too. `whim`: as in Context."""
        path = urlsplit(request.target).path
        if path == "/health":
            return Answer(200, '{"status": "ok"}')
        request_id = new_id("req")
        headers = {"Request-Id": request_id}
        try:
            check_key(request)
            answer = self._api(request, path, request_id, whim)
        except StripeError as error:
            return Answer(error.status, json.dumps(error.body), headers)
        return Answer(answer.status, answer.body, headers | answer.headers)

    def _api(self, request: Request, path: str, request_id: str, whim: str) -> Answer:
        call, id = _find(request.method, path)
        form = _form(request)
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        context = Context(self._store, self._address, request_id, key, whim)
        if request.method == "GET":
            return Answer(200, json.dumps(_expanded(context, call(context, id, form), form)))
        answer = self._once(context, path, form, lambda: call(context, id, form))
        self._changed()
        return answer

    def _once(self, context: Context, path: str, form: Form, work: Callable[[], Object]) -> Answer:
        fingerprint = hashlib.sha256(json.dumps([path, form], sort_keys=True).encode()).hexdigest()
        key = context.idempotency_key
        with self._store.transaction():
            seen = self._store.answer(key) if key else None
            if seen:
                return _replay(key, fingerprint, seen)
            status, body = _carried_out(context, form, work)
            if key:
                self._store.remember(key, fingerprint, status, body)
            headers = {"Idempotency-Key": key, "Original-Request": context.request_id} if key else {}
            return Answer(status, body, headers)


def _carried_out(context: Context, form: Form, work: Callable[[], Object]) -> tuple[int, str]:
    """Status and body; an error that came from carrying the call out is an answer like any other."""
    if context.whim == "500_kept":
        return 500, json.dumps(FAILURE)
    try:
        return 200, json.dumps(_expanded(context, work(), form))
    except StripeError as error:
        if not error.remembered:
            raise
        return error.status, json.dumps(error.body)


def _replay(key: str, fingerprint: str, seen: tuple[str, int, str]) -> Answer:
    before, status, body = seen
    if before != fingerprint:
        raise KeyReusedError(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request."
        )
    return Answer(status, body, {"Idempotency-Key": key, "Idempotent-Replayed": "true"})


def _find(method: str, path: str) -> tuple[Call, str]:
    for wanted, pattern, _, call in _ROUTES:
        match = pattern.fullmatch(path) if wanted == method else None
        if match:
            return call, match[1] if pattern.groups else ""
    raise MissingError(f"Unrecognized request URL ({method}: {path}).")


def _form(request: Request) -> Form:
    query = urlsplit(request.target).query
    try:
        return forms.parse(query if request.method == "GET" else request.body.decode())
    except UnicodeDecodeError as error:
        raise RefusedError("The body is not UTF-8.") from error


def check_key(request: Request) -> None:
    """Raises UnauthorisedError unless the request carries a secret test key, as Bearer or Basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise UnauthorisedError("You did not provide an API key. Use 'Authorization: Bearer YOUR_SECRET_KEY'.")
    if not key.startswith("sk_test_"):
        raise UnauthorisedError(f"Invalid API Key provided: {key[:8]}****")


def _listed(context: Context, kind: str, url: str, form: Form) -> Object:
    created = forms.mapping(form, "created") if isinstance(form.get("created"), dict) else {}
    limit = forms.integer(form, "limit", least=1) or 10
    if limit > 100:
        raise RefusedError(
            "This value must be less than or equal to 100.", code="parameter_invalid_integer", param="limit"
        )
    page = Page(
        limit=limit,
        after=str(form.get("starting_after", "")),
        before=str(form.get("ending_before", "")),
        created_from=forms.integer(created, "gte") or 0,
        created_to=forms.integer(created, "lte") or 2**62,
        parent=str(form.get("payment_intent", "")),
    )
    for id in filter(None, (page.after, page.before)):
        if not context.store.get(kind, id):
            raise UnexpectedError(f"No such {kind}: '{id}'", code="resource_missing", param="starting_after")
    data, more = context.store.page(kind, page)
    return {"object": "list", "url": url, "has_more": more, "data": data}


def _expanded(context: Context, thing: Object, form: Form) -> Object:
    """`thing` with its charges and intents in full where `expand` asks for them."""
    wanted = forms.listing(form, "expand")
    if thing["object"] == checkout.KIND:
        return _with_intent(context, thing, wanted)
    if "data.latest_charge" in wanted:
        return thing | {"data": [_with_charge(context, row) for row in thing["data"]]}
    return _with_charge(context, thing) if "latest_charge" in wanted else thing


def _with_charge(context: Context, intent: Object) -> Object:
    charge: Any = intents.charge_of(context, intent)
    return intent | {"latest_charge": charge}


def _with_intent(context: Context, session: Object, wanted: list[str]) -> Object:
    if "payment_intent" not in {name.partition(".")[0] for name in wanted} or not session["payment_intent"]:
        return session
    intent = intents.find(context, session["payment_intent"])
    deep = "payment_intent.latest_charge" in wanted
    return session | {"payment_intent": _with_charge(context, intent) if deep else intent}
